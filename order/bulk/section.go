package bulk

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// An Action is what is to be done about a row.
type Action uint8

// The actions.
const (
	ActionError Action = iota + 1 // ERROR: nothing, it has an error
	ActionNoop                    // NOOP: nothing, it is done already
	ActionShip                    // SHIP: the section as a whole
	ActionSplit                   // SPLIT_AND_SHIP: a part of the section, which becomes a section of its own
)

var actionNames = [...]string{"", "ERROR", "NOOP", "SHIP", "SPLIT_AND_SHIP"}

// String gives ERROR, NOOP, SHIP or SPLIT_AND_SHIP.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "Action(" + strconv.Itoa(int(a)) + ")"
}

// rules judge rows against orders: in Validate, and again in Commit.
type rules struct {
	machine order.Machine
	actor   order.Actor
	tenant  string
	kind    KeyKind
	now     time.Time
}

// A verdict is what a row means for an order as it is.
type verdict struct {
	action  Action
	section order.SectionID
	command order.Command
	person  *order.Recipient
	text    string // of the note, for ERROR and NOOP
	with    string
}

func wrong(text string, args ...string) verdict {
	return verdict{action: ActionError, text: text, with: strings.Join(args, separator)}
}

func done() verdict { return verdict{action: ActionNoop, text: "R10.noop"} }

// judge says what the row is to do. It decides in a fixed order: found, done already, claims, status, quantity, and
// last whatever else the order's own rules say.
func (u *rules) judge(o *order.Order, e *entry) verdict {
	if o.ID == "" || o.Tenant != u.tenant {
		return wrong("R09") // the same for both: nothing is said about other people's numbers
	}
	a := aim{rules: u, order: o, entry: e}
	if v := a.find(); v.action != 0 {
		return v
	}
	v := a.verdict()
	v.section, v.person = a.section.ID, a.section.Recipient
	return v
}

// aim is one row pointed at one section.
type aim struct {
	*rules
	order   *order.Order
	entry   *entry
	section *order.Section
	line    order.LineID // empty: every item
	family  []int        // indexes of the section and all that was split from it or merged with it
}

func (a *aim) verdict() verdict {
	if v := a.labelled(); v.action != 0 {
		return v
	}
	s, e := a.section, a.entry
	left := a.left()
	gone := a.gone()
	switch {
	case e.quantity > 0 && gone >= int(e.quantity), e.quantity == 0 && gone > 0 && left == 0:
		return done()
	case s.MergedInto != "":
		return wrong("R10.merged", string(s.MergedInto))
	case s.Status.ClaimOpen():
		return wrong("R11", string(s.Claim))
	case released(s) && a.carried(s):
		return wrong("R15.more", "0")
	case released(s):
		return wrong("R10.other")
	case s.Status != order.StatusReleaseInstructed:
		return wrong("R10.status", s.Status.Korean()+"|"+s.Status.String())
	case left == 0:
		return wrong("R15.item")
	case e.quantity > 0 && gone > 0:
		return wrong("R15.part", strconv.Itoa(gone))
	case int(e.quantity) > left:
		return wrong("R15.more", strconv.Itoa(left))
	}
	return a.ship(left)
}

// labelled holds courier and waybill against the delivery method: rules R01 and R14.
func (a *aim) labelled() verdict {
	e, byCourier := a.entry, a.section.Method == order.MethodCourier
	switch {
	case e.method != "" && e.method != a.section.Method:
		return wrong("R14.method")
	case !byCourier && (e.courier != "" || e.number != ""):
		return wrong("R14.waybill")
	case !byCourier && e.target == Register:
		return wrong("R14.waybill")
	case byCourier && e.courier == "" && e.number == "":
		return wrong("R01.both")
	case byCourier && e.courier == "":
		return wrong("R01.courier")
	case byCourier && e.number == "":
		return wrong("R01.waybill")
	}
	return verdict{}
}

// left counts what of the row's items the section still has to send.
func (a *aim) left() int {
	if a.section.Status != order.StatusReleaseInstructed || a.section.MergedInto != "" {
		return 0
	}
	if a.entry.target == Register && a.carried(a.section) {
		return 0 // registered already
	}
	return a.count(a.section)
}

// gone counts what of the row's items has left with the row's waybill, in the section or in any that came out of it.
func (a *aim) gone() int {
	n := 0
	for _, i := range a.family {
		s := &a.order.Sections[i]
		if (released(s) || a.entry.target == Register && s.Status == order.StatusReleaseInstructed) && a.carried(s) {
			n += a.count(s)
		}
	}
	return n
}

