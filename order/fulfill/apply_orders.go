package fulfill

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/order"
)

// findings are what the sections of all orders ask for beside events: gathered before an event moves a section on.
type findings struct {
	items map[findingKey][]Item
	keys  []findingKey // in the order in which they were found
}

// A findingKey is one action of a section, or of all of them together.
type findingKey struct {
	name  Name
	cause string
}

// add adds the items of a section, unless they are there already.
func (f *findings) add(name Name, cause string, o *order.Order, s *order.Section) {
	key := findingKey{name, cause}
	if f.items == nil {
		f.items = map[findingKey][]Item{}
	}
	if _, known := f.items[key]; !known {
		f.keys = append(f.keys, key)
	}
	for _, it := range itemsOf(o, s) {
		if !slices.ContainsFunc(f.items[key], func(had Item) bool { return had.Order == it.Order && had.Item == it.Item }) {
			f.items[key] = append(f.items[key], it)
		}
	}
}

func itemsOf(o *order.Order, s *order.Section) []Item {
	items := make([]Item, 0, len(s.Items))
	for _, it := range s.Items {
		l, _ := o.Line(it.Line)
		items = append(items, Item{Order: o.ID, Section: s.ID, Item: it.ID, Line: it.Line, SKU: l.SKU, Quantity: it.Quantity})
	}
	return items
}

// facts asks the order for what the parcel means to its sections, again and again until nothing changes, and then marks
// them.
func (w *work) facts(ctx context.Context, p *parcel, f *folio, found *findings) error {
	for range mostRounds {
		before := len(f.order.History)
		w.find(p, &f.order, found)
		for _, event := range [...]order.EventName{
			order.WaybillScanned, order.CompleteRelease, order.CompleteDelivery, order.CourierReturn, order.ConfirmRecall, order.FailRecall,
			order.FailRecallExchange,
		} {
			if err := w.ask(ctx, p, f, event); err != nil {
				return err
			}
		}
		if len(f.order.History) == before {
			break
		}
	}
	if p.withdrawn && !stillDelivered(p.kind) {
		if err := w.withdrawFrom(ctx, p, f); err != nil {
			return err
		}
	}
	return w.mark(ctx, p, f)
}

// find gathers the actions that sections ask for beside those of the parcel's status.
func (w *work) find(p *parcel, o *order.Order, found *findings) {
	for i := range o.Sections {
		s := &o.Sections[i]
		role := roleOf(s, p.waybill)
		c := consequenceOf(role, s.Status, p.kind)
		switch {
		case role == "":
		case role == order.WaybillRecall:
			if c.inbound {
				found.add(CreateReturnInbound, causeRecall, o, s)
			}
			if c.alert != "" {
				found.add(AlertOperations, c.alert, o, s)
			}
			if c.trouble {
				found.add(AlertOperations, p.cause(), o, s)
			}
		case c.alert != "":
			found.add(AlertOperations, fmt.Sprintf("%s/%s/%s", c.alert, o.ID, s.ID), o, s)
		}
	}
}

// wants reports whether a section, as the table has it, is to be asked for an event that is legal for it.
func (w *work) wants(p *parcel, s *order.Section, event order.EventName) bool {
	c := consequenceOf(roleOf(s, p.waybill), s.Status, p.kind)
	switch event {
	case order.WaybillScanned:
		return c.scan && !s.Scanned
	case order.CompleteRelease:
		return c.release && w.engine.config.Machine.Policy.ReleaseByTracker == order.On
	case order.CompleteDelivery:
		if again(p, s) {
			return true
		}
		return c.event == event && (!s.Status.ClaimOpen() || s.Prior == order.StatusReleased)
	case order.CourierReturn:
		return c.event == event
	case order.ConfirmRecall:
		return c.event == event && s.Status == order.StatusRecallInstructed
	case order.FailRecall, order.FailRecallExchange: // which one, the claim says: the other is not legal
		return c.event == order.FailRecall
	}
	return false
}

// again reports whether a parcel is delivered of which a section that is still DELIVERED was told that it is not: a correction
// moves no section back. It needs a time of delivery again, or its buyer's days never begin.
func again(p *parcel, s *order.Section) bool {
	return p.kind == delivered && s.Status == order.StatusDelivered && s.DeliveredAt.IsZero() && s.Epoch > 0 &&
		roleOf(s, p.waybill) == order.WaybillOutbound
}

