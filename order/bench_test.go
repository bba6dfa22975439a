package order_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/order"
)

// wide is an order of many sections, each being picked, and a history to match.
func wide(b testing.TB, sections int) order.Order {
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

// job is something done with an order, time and again.
type job struct {
	name   string
	allocs float64 // exact for any number of sections; below 0 where it depends on that
	do     func() error
}

// jobs are what one section of an order is asked and told: to be released under a waybill, and what it cannot do yet. The
// floor is the last.
func jobs(o order.Order) []job {
	c := order.Command{ID: "x", Event: order.CompleteRelease, Section: "S2", Waybill: &w1, Actor: order.Operator("kim"), At: noon}
	refused := c
	refused.Event = order.CompleteDelivery
	m := order.Machine{}
	return []job{
		{"Allows", 0, func() error { return expect(m.Allows(o, "S2", c.Actor, c.Event)) }},
		{"Allowed", 1, func() error { return expect(len(m.Allowed(o, "S2", c.Actor)) == 4) }},
		{"Refuse", 7, func() error {
			_, err := m.Decide(o, refused)
			return expect(err != nil)
		}},
		{"Decide", 7, func() error {
			_, err := m.Decide(o, c)
			return err
		}},
		{"Handle", 11, func() error {
			_, _, err := m.Handle(o, c)
			return err
		}},
		{"Encode", -1, func() error {
			_, err := order.Encode(o)
			return err
		}},
		{"Check", -1, func() error { return order.Check(o) }},
		{"Copy", 2, func() error { // sections and history, which no Apply can do without copying
			return expect(len(slices.Clone(o.Sections))+len(slices.Clone(o.History)) > 0)
		}},
	}
}

var errUnexpected = errors.New("not the expected answer")

func expect(met bool) error {
	if !met {
		return errUnexpected
	}
	return nil
}

// BenchmarkOrder reports what each job takes and, as ×copy, how many copies of the order could be made meanwhile.
func BenchmarkOrder(b *testing.B) {
	for _, sections := range []int{3, 100} {
		all := jobs(wide(b, sections))
		floor := all[len(all)-1]
		for _, j := range all {
			b.Run(fmt.Sprintf("%s/%d", j.name, sections), func(b *testing.B) {
				took, ratios, err := floortest.Turns(b.N, 64, j.do, floor.do)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(took[0], "ns/op")
				b.ReportMetric(ratios[0], "×copy")
				b.ReportMetric(testing.AllocsPerRun(100, func() { _ = j.do() }), "allocs")
			})
		}
	}
}

// What an order is asked allocates the answer, and what it is told what the events keep, however large it is.
func TestOrderAllocations(t *testing.T) {
	if floortest.RaceDetector {
		t.Skip("the race detector allocates, too")
	}
	for _, sections := range []int{3, 100} {
		for _, j := range jobs(wide(t, sections)) {
			if j.allocs < 0 {
				continue
			}
			var err error
			got := testing.AllocsPerRun(200, func() { err = errors.Join(err, j.do()) })
			if err != nil {
				t.Errorf("%s: %v", j.name, err)
			}
			if got > j.allocs {
				t.Errorf("%s of an order of %d sections allocates %v times, want at most %v", j.name, sections, got, j.allocs)
			}
		}
	}
}