// carried reports whether the section carries the row's waybill; where there is none, that it needs none.
func (a *aim) carried(s *order.Section) bool {
	w := a.entry.waybill()
	if w == nil || s.Waybill == nil {
		return w == nil && s.Waybill == nil
	}
	return *w == *s.Waybill
}

func (a *aim) count(s *order.Section) int {
	n := 0
	for _, it := range s.Items {
		if a.means(s, it) {
			n += it.Quantity
		}
	}
	return n
}

// means reports whether the row's quantity counts an item of a section: those of its line or, if it names none, all but
// the freebies (사은품) that travel with what they were given for.
func (a *aim) means(s *order.Section, it order.Item) bool {
	if a.line != "" {
		return it.Line == a.line
	}
	l, _ := a.order.Line(it.Line)
	return l.FreebieOf == "" || !slices.ContainsFunc(s.Items, func(parent order.Item) bool { return parent.Line == l.FreebieOf })
}

// released reports whether the section's parcel has left, whatever happened to it since.
func released(s *order.Section) bool {
	status := s.Status
	if status.ClaimOpen() {
		status = s.Prior
	}
	switch status {
	case order.StatusReleased, order.StatusDelivered, order.StatusPurchaseConfirmed, order.StatusReturned, order.StatusExchanged:
		return s.MergedInto == ""
	}
	return false
}

// ship builds the command and asks the order's own rules about it.
func (a *aim) ship(left int) verdict {
	e := a.entry
	c := order.Command{
		ID: order.CommandID("bulk " + strconv.Itoa(int(e.no))), Event: order.CompleteRelease, Actor: a.actor, At: a.at(),
		Section: a.section.ID, Waybill: e.waybill(), ExpectedVersion: a.order.Version, ExpectedStatus: order.StatusReleaseInstructed,
	}
	if e.target == Register {
		c.Event = order.RegisterWaybill
	}
	v := verdict{action: ActionShip, command: c}
	quantity := int(e.quantity)
	if quantity == 0 {
		quantity = left
	}
	if a.line != "" && quantity < a.section.Quantity() || quantity < a.count(a.section) {
		items, fault := a.items(quantity)
		if fault.action != 0 {
			return fault
		}
		v.command.Items = items
	}
	events, err := a.machine.Decide(*a.order, v.command)
	if err != nil {
		return refused(err)
	}
	for i := range events {
		if slices.ContainsFunc(events[i].Moves, func(m order.Move) bool { return m.Into != "" }) {
			v.action = ActionSplit
		}
	}
	return v
}

// items picks a quantity of the row's items.
func (a *aim) items(quantity int) ([]order.ItemQuantity, verdict) {
	var items []order.ItemQuantity
	candidates := 0
	for _, it := range a.section.Items {
		if !a.means(a.section, it) {
			continue
		}
		candidates++
		n := min(quantity, it.Quantity)
		if n == 0 {
			continue
		}
		if a.entry.target == Register && n < it.Quantity {
			return nil, wrong("R15.whole")
		}
		items = append(items, order.ItemQuantity{Item: it.ID, Quantity: n})
		quantity -= n
	}
	if a.line == "" && candidates > 1 {
		return nil, wrong("R15.which")
	}
	return items, verdict{}
}

// at is when the goods left: the sheet's ship date or, without one and on the same day, now.
func (a *aim) at() time.Time {
	if a.entry.day == 0 {
		return a.now
	}
	day := time.Unix(int64(a.entry.day)*24*60*60, 0).UTC()
	at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, korea)
	if y, m, d := a.now.In(korea).Date(); y == at.Year() && m == at.Month() && d == at.Day() {
		return a.now
	}
	return at
}

// refused words what the order's rules have against a row.
func refused(err error) verdict {
	var r *order.Refused
	if !errors.As(err, &r) {
		return wrong("R10.refused", "?")
	}
	switch {
	case r.Kind == order.ErrWaybillTaken:
		return wrong("R13.used")
	case r.Kind == order.ErrWaybillInvalid:
		return wrong("R06.invalid")
	case r.Kind == order.ErrQuantity:
		return wrong("R15.number")
	case r.Claim != "":
		return wrong("R11", string(r.Claim))
	}
	return wrong("R10.refused", r.Actual.Korean()+"|"+r.Actual.String())
}