// ask asks the order for one event, for all sections that want it: as a fact about the waybill or, where the fact was
// applied to some of them before and taken back since, or is about a waybill of another role, section by section.
func (w *work) ask(ctx context.Context, p *parcel, f *folio, event order.EventName) error {
	prefix := p.prefixOf(event)
	var fresh []order.SectionID
	alone := false
	for i := range f.order.Sections {
		s := &f.order.Sections[i]
		switch {
		case !w.wants(p, s, event):
		case applied(&f.order, prefix, s):
			alone = true
		default:
			fresh = append(fresh, s.ID)
			alone = alone || event == order.ConfirmRecall && roleOf(s, p.waybill) == order.WaybillOutbound
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	command := order.Command{Event: event, Waybill: &p.waybill}
	if !alone {
		return w.command(ctx, p, f, command, prefix, fresh)
	}
	for _, id := range fresh {
		command.Section = id
		if event == order.CompleteDelivery {
			if s, _ := f.order.Section(id); s.Status.ClaimOpen() || again(p, &s) {
				command.Event = order.PriorStatusUpdated
			} else {
				command.Event = event
			}
		}
		if err := w.command(ctx, p, f, command, prefix, []order.SectionID{id}); err != nil {
			return err
		}
	}
	return nil
}

// command gives the order a command of the parcel's, and keeps why, if it did anything. What is refused does not fit the
// order as it is, and is nothing.
func (w *work) command(ctx context.Context, p *parcel, f *folio, c order.Command, prefix string, sections []order.SectionID) error {
	c.ID = order.CommandID(prefix + hashed(8, sectionList(&f.order, sections)))
	c.Actor = p.actor()
	c.At = p.when(w.now)
	from := statusOf(&f.order, sections)
	next, _, err := w.engine.config.Machine.Handle(f.order, c)
	var refused *order.Refused
	switch {
	case errors.As(err, &refused):
		return nil
	case err != nil:
		return err
	case len(next.History) == len(f.order.History):
		return nil
	}
	f.order = next
	w.stats.Facts++
	return w.trace(ctx, p, f.order.ID, c, sections, from)
}

func statusOf(o *order.Order, sections []order.SectionID) order.Status {
	s, _ := o.Section(sections[0])
	return s.Status
}

// sectionList tells sections apart, with the claims that they have: a recall that is instructed again is another one.
func sectionList(o *order.Order, sections []order.SectionID) string {
	texts := make([]string, len(sections))
	for i, id := range sections {
		s, _ := o.Section(id)
		texts[i] = string(id) + "/" + string(s.Claim)
	}
	return strings.Join(texts, ",")
}

// prefixOf is the prefix of the commands that ask for an event. What moves a section forward, or back, does so once until
// the evidence is withdrawn, however often and by whomever it is said; a recall may fail again and again.
func (p *parcel) prefixOf(event order.EventName) string {
	if event == order.FailRecall || event == order.FailRecallExchange {
		return p.commandPrefix(event.String(), p.by.key)
	}
	return p.commandPrefix(event.String(), p.cause())
}

// commandPrefix is what the ids of all commands have in common that ask for the same because of the same.
func (p *parcel) commandPrefix(purpose, because string) string {
	id := p.s.ID
	return "parcel:" + hashed(20, string(id.Courier), id.Number, fmt.Sprint(id.Generation), purpose, because, fmt.Sprint(p.s.Epoch)) + ":"
}

func hashed(length int, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = io.WriteString(h, fmt.Sprintf("%d:%s", len(part), part))
	}
	return hex.EncodeToString(h.Sum(nil))[:length]
}

// applied reports whether a command of that prefix did something to the section before; about a recall, to the one of its
// claim.
func applied(o *order.Order, prefix string, s *order.Section) bool {
	for i := range o.History {
		e := &o.History[i]
		if !strings.HasPrefix(string(e.Command), prefix) {
			continue
		}
		recall := e.Name == order.ConfirmRecall || e.Name == order.FailRecall || e.Name == order.FailRecallExchange
		for _, m := range e.Moves {
			if (m.Section == s.ID || m.Into == s.ID) && (!recall || m.Claim == s.Claim) {
				return true
			}
		}
	}
	return false
}

// actor is who says so.
func (p *parcel) actor() order.Actor {
	if p.by.carrier == pinCarrier && p.s.Pin != nil {
		return order.Tracker(p.s.Pin.By.String())
	}
	return order.Tracker(p.by.carrier)
}

// withdrawFrom takes the evidence of delivery back from sections that a return has not moved.
func (w *work) withdrawFrom(ctx context.Context, p *parcel, f *folio) error {
	for i := range f.order.Sections {
		s := f.order.Sections[i]
		if roleOf(&s, p.waybill) != order.WaybillOutbound ||
			s.Status != order.StatusDelivered && (!s.Status.ClaimOpen() || s.Prior != order.StatusDelivered) {
			continue
		}
		c := order.Command{Event: order.EvidenceWithdrawn, Waybill: &p.waybill, Section: s.ID}
		if err := w.command(ctx, p, f, c, p.prefixOf(c.Event), []order.SectionID{s.ID}); err != nil {
			return err
		}
	}
	return nil
}

// mark raises and lifts exceptions, and notes doubts.
func (w *work) mark(ctx context.Context, p *parcel, f *folio) error {
	for i := range f.order.Sections {
		s := f.order.Sections[i]
		if roleOf(&s, p.waybill) != order.WaybillOutbound {
			continue // a recall neither raises nor lifts what the way out raised
		}
		c := consequenceOf(order.WaybillOutbound, s.Status, p.kind)
		code := c.exception
		if c.event == order.CourierReturn && !applied(&f.order, p.prefixOf(c.event), &s) {
			code = ExceptionReturned // the host switched the event off
		}
		had := ""
		if s.Exception != nil {
			had = s.Exception.Code
		}
		command := order.Command{Waybill: &p.waybill, Section: s.ID}
		purpose := ""
		switch {
		case code != "" && code != had && (had == "" || ours(had)):
			command.Event, purpose = order.ExceptionRaised, code
			command.Exception = &order.Exception{Code: code, Text: p.by.text, At: p.when(w.now)}
		case code == "" && had != "" && lifts(had, &s, p.kind):
			command.Event, purpose = order.ExceptionCleared, had
		case c.doubt:
			if err := w.doubt(ctx, p, &f.order, s); err != nil {
				return err
			}
			continue
		default:
			continue
		}
		if err := w.command(ctx, p, f, command, p.commandPrefix(command.Event.String()+" "+purpose, p.by.key), []order.SectionID{s.ID}); err != nil {
			return err
		}
	}
	return nil
}

// doubt keeps that a fact contradicts what is settled, and changes nothing.
func (w *work) doubt(ctx context.Context, p *parcel, o *order.Order, s order.Section) error {
	c := order.Command{ID: order.CommandID(p.commandPrefix("doubt", p.by.key) + hashed(8, string(s.ID)))}
	return w.trace(ctx, p, o.ID, c, []order.SectionID{s.ID}, s.Status)
}
