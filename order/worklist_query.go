package order

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/number"
)

// The limits of a [Query].
const (
	DefaultPageSize = 50
	MaxPageSize     = 500
	MaxDepth        = 1_000_000 // Page × Size: who needs more narrows the filter
	MaxFilterValues = 1000      // in each list of a filter
)

// ErrQuery means that a query asks for what there cannot be.
var ErrQuery = errors.New("order: invalid query")

// A Query asks for one page of a list.
type Query struct {
	Filter Filter
	Level  Level // what is counted; default: sections
	Page   int   // from 1; 0 is the first
	Size   int   // of a page; 0: DefaultPageSize
	As     Actor // whose [Machine.Allowed] events the rows have; without a role they have none
}

// A Level says what a list counts and pages: every answer has orders, sections and items, one inside the other.
type Level string

// The levels.
const (
	BySection Level = "section" // the default
	ByOrder   Level = "order"   // a page has every matching section of its orders
	ByItem    Level = "item"    // a row has one item
)

// A Filter narrows a list. Conditions of different kinds must all hold; of several values of one kind, one. The zero
// value lets everything through that lists show.
type Filter struct {
	Tenant            string // set by the back office
	Orders            []OrderID
	DeliveryNos       []string
	RecallDeliveryNos []string
	Waybills          []string // numbers, outbound or of the recall, as people write them
	Statuses          []Status // excludes Bucket
	Bucket            Bucket   // what of it lists show
	Claims            []ClaimType
	Channel           Channel
	Methods           []Method
	Place             string // shipping place
	SKU               string // of any item
	Exceptions        bool   // only sections with an exception flag
	// OrderedFrom and OrderedUntil bound the time of the order, that of its [Created] event: from the one on and before
	// the other. Zero: no bound.
	OrderedFrom, OrderedUntil time.Time
}

// Validate tells everything that is wrong with the query; every fault wraps [ErrQuery].
func (q Query) Validate() error {
	faults := q.Filter.faults()
	add := func(format string, args ...any) { faults = append(faults, invalidQuery(format, args...)) }
	switch q.Level {
	case "", BySection, ByOrder, ByItem:
	default:
		add("unknown level %.20q", string(q.Level))
	}
	switch {
	case q.Page < 0:
		add("page %d: pages begin at 1", q.Page)
	case q.Size < 0 || q.Size > MaxPageSize:
		add("page size %d is not in 1 to %d", q.Size, MaxPageSize)
	case q.complete().Page > MaxDepth/q.complete().Size:
		add("page %d of %d rows is beyond row %d: narrow the filter", q.Page, q.complete().Size, MaxDepth)
	}
	if q.As.Role != "" && roles(q.As.Role) == 0 {
		add("unknown role %.20q", string(q.As.Role))
	}
	return errors.Join(faults...)
}

func invalidQuery(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrQuery, fmt.Sprintf(format, args...))
}

// complete fills in the defaults, and brings waybill numbers into the form in which they are stored.
func (q Query) complete() Query {
	q.Filter.Waybills = slices.Clone(q.Filter.Waybills)
	for i, n := range q.Filter.Waybills {
		q.Filter.Waybills[i] = number.Normalize(n)
	}
	if q.Level == "" {
		q.Level = BySection
	}
	if q.Page == 0 {
		q.Page = 1
	}
	if q.Size == 0 {
		q.Size = DefaultPageSize
	}
	return q
}

