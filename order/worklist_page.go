package order

import (
	"cmp"
	"slices"
)

// Among gives the page of the query that these orders, in any sequence, have: what [Orders.Find] of a store does that keeps few
// orders, or keeps them in memory.
func (q Query) Among(orders []Order) Found {
	q = q.complete()
	orders = slices.SortedFunc(slices.Values(orders), func(a, b Order) int {
		return cmp.Or(a.orderedAt().Compare(b.orderedAt()), cmp.Compare(a.ID, b.ID))
	})
	var found Found
	skipped := (q.Page - 1) * q.Size
	for i := range orders {
		for _, unit := range q.units(&orders[i]) {
			if found.Total++; found.Total > skipped && found.Total <= skipped+q.Size {
				found.Hits = append(found.Hits, unit...)
			}
		}
	}
	return found
}

// units lists what the query counts of an order: for each unit its hits.
func (q *Query) units(o *Order) (units [][]Hit) {
	var whole []Hit
	for _, s := range o.Sections {
		if !q.Filter.Matches(*o, s) {
			continue
		}
		switch q.Level {
		case ByOrder:
			whole = append(whole, Hit{Order: *o, Section: s.ID})
		case ByItem:
			for _, it := range s.Items {
				units = append(units, []Hit{{Order: *o, Section: s.ID, Item: it.ID}})
			}
		default:
			units = append(units, []Hit{{Order: *o, Section: s.ID}})
		}
	}
	if len(whole) > 0 {
		units = append(units, whole)
	}
	return units
}

// Fits reports whether the order has a section that the key names.
func (k Key) Fits(o Order) bool {
	return o.Tenant == k.Tenant && slices.ContainsFunc(o.Sections, func(s Section) bool {
		return k.DeliveryNo != "" && s.DeliveryNo == k.DeliveryNo || k.RecallDeliveryNo != "" && s.RecallDeliveryNo == k.RecallDeliveryNo
	})
}
