package order_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

const (
	toReleased  = "InstructDelivery InstructRelease CompleteRelease "
	toDelivered = toReleased + "CompleteDelivery "
	toConfirmed = toDelivered + "ConfirmPurchase "
	toReplaced  = toDelivered + "RequestExchange InstructRecall ConfirmRecall CompleteRecall ShipReplacement"
	replaced    = " out:InstructRelease out:CompleteRelease"
)

// situations are the roads to everywhere that a section can stand: every state, under every claim that it may have there,
// with every status that the claim may go back to, and with what guards look at.
func situations() []string {
	roads := []string{
		"", "InstructDelivery", "InstructDelivery InstructRelease", "InstructDelivery InstructRelease RegisterStockout",
		toReleased, toDelivered, toConfirmed,
		"hold", "InstructDelivery InstructRelease RegisterWaybill", "InstructDelivery InstructRelease RegisterWaybill scan",
		toReleased + "scan", "InstructDelivery InstructRelease RegisterWaybill scan RequestCancel",
		"InstructDelivery unpay RequestCancel", "RequestCancel hold", "RequestCancel ApproveCancel",
		toReleased + "CourierReturn", toDelivered + "CourierReturn", toReleased + "CourierReturn CompleteRecall",
		toReleased + "RequestReturn late", toReleased + "RequestExchange InstructRecall late",
	}
	for _, before := range roads[:4] {
		roads = append(roads, before+" RequestCancel")
	}
	recall := []string{"", " InstructRecall", " InstructRecall ConfirmRecall", " InstructRecall ConfirmRecall CompleteRecall"}
	for _, before := range []string{toReleased + "RequestReturn", toDelivered + "RequestReturn", toConfirmed + "RequestReturnAfterConfirm"} {
		for _, steps := range recall {
			roads = append(roads, before+steps, before+steps+" hold")
		}
		roads = append(roads, before+recall[3]+" CompleteReturn")
	}
	for _, before := range []string{toReleased + "RequestExchange", toDelivered + "RequestExchange"} {
		for i, steps := range recall {
			ship := " ShipReplacementFirst"
			if i == 3 {
				ship = " ShipReplacement"
			}
			roads = append(roads, before+steps, before+steps+" hold", before+steps+ship,
				before+steps+ship+replaced, before+steps+ship+replaced+" out:CompleteDelivery",
				before+steps+ship+replaced+" out:CompleteDelivery out:ConfirmPurchase")
		}
		done := before + recall[3] + " ShipReplacement" + replaced + " out:CompleteDelivery"
		roads = append(roads, done+" hold", done+" CompleteExchange", before+recall[2]+" ConvertToReturn",
			before+recall[2]+" ConvertToReturn CompleteRecall")
	}
	return roads
}

// situate walks the roads on both channels and, where nothing but the cancel of an order stands, without payment.
func situate(t testing.TB) []*world {
	t.Helper()
	var worlds []*world
	for _, channel := range []order.Channel{order.ChannelOwn, order.ChannelExternal} {
		for _, payment := range []order.PaymentState{order.PaymentPaid, order.PaymentPending} {
			for _, road := range situations() {
				if payment == order.PaymentPending && strings.Contains(road, "InstructDelivery") {
					continue
				}
				w, err := newWorld(order.AllOn(), draft(channel, payment))
				if err == nil {
					err = w.walk(road)
				}
				if err != nil {
					t.Fatal(err)
				}
				worlds = append(worlds, w)
			}
		}
	}
	return append(worlds, situateOddly(t)...)
}