func (f *Filter) faults() []error {
	var faults []error
	add := func(format string, args ...any) { faults = append(faults, invalidQuery(format, args...)) }
	faults = append(faults, valueFaults("orders", f.Orders)...)
	faults = append(faults, valueFaults("delivery numbers", f.DeliveryNos)...)
	faults = append(faults, valueFaults("recall delivery numbers", f.RecallDeliveryNos)...)
	faults = append(faults, valueFaults("waybills", f.Waybills)...)
	for _, s := range f.Statuses {
		switch {
		case s == 0 || s > statusCount:
			add("unknown status %d", uint8(s))
		case hiddenStatuses.has(s):
			add("status %v is in no list; look the section up by its number", s)
		}
	}
	for _, c := range f.Claims {
		if !slices.Contains(claimTypes(), c) {
			add("unknown claim type %.20q", string(c))
		}
	}
	for _, m := range f.Methods {
		if !m.known() {
			add("unknown method %.20q", string(m))
		}
	}
	if f.Bucket != "" && len(f.Bucket.Statuses()) == 0 {
		add("unknown bucket %.20q", string(f.Bucket))
	}
	if f.Bucket != "" && len(f.Statuses) > 0 {
		add("bucket and statuses exclude each other")
	}
	if f.Channel != "" && f.Channel != ChannelOwn && f.Channel != ChannelExternal {
		add("unknown channel %.20q", string(f.Channel))
	}
	if !f.OrderedFrom.IsZero() && !f.OrderedUntil.IsZero() && !f.OrderedFrom.Before(f.OrderedUntil) {
		add("the time of ordering ends before it begins")
	}
	return faults
}

// valueFaults finds too many and empty values.
func valueFaults[T ~string](what string, values []T) []error {
	var faults []error
	if len(values) > MaxFilterValues {
		faults = append(faults, invalidQuery("%d %s, at most %d", len(values), what, MaxFilterValues))
	}
	if slices.Contains(values, "") {
		faults = append(faults, invalidQuery("an empty value among the %s", what))
	}
	return faults
}

// wanted lists the statuses that the filter lets through and lists show.
func (f *Filter) wanted() []Status {
	return slices.DeleteFunc(shownStatuses(), func(s Status) bool {
		return len(f.Statuses) > 0 && !slices.Contains(f.Statuses, s) || f.Bucket != "" && s.Bucket() != f.Bucket
	})
}

// Matches says what the filter means: whether the list has a section of the order. Stores that filter in a language of
// their own are tested against it.
func (f Filter) Matches(o Order, s Section) bool {
	return !s.Hidden() && slices.Contains(f.wanted(), s.Status) && f.matchesOrder(&o) && f.matchesSection(&o, &s)
}

func (f *Filter) matchesOrder(o *Order) bool {
	at := o.orderedAt()
	return o.Tenant == f.Tenant && among(f.Orders, o.ID) && (f.Channel == "" || f.Channel == o.Channel) &&
		(f.OrderedFrom.IsZero() || !at.Before(f.OrderedFrom)) && (f.OrderedUntil.IsZero() || at.Before(f.OrderedUntil))
}

func (f *Filter) matchesSection(o *Order, s *Section) bool {
	return among(f.DeliveryNos, s.DeliveryNo) && among(f.RecallDeliveryNos, s.RecallDeliveryNo) && among(f.Methods, s.Method) &&
		(f.Place == "" || f.Place == s.Place) && (!f.Exceptions || s.Exception != nil) &&
		(len(f.Waybills) == 0 || s.Waybill.numbered(f.Waybills) || s.RecallWaybill.numbered(f.Waybills)) &&
		(len(f.Claims) == 0 || o.claimedAs(s, f.Claims)) && (f.SKU == "" || o.hasSKU(s, f.SKU))
}

// among reports whether a value passes a list of those wanted, of which none means all.
func among[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

func (w *Waybill) numbered(numbers []string) bool {
	return w != nil && slices.Contains(numbers, w.Number)
}

func (o *Order) claimedAs(s *Section, types []ClaimType) bool {
	c := o.openClaim(s)
	return c != nil && slices.Contains(types, c.Type)
}

func (o *Order) hasSKU(s *Section, sku string) bool {
	return slices.ContainsFunc(s.Items, func(it Item) bool {
		l, ok := o.Line(it.Line)
		return ok && l.SKU == sku
	})
}

// orderedAt is when the order was made.
func (o *Order) orderedAt() time.Time {
	if len(o.History) == 0 {
		return time.Time{}
	}
	return o.History[0].At
}
