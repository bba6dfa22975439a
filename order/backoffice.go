package order

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/waybill-dev/waybill/order/privacy"
)

// Orders is where a host keeps its orders. A store implements it; [BackOffice] is the part in front of it that knows
// the rules.
//
// Implementations are safe for concurrent use and stop when ctx does. They do not judge: what they are asked to save was
// accepted, and what is listed was validated.
type Orders interface {
	// Load gives an order with its whole history; [ErrNoOrder] if there is none of that id.
	Load(ctx context.Context, id OrderID) (Order, error)
	// Locate gives the order that has a section with the delivery number, or the recall delivery number, of the key;
	// [ErrNoOrder] if there is none. Sections that were cancelled or merged away are found too.
	Locate(ctx context.Context, k Key) (OrderID, error)
	// Save stores o, of whose history the events are the end, together with the actions in them, or nothing of it. The
	// events must follow what is stored: if the stored history is not exactly events[0].Seq-1 long, somebody else was
	// first and Save gives [ErrStale]. (Versions do not tell: facts that change no status do not raise them.)
	Save(ctx context.Context, o Order, events []Event) error
	// Find gives one page of the sections that [Filter.Matches]: oldest order first (time of [Created], then id), the
	// sections of an order as the order has them.
	Find(ctx context.Context, q Query) (Found, error)
}

// A Key is a number by which the outside knows a section. One of the two numbers is set.
type Key struct {
	Tenant           string // orders of other tenants are not there
	DeliveryNo       string // 배송번호
	RecallDeliveryNo string // 회수배송번호
}

// Found is one page of what a store found.
type Found struct {
	Hits  []Hit
	Total int // on all pages: sections, orders or items, as [Query.Level] says
}

// A Hit is a section that was found, in its order. At [ByItem] there is one for every item; at [ByOrder] a page has
// every section of its orders that matches.
type Hit struct {
	Order   Order
	Section SectionID
	Item    ItemID // at ByItem alone
}

var (
	// ErrNoOrder means that there is no such order, or that it belongs to another tenant: the text is the same.
	ErrNoOrder = errors.New("order: no such order or number")
	// ErrStale means that the order was changed between [Orders.Load] and [Orders.Save].
	ErrStale = errors.New("order: changed by somebody else meanwhile")
	// ErrWork means that a list of work cannot be begun: nothing of it was done.
	ErrWork = errors.New("order: invalid work")
)

// BackOfficeConfig says how a [BackOffice] works. Orders is required.
type BackOfficeConfig struct {
	Orders  Orders
	Machine Machine        // policy and environment; the zero Machine is the documented default
	Tenant  string         // orders of other tenants do not exist for this back office; empty: those without a tenant
	Guard   *privacy.Guard // unmasks for details; nil: personal data stays masked, whatever permit is shown
}

// A BackOffice is what the screens of delivery management (배송관리) call: steps for many sections at once, work lists,
// look-ups. It holds nothing that changes and is safe for concurrent use.
type BackOffice struct {
	orders  Orders
	machine Machine
	tenant  string
	guard   *privacy.Guard
}

// NewBackOffice makes a BackOffice; an error wraps [ErrWork].
func NewBackOffice(c BackOfficeConfig) (*BackOffice, error) {
	if c.Orders == nil {
		return nil, fmt.Errorf("%w: BackOfficeConfig.Orders is missing", ErrWork)
	}
	return &BackOffice{orders: c.Orders, machine: c.Machine, tenant: c.Tenant, guard: c.Guard}, nil
}

// attempts is how often a command is decided anew when others change the same order.
const attempts = 5

// Execute gives one command to one order and stores what it does. When somebody else changes the order meanwhile the
// command is decided again on the new one, where an expected version or status then refuses it. The order is the one
// after the command, or with a *[Refused] the one that refused it.
func (b *BackOffice) Execute(ctx context.Context, id OrderID, c Command) (Order, []Event, error) {
	return b.execute(ctx, id, func(Order) (Command, error) { return c, nil })
}

// execute decides the command that is made for the order as it is.
func (b *BackOffice) execute(ctx context.Context, id OrderID, command func(Order) (Command, error)) (Order, []Event, error) {
	for try := 1; ; try++ {
		o, err := b.load(ctx, id)
		if err != nil {
			return Order{}, nil, err
		}
		c, err := command(o)
		if err != nil {
			return o, nil, err
		}
		next, events, err := b.machine.Handle(o, c)
		if err != nil || len(next.History) == len(o.History) {
			return o, events, err // refused, known already, or nothing to do
		}
		err = b.orders.Save(ctx, next, events)
		if err == nil {
			return next, events, nil
		}
		if !errors.Is(err, ErrStale) || try == attempts {
			return o, nil, err
		}
	}
}

// load gives an order of the tenant.
func (b *BackOffice) load(ctx context.Context, id OrderID) (Order, error) {
	if err := ctx.Err(); err != nil {
		return Order{}, err
	}
	o, err := b.orders.Load(ctx, id)
	if err == nil && o.Tenant != b.tenant {
		return Order{}, ErrNoOrder
	}
	return o, err
}

// locate finds a section by one of its numbers.
func (b *BackOffice) locate(ctx context.Context, k Key) (Order, Section, error) {
	k.Tenant = b.tenant
	if k.DeliveryNo == "" && k.RecallDeliveryNo == "" {
		return Order{}, Section{}, ErrNoOrder
	}
	id, err := b.orders.Locate(ctx, k)
	if err != nil {
		return Order{}, Section{}, err
	}
	o, err := b.load(ctx, id)
	if err != nil {
		return Order{}, Section{}, err
	}
	if s, ok := o.keyed(k); ok {
		return o, s, nil
	}
	return Order{}, Section{}, ErrNoOrder
}

// keyed finds the section of a key.
func (o *Order) keyed(k Key) (Section, bool) {
	if k.DeliveryNo != "" {
		return o.ByDeliveryNo(k.DeliveryNo)
	}
	i := slices.IndexFunc(o.Sections, func(s Section) bool { return k.RecallDeliveryNo != "" && s.RecallDeliveryNo == k.RecallDeliveryNo })
	if i < 0 {
		return Section{}, false
	}
	return o.Sections[i], true
}
