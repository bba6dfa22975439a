package order_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

// wide is an order of many sections, each being picked, and a history to match.
func wide(b *testing.B, sections int) order.Order {
	b.Helper()
	d := order.Draft{ID: "W", Payment: order.PaymentPaid}
	for i := range sections {
		line := order.LineID(fmt.Sprint("L", i))
		d.Lines = append(d.Lines, order.Line{ID: line, Quantity: 4})
		d.Sections = append(d.Sections, order.DraftSection{Place: "P", Lines: []order.LineQuantity{{Line: line, Quantity: 4}}})
	}
	o, err := order.New(d, noon, order.System("shop"))
	if err != nil {
		b.Fatal(err)
	}
	for i := range sections {
		id := order.SectionID(fmt.Sprint("S", i+1))
		o = do(o, order.Command{Event: order.InstructDelivery, Section: id})
		o = do(o, order.Command{Event: order.InstructRelease, Section: id})
	}
	return o
}

func BenchmarkOrder(b *testing.B) {
	for _, sections := range []int{3, 100} {
		o := wide(b, sections)
		c := order.Command{ID: "x", Event: order.CompleteRelease, Section: "S2", Waybill: &w1, Actor: order.Operator("kim"), At: noon}
		b.Run(fmt.Sprintf("Decide/%d", sections), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := order.Decide(o, c); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("Handle/%d", sections), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := order.Handle(o, c); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("Copy/%d", sections), func(b *testing.B) { // the floor: sections and history, copied once
			b.ReportAllocs()
			for b.Loop() {
				_, _ = slices.Clone(o.Sections), slices.Clone(o.History)
			}
		})
		b.Run(fmt.Sprintf("Allowed/%d", sections), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = order.Allowed(o, "S2", c.Actor)
			}
		})
		refused := c
		refused.Event = order.CompleteDelivery
		b.Run(fmt.Sprintf("Refuse/%d", sections), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := order.Decide(o, refused); err == nil {
					b.Fatal("accepted")
				}
			}
		})
		b.Run(fmt.Sprintf("Encode/%d", sections), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := order.Encode(o); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("Check/%d", sections), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := order.Check(o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