// situateOddly adds what travels without a courier, what has no shipping place, and a neighbour who is somebody else and
// has a waybill already.
func situateOddly(t testing.TB) []*world {
	t.Helper()
	var worlds []*world
	add := func(d order.Draft, prepare func(*world) error, roads ...string) {
		for _, road := range roads {
			w, err := newWorld(order.AllOn(), d)
			if err == nil {
				err = prepare(w)
			}
			if err == nil {
				err = w.walk(road)
			}
			if err != nil {
				t.Fatal(err)
			}
			worlds = append(worlds, w)
		}
	}
	nothing := func(*world) error { return nil }
	direct := draft(order.ChannelOwn, order.PaymentPaid)
	direct.Sections[0].Method = order.MethodECoupon
	add(direct, nothing, "InstructDelivery InstructRelease", toReleased, toReleased+"RequestReturn InstructRecall",
		toReleased+"RequestReturn InstructRecall ConfirmRecall CompleteRecall")
	nobody := draft(order.ChannelOwn, order.PaymentPaid)
	nobody.Orderer = nil
	add(nobody, nothing, toReleased+"RequestReturn")
	nowhere := draft(order.ChannelOwn, order.PaymentPaid)
	nowhere.Sections[0].Place = ""
	add(nowhere, nothing, "InstructDelivery")
	for _, channel := range []order.Channel{order.ChannelOwn, order.ChannelExternal} {
		add(neighbours(channel), func(w *world) error {
			for _, event := range []string{"InstructDelivery", "InstructRelease", "RegisterWaybill"} {
				if err := w.walkStep("S2", event); err != nil {
					return err
				}
			}
			return nil
		}, "InstructDelivery InstructRelease", toReleased, "InstructDelivery InstructRelease RequestCancel")
	}
	return worlds
}

// neighbours is an order of two sections for two recipients.
func neighbours(channel order.Channel) order.Draft {
	d := draft(channel, order.PaymentPaid)
	d.Sections = []order.DraftSection{
		{Lines: []order.LineQuantity{{Line: "A", Quantity: 2}}, Place: "WH1"},
		{Lines: []order.LineQuantity{{Line: "B", Quantity: 4}}, Place: "WH1", Recipient: person("이둘")},
	}
	return d
}

// policies are the three under which every cell is judged.
var policies = map[string]order.Policy{"on": everyWay(), "off": order.AllOff(), "default": {}}

// everyWay has the switch on, too, by which a tracker completes a release.
func everyWay() order.Policy {
	p := order.AllOn()
	p.ReleaseByTracker = order.On
	return p
}

// compare judges events of a section by every role and tells every difference from the model.
func (w *world) compare(id order.SectionID, events []string, report func(string)) {
	for _, event := range events {
		for role := range duties {
			v := w.clean()
			c := v.form(id, event, role)
			if _, difference := v.try(c); difference != "" {
				report(fmt.Sprintf("%s by %s from %s: %s", event, role, w.model.sections[id].status, difference))
			}
		}
	}
}

// TestEveryCell judges all 16 × 39 cells, with policy on, off and by default, by every role, under every type of claim.
func TestEveryCell(t *testing.T) {
	t.Parallel()
	seen := map[square]bool{}
	accepted := map[square]bool{}
	for _, at := range situate(t) {
		for name, policy := range policies {
			w := at.fork(policy, order.Machine{Policy: policy})
			before := encode(t, w.order)
			w.compare("S1", gridEvents, func(difference string) {
				t.Errorf("policy %s, %s, %s: %s", name, w.order.Channel, w.order.Payment, difference)
			})
			if !bytes.Equal(before, encode(t, w.order)) {
				t.Errorf("the order changed under the judge's hands")
			}
			s := w.model.sections["S1"]
			for _, event := range gridEvents {
				seen[square{s.status, event}] = true
				if w.model.accepts(policy, w.order, "S1", event, owner(event)) {
					accepted[square{s.status, event}] = true
				}
			}
		}
	}
	if len(seen) != 16*39 || len(accepted) != 55 {
		t.Errorf("%d cells were judged and %d accepted; want 624 and 55", len(seen), len(accepted))
	}
}

