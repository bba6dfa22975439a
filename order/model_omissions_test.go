package order_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// omissions are a command as it may come from a careless screen: each lacks one thing, or says one that is not so.
func (w *world) omissions(c order.Command) map[string]order.Command {
	s, _ := w.order.Section(c.Section)
	other := &order.Waybill{Courier: "kr.cjlogistics", Number: "7777777777"}
	spoilt := map[string]order.Command{}
	spoil := func(name string, change func(*order.Command)) {
		wrong := c
		change(&wrong)
		spoilt[name] = wrong
	}
	spoil("no reason", func(c *order.Command) { c.Reason = "" })
	spoil("no place", func(c *order.Command) { c.Place = "" })
	spoil("no refund", func(c *order.Command) { c.Refund = "" })
	spoil("no waybill", func(c *order.Command) { c.Waybill = nil })
	spoil("no claim form", func(c *order.Command) { c.Claim = nil })
	spoil("no reception", func(c *order.Command) { c.Reception = nil })
	spoil("another version", func(c *order.Command) { c.ExpectedVersion = w.order.Version + 1 })
	spoil("this version", func(c *order.Command) { c.ExpectedVersion = w.order.Version })
	spoil("another status", func(c *order.Command) { c.ExpectedStatus = s.Status%16 + 1 })
	spoil("this status", func(c *order.Command) { c.ExpectedStatus = s.Status })
	spoil("another order's section", func(c *order.Command) { c.Section = "S99" })
	spoil("the hold lifted", func(c *order.Command) { c.ReleaseHold = true })
	if c.Waybill != nil {
		spoil("another waybill", func(c *order.Command) { c.Waybill = other })
		spoil("the neighbour's waybill", func(c *order.Command) {
			if neighbour, _ := w.order.Section("S2"); neighbour.Waybill != nil {
				c.Waybill = neighbour.Waybill
			}
		})
	}
	bad := func(c *order.Command) { c.Waybill = &order.Waybill{Courier: "kr.cjlogistics", Number: "!?"} }
	switch c.Event {
	case order.InstructRecall, order.ConfirmRecall, order.RejectReturn, order.RejectExchange, order.RejectCancelAndShip:
		spoil("a bad number", bad)
	case order.CompleteRelease, order.RegisterWaybill, order.ReplaceWaybill:
		spoil("a bad number", bad)
		spoil("a waybill at all", func(c *order.Command) { c.Waybill = other })
	case order.ConfirmPurchase:
		spoil("too early", func(c *order.Command) { c.At = s.DeliveredAt.Add(7*24*time.Hour - time.Second) })
		spoil("just in time", func(c *order.Command) { c.At = s.DeliveredAt.Add(7 * 24 * time.Hour) })
	case order.RequestReturn, order.RequestReturnAfterConfirm:
		for _, own := range []order.RetrieveType{order.RetrieveBuyerSent, order.RetrieveManual} {
			spoil("a bad number of "+string(own), func(c *order.Command) {
				bad(c)
				c.Claim = &order.ClaimRequest{Retrieve: order.Retrieve{Type: own, Payer: order.PayerBuyer}}
			})
			form := order.ClaimRequest{Retrieve: order.Retrieve{Type: own, Payer: order.PayerBuyer}}
			spoil("no waybill of "+string(own), func(c *order.Command) { c.Claim = &form })
			spoil("all of "+string(own), func(c *order.Command) { c.Claim, c.Waybill = &form, other })
			spoil("no payer of "+string(own), func(c *order.Command) {
				c.Claim, c.Waybill = &order.ClaimRequest{Retrieve: order.Retrieve{Type: own}}, other
			})
		}
	case order.RequestExchange:
		spoil("a bad number", bad)
		spoil("nothing wanted", func(c *order.Command) { c.Claim = &order.ClaimRequest{Retrieve: c.Claim.Retrieve} })
	case order.CompleteRecall, order.DirectCollect:
		spoil("a bad number", bad)
		spoil("one too many", func(c *order.Command) {
			c.Reception = receptionForm(c.Event.String(), s.Items)
			c.Reception[0].Missing++
		})
		spoil("one lost", func(c *order.Command) {
			c.Reception = receptionForm(c.Event.String(), s.Items)
			c.Reception[0].Received--
			c.Reception[0].Missing++
		})
	}
	return spoilt
}

// TestEveryOmission gives every event, wherever a section may stand, with something left out or wrong, by the roles for
// which it matters.
func TestEveryOmission(t *testing.T) {
	t.Parallel()
	for _, at := range situate(t) {
		for _, event := range gridEvents {
			if at.model.legal(at.policy, at.order, "S1", event) != "" {
				continue // nothing can make it happen, see TestEveryCell
			}
			for _, role := range []string{owner(event), "tracker", "batch"} {
				w := at.fork(at.policy, at.judge)
				for name, c := range w.omissions(w.form("S1", event, role)) {
					if _, difference := at.fork(at.policy, at.judge).try(c); difference != "" {
						t.Errorf("%s by %s from %s with %s: %s", event, role, at.model.sections["S1"].status, name, difference)
					}
				}
			}
		}
	}
}
