package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
)

// A form is what is believed of a day, or true of it, in the JSON that the sandbox's /truth has too: somebody else can compare.
type form struct {
	Shipments []sandbox.Shipment `json:"shipments"` // by courier, number and generation
	Orders    []orderForm        `json:"orders"`    // by id
	Actions   []actionForm       `json:"actions"`   // by key
}

type orderForm struct {
	ID       order.OrderID `json:"id"`
	Sections []sectionForm `json:"sections"`
}

type sectionForm struct {
	ID     order.SectionID `json:"id"`
	Status order.Status    `json:"status"`
	Items  []itemForm      `json:"items"`
}

type itemForm struct {
	Line     order.LineID `json:"line"`
	Quantity int          `json:"quantity"`
}

// An actionForm is what was done, net of what was taken back.
type actionForm struct {
	Key    string `json:"key"`
	Action string `json:"action"`
	Undone bool   `json:"undone"`
}

// formOf is an order as the form has it: the lines of each section that was not merged away.
func formOf(o order.Order) orderForm {
	f := orderForm{ID: o.ID}
	for _, s := range o.Sections {
		if s.MergedInto != "" {
			continue
		}
		section := sectionForm{ID: s.ID, Status: s.Status}
		for _, it := range s.Items {
			section.add(it.Line, it.Quantity)
		}
		f.Sections = append(f.Sections, section)
	}
	f.order()
	return f
}

func (s *sectionForm) add(line order.LineID, quantity int) {
	if i := slices.IndexFunc(s.Items, func(it itemForm) bool { return it.Line == line }); i >= 0 {
		s.Items[i].Quantity += quantity
		return
	}
	s.Items = append(s.Items, itemForm{line, quantity})
}

func (f *orderForm) order() {
	slices.SortFunc(f.Sections, func(a, b sectionForm) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(string(a.ID), string(b.ID)))
	})
	for i := range f.Sections {
		slices.SortFunc(f.Sections[i].Items, func(a, b itemForm) int { return strings.Compare(string(a.Line), string(b.Line)) })
	}
}