// replacements are the roads on which the section that is sent instead stands everywhere that the document lets it: up to
// confirmed, and under claims of its own.
func replacements() []string {
	released := replaced + " out:CompleteDelivery"
	roads := []string{"", " out:InstructRelease", " out:InstructRelease out:RegisterStockout", replaced, released,
		released + " out:ConfirmPurchase", replaced + " out:CourierReturn", replaced + " out:CourierReturn out:CompleteRecall out:CompleteReturn"}
	for _, before := range roads[:3] {
		roads = append(roads, before+" out:RequestCancel", before+" out:RequestCancel out:ApproveCancel",
			before+" out:RequestCancel out:RejectCancel")
	}
	for _, before := range roads[3:5] {
		for _, kind := range []string{" out:RequestReturn", " out:RequestExchange"} {
			steps := before + kind
			for _, step := range []string{"", " out:InstructRecall", " out:ConfirmRecall", " out:CompleteRecall"} {
				steps += step
				roads = append(roads, steps)
			}
		}
	}
	return append(roads, roads[2]+" out:CancelForStockout")
}

// TestEveryCellOfReplacements judges every event of a section that is sent instead, with claims of its own, and of the
// exchange that it belongs to.
func TestEveryCellOfReplacements(t *testing.T) {
	stood := map[string]bool{}
	for _, road := range replacements() {
		at, err := newWorld(order.AllOn(), draft(order.ChannelOwn, order.PaymentPaid))
		if err == nil {
			err = at.walk(toReplaced + road)
		}
		if err != nil {
			t.Fatal(err)
		}
		stood[at.model.sections["S2"].status] = true
		for name, policy := range policies {
			w := at.fork(policy, order.Machine{Policy: policy})
			for _, id := range []order.SectionID{"S1", "S2"} {
				w.compare(id, gridEvents, func(difference string) { t.Errorf("policy %s, %s after%s: %s", name, id, road, difference) })
				for role := range duties {
					got := fmt.Sprint(w.judge.Allowed(w.order, id, order.Actor{Role: order.Role(role), ID: "x"}))
					if want := fmt.Sprint(w.allowed(id, role)); got != want {
						t.Errorf("policy %s, %s of %s after%s: allowed %v, want %v", name, role, id, road, got, want)
					}
				}
			}
		}
	}
	// Only the two ends that a replacement reaches by what is sent for it again are not among them, and where none starts.
	if len(stood) != 14 || stood["ORDERED"] || stood["EXCHANGED"] {
		t.Errorf("a replacement stood in %d statuses: %v", len(stood), stood)
	}
}

// TestAllowed compares the buttons of a screen with the model, in every situation and for every role.
func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, at := range situate(t) {
		for name, policy := range policies {
			w := at.fork(policy, order.Machine{Policy: policy})
			for role := range duties {
				by := order.Actor{Role: order.Role(role), ID: "x"}
				got := w.judge.Allowed(w.order, "S1", by)
				if want := w.allowed("S1", role); !slices.Equal(got, want) {
					t.Errorf("policy %s, %s from %s: allowed %v, want %v", name, role, w.model.sections["S1"].status, got, want)
				}
				for _, event := range append(order.StatusEvents(), 0, order.Created) {
					if one := w.judge.Allows(w.order, "S1", by, event); one != slices.Contains(got, event) {
						t.Errorf("policy %s, %s from %s: allows %v: %v", name, role, w.model.sections["S1"].status, event, one)
					}
				}
			}
		}
	}
}

// pictureDiffers compares a row of the exported matrix with the grid; empty if they agree.
func pictureDiffers(event string) string {
	lines := strings.Split(order.MarkdownMatrix(), "\n")
	i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "| "+event+" |") })
	if i < 0 {
		return event + " is not in the picture"
	}
	row := strings.Split(strings.Trim(lines[i], "| "), " | ")[2:]
	for at, state := range gridStates {
		want := "·"
		if c, ok := gridCells[square{state, event}]; ok {
			want = map[string]string{same: "=", back: "↩"}[c.to]
			for _, s := range order.Statuses() {
				if s.String() == c.to {
					want = s.Short()
				}
			}
			if c.policy {
				want += "°"
			}
		}
		if row[at] != want {
			return fmt.Sprintf("the picture says %s for %s from %s, want %s", row[at], event, state, want)
		}
	}
	return ""
}

// TestPicture compares the exported matrix with the grid.
func TestPicture(t *testing.T) {
	for _, event := range gridEvents {
		if difference := pictureDiffers(event); difference != "" {
			t.Error(difference)
		}
	}
}
