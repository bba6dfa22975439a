package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// The people of the shop.
var (
	clerk  = order.Operator("kim")
	seller = order.Seller("shop")
	buyer  = order.Buyer("buyer")
)

// A counter is what the shop needs of the engine.
type counter interface {
	Orders() order.Orders
	Execute(ctx context.Context, id order.OrderID, c order.Command) (order.Order, []order.Event, error)
}

// A shop is the people who give commands: buyers, sellers, and those in the warehouse. They know the orders and what stands
// in front of them, and nothing of parcels but what their screens show.
type shop struct {
	counter counter
	world   *world
	stories []story
	told    func(tellings)              // of parcels that left
	look    func(context.Context) error // at parcels that could not be asked about

}

// tellings are parcels of which the providers may be asked to tell.
type tellings = []order.Waybill

// A step is what somebody does at a time. Whoever does it again does nothing twice: commands have ids of their own.
type step struct {
	at time.Time
	n  int // the order's place; of a round -1
	do func(context.Context) error
}

// steps lists everything that is done about orders, in the order in which it is done.
func (s *shop) steps() []step {
	var all []step
	for i := range s.stories {
		t := &s.stories[i]
		for _, c := range t.commands(len(s.stories)) {
			all = append(all, step{c.at, t.n, func(ctx context.Context) error { return s.give(ctx, t, c) }})
		}
	}
	all = append(all,
		step{evening, -1, func(ctx context.Context) error { return s.load(ctx, "evening.xlsx", evening, s.eveningSheet()) }},
		step{found, -1, func(ctx context.Context) error { return s.load(ctx, "forgotten.csv", found, s.forgottenSheet()) }},
	)
	for day := 1; day <= lastDay; day++ {
		all = append(all, step{at(day, 9, 30), -1, s.look})
	}
	for day := 4; day <= lastDay; day++ {
		for hour, round := range map[int]func(context.Context, time.Time) error{10: s.count, 11: s.replace, 15: s.settle, 17: s.sendInstead} {
			when := at(day, hour, 0)
			if weekday := when.Weekday(); weekday != time.Saturday && weekday != time.Sunday {
				all = append(all, step{when, -1, func(ctx context.Context) error { return round(ctx, when) }})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b step) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.n - b.n
	})
	return all
}

// lastDay is the last one on which somebody works at this day's orders.
const lastDay = 26

// A command of a story, with when it is given.
type command struct {
	order.Command
	at      time.Time
	refused error // what it is to be refused with
}

// commands are those that are given whatever the parcels do.
func (s *story) commands(of int) []command {
	var all []command
	give := func(when time.Time, c order.Command) *command {
		c.ID, c.At = order.CommandID(fmt.Sprintf("%s-%d", when.Format("0102-1504"), len(all)+1)), when
		all = append(all, command{Command: c, at: when})
		return &all[len(all)-1]
	}
	spread := func(from time.Time, over time.Duration) time.Time {
		return from.Add(over * time.Duration(s.n) / time.Duration(of)).Truncate(time.Minute)
	}
	ordered := spread(opening, 100*time.Minute)
	give(ordered, order.Command{Event: order.Created, Draft: &s.draft, Actor: order.System("mall")})
	if s.kind == cancelled {
		give(ordered.Add(20*time.Minute), order.Command{Event: order.RequestCancel, Section: "S1", Actor: buyer, Reason: "단순 변심"})
		give(ordered.Add(40*time.Minute), order.Command{Event: order.ApproveCancel, Section: "S1", Actor: seller})
		return all
	}
	give(handedOn, order.Command{Event: order.InstructDelivery, Actor: clerk})
	give(packing, order.Command{Event: order.InstructRelease, Section: "S1", Place: "WH1", Actor: clerk})
	parcel := waybillOf(s.waybill)
	labelled := later(s.waybill.Since.Add(5*time.Minute), packing.Add(10*time.Minute))
	left := spread(pickup, 40*time.Minute)
	release := order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: parcel, Actor: clerk}
	switch s.kind {
	case byHand:
		release.Waybill = nil
		give(left, release)
		return all
	case tooLate:
		give(labelled, order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: parcel, Actor: clerk})
		give(regrets, order.Command{Event: order.RequestCancel, Section: "S1", Actor: buyer, Reason: "단순 변심"})
		give(answers, order.Command{Event: order.ApproveCancel, Section: "S1", Actor: seller}).refused = order.ErrGuard
		give(answers.Add(30*time.Minute), order.Command{Event: order.RejectCancel, Section: "S1", Actor: seller, Reason: "이미 발송"})
		release.Waybill = nil
		give(answers.Add(time.Hour), release)
		return all
	case forgotten:
		if s.registered() {
			give(labelled, order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: parcel, Actor: clerk})
		}
		return all
	case short:
		give(at(0, 14, 0), order.Command{
			Event: order.RegisterStockout, Section: "S1", Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}}, Reason: "결품", Actor: clerk,
		})
		give(at(0, 14, 30), order.Command{Event: order.CancelForStockout, Section: "S2", Actor: seller})
	case split:
		if !s.sheet {
			first := release
			first.Items = []order.ItemQuantity{{Item: "I1", Quantity: 1}}
			give(left, first)
		}
		release.Waybill = waybillOf(s.second)
		give(secondRun, release)
		return all
	}
	if !s.sheet {
		give(left, release)
	}
	claim := &order.ClaimRequest{Fault: order.FaultBuyer, Retrieve: order.Retrieve{Type: order.RetrieveAuto}}
	switch s.kind {
	case returned:
		give(claims, order.Command{Event: order.RequestReturn, Section: "S1", Claim: claim, Reason: "단순 변심", Actor: buyer})
	case exchanged:
		claim.Wanted = []order.WantedOption{{Option: "검정"}}
		give(claims, order.Command{Event: order.RequestExchange, Section: "S1", Claim: claim, Reason: "색상 변경", Actor: buyer})
	default:
		return all
	}
	give(later(s.recall.Since.Add(5*time.Minute), claims.Add(30*time.Minute)), order.Command{Event: order.InstructRecall, Section: "S1", Waybill: waybillOf(s.recall), Actor: clerk})
	return all
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// registered reports whether the waybill of a forgotten parcel is known before the sheet is found.
func (s *story) registered() bool { return s.n%4 < 2 }

// give gives a command of a story.
func (s *shop) give(ctx context.Context, t *story, c command) error {
	_, _, err := s.counter.Execute(ctx, t.id, c.Command)
	if c.refused != nil && (errors.Is(err, c.refused) || errors.Is(err, order.ErrIllegal)) {
		return nil // the latter when it was refused before a crash, and the order has moved on since
	}
	if err == nil && c.refused != nil {
		return fmt.Errorf("%s: %v was not refused", t.id, c.Event)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.id, err)
	}
	if c.Event == order.CompleteRelease && c.Waybill != nil {
		s.told(tellings{*c.Waybill})
	}
	return nil
}
