package ordertest

import (
	"errors"
	"time"

	"github.com/waybill-dev/waybill/order"
)

func locateClauses() []clause {
	return []clause{
		{name: "a section is located by its numbers", hold: holdLocate},
		{name: "an unknown number is ErrNoOrder", hold: holdUnknown},
		{name: "numbers belong to their tenant", hold: holdTenants},
		{name: "sections at their end are located too", hold: holdTombstones},
		{name: "the oldest order with a number is located", hold: holdOldest},
	}
}

func (s *shop) located(k order.Key, want order.OrderID) {
	s.Helper()
	id, err := s.store.Locate(s.Context(), k)
	if want == "" {
		if !errors.Is(err, order.ErrNoOrder) || id != "" {
			s.Errorf("Locate of %+v: %q, %v, want ErrNoOrder", k, id, err)
		}
	} else if id != want || err != nil {
		s.Errorf("Locate of %+v: %q, %v, want %q", k, id, err, want)
	}
}

func holdLocate(s *shop) {
	all := population(s.T)
	for _, o := range all {
		s.keep(o)
	}
	recalls := 0
	for _, o := range all {
		for _, section := range o.Sections {
			s.located(order.Key{Tenant: o.Tenant, DeliveryNo: section.DeliveryNo}, o.ID)
			if section.RecallDeliveryNo != "" {
				recalls++
				s.located(order.Key{Tenant: o.Tenant, RecallDeliveryNo: section.RecallDeliveryNo}, o.ID)
			}
		}
	}
	if recalls == 0 {
		s.Fatal("no order of the population has a recall delivery number")
	}
}

func holdUnknown(s *shop) {
	s.keep(returning(s.T, "ORD-1", noon, "680100000001", "680200000001"))
	for _, k := range []order.Key{
		{}, {DeliveryNo: "ORD-2-S1"}, {RecallDeliveryNo: "ORD-1-C9"},
		{DeliveryNo: "ORD-1-C1"}, {RecallDeliveryNo: "ORD-1-S1"}, {DeliveryNo: "ord-1-s1"}, {DeliveryNo: "ORD-1-S"}, {DeliveryNo: "ORD-1-S1 "},
	} {
		s.located(k, "")
	}
}

func holdTenants(s *shop) {
	for _, tenant := range []string{"", "a", "A"} {
		d := draft(order.OrderID("ORD-" + tenant))
		d.Tenant, d.Sections[0].DeliveryNo = tenant, "D-1"
		s.keep(created(s.T, d, noon))
	}
	for _, tenant := range []string{"", "a", "A"} {
		s.located(order.Key{Tenant: tenant, DeliveryNo: "D-1"}, order.OrderID("ORD-"+tenant))
	}
	s.located(order.Key{Tenant: "b", DeliveryNo: "D-1"}, "")
}

func holdTombstones(s *shop) {
	s.keep(merged(s.T, "ORD-1", noon))
	s.located(order.Key{DeliveryNo: "ORD-1-S2"}, "ORD-1")
	o, _ := do(s.T, cancelling(s.T, "ORD-2", noon), order.Command{Event: order.ApproveCancel, Section: "S2"})
	s.keep(o)
	s.located(order.Key{DeliveryNo: "ORD-2-S2"}, "ORD-2")
}

func holdOldest(s *shop) {
	for i, id := range []order.OrderID{"ORD-3", "ORD-1", "ORD-2", "ORD-0"} {
		d := draft(id)
		d.Sections[0].DeliveryNo = "D-1"
		s.keep(created(s.T, d, noon.Add(time.Duration([]int{1, 0, 0, 1}[i])*time.Hour)))
	}
	s.located(order.Key{DeliveryNo: "D-1"}, "ORD-1")
}
