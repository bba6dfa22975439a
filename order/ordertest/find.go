package ordertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
)

func findClauses() []clause {
	return []clause{
		{name: "an empty store finds nothing", hold: holdNothing},
		{name: "a filter finds what it matches", hold: holdFilters},
		{name: "pages are cut from one list", hold: holdPages},
		{name: "a list is in the order of the orders", hold: holdSequence},
		{name: "what changed is found as it is", hold: holdChanged},
		{name: "hits bring their orders whole", hold: holdHits},
	}
}

func holdNothing(s *shop) {
	for _, level := range []order.Level{order.BySection, order.ByOrder, order.ByItem} {
		s.finds("in an empty store", nil, order.Query{Level: level, Page: 1, Size: 10})
	}
}

// key names a hit without its order.
func key(h order.Hit) string { return fmt.Sprintf("%s/%s/%s", h.Order.ID, h.Section, h.Item) }

// finds holds what a query finds against what [order.Filter.Matches] says of the orders.
func (s *shop) finds(what string, all []order.Order, q order.Query) {
	s.Helper()
	found, err := s.store.Find(s.Context(), q)
	if err != nil {
		s.Errorf("Find %s: %v", what, err)
		return
	}
	units := matching(all, q)
	first := min((q.Page-1)*q.Size, len(units))
	want := slices.Concat(units[first:min(first+q.Size, len(units))]...)
	names := func(hits []order.Hit) (keys []string) {
		for _, h := range hits {
			keys = append(keys, key(h))
		}
		return keys
	}
	if got, want := names(found.Hits), names(want); found.Total != len(units) || !slices.Equal(got, want) {
		s.Errorf("Find %s by %s, page %d of %d rows: %d in all %v, want %d %v", what, q.Level, q.Page, q.Size, found.Total, got, len(units), want)
	}
}

// stocked keeps the population and gives it in the sequence of lists.
func (s *shop) stocked() []order.Order {
	s.Helper()
	all := population(s.T)
	for _, o := range all {
		s.keep(o)
	}
	sort(all)
	return all
}

// filters are a filter of every kind, and some of several kinds.
func filters() map[string]order.Filter {
	f := map[string]order.Filter{
		"everything":        {},
		"another tenant":    {Tenant: "tenant-2"},
		"no tenant":         {Tenant: "tenant"},
		"orders":            {Orders: []order.OrderID{"ORD-9", "ORD-30", "ORD-40", "nobody's"}},
		"delivery numbers":  {DeliveryNos: []string{"D-41", "ORD-20-S3", "ORD-63-S2"}},
		"recall numbers":    {RecallDeliveryNos: []string{"ORD-30-C1", "ORD-99-C1"}},
		"waybills":          {Waybills: []string{"680100000001", "680200000002"}},
		"a waybill of both": {Waybills: []string{"680100000003"}},
		"a status":          {Statuses: []order.Status{order.StatusOrdered}},
		"statuses":          {Statuses: []order.Status{order.StatusReleased, order.StatusRecallInstructed, order.StatusCancelRequested}},
		"a hidden status":   {Statuses: []order.Status{order.StatusCancelled}},
		"claims":            {Claims: []order.ClaimType{order.ClaimCancel}},
		"other claims":      {Claims: []order.ClaimType{order.ClaimReturn, order.ClaimExchange}},
		"own mall":          {Channel: order.ChannelOwn},
		"external":          {Channel: order.ChannelExternal},
		"methods":           {Methods: []order.Method{order.MethodPickup, order.MethodDirect}},
		"a place":           {Place: "WH2"},
		"a SKU":             {SKU: "SKU-A"},
		"another SKU":       {SKU: "sku-a"},
		"exceptions":        {Exceptions: true},
		"from":              {OrderedFrom: noon.Add(5 * time.Minute)},
		"until":             {OrderedUntil: noon.Add(5 * time.Minute).UTC()},
		"from and until":    {OrderedFrom: noon, OrderedUntil: noon.Add(time.Nanosecond)},
		"after a moment":    {OrderedFrom: noon.Add(time.Nanosecond), OrderedUntil: noon.Add(time.Minute)},
		"several":           {Place: "WH1", Channel: order.ChannelOwn, SKU: "SKU-B", Statuses: []order.Status{order.StatusOrdered, order.StatusReleased}},
		"contradictions":    {Orders: []order.OrderID{"ORD-9"}, DeliveryNos: []string{"D-41"}},
	}
	for _, b := range order.Buckets() {
		f["bucket "+string(b)] = order.Filter{Bucket: b}
	}
	return f
}

func holdFilters(s *shop) {
	all := s.stocked()
	for name, f := range filters() {
		for _, level := range []order.Level{order.BySection, order.ByOrder, order.ByItem} {
			s.finds("of "+name, all, order.Query{Filter: f, Level: level, Page: 1, Size: 500})
		}
	}
}

func holdPages(s *shop) {
	all := s.stocked()
	for _, f := range []order.Filter{{}, {Channel: order.ChannelOwn, SKU: "SKU-B"}} {
		for _, level := range []order.Level{order.BySection, order.ByOrder, order.ByItem} {
			for _, size := range []int{1, 3, 7} {
				for page := range 10 {
					s.finds("a page", all, order.Query{Filter: f, Level: level, Page: page + 1, Size: size})
				}
			}
			s.finds("far behind the end", all, order.Query{Filter: f, Level: level, Page: 1000, Size: 1000})
		}
	}
}

// holdSequence keeps orders of one time, and of ids that some collations would sort otherwise.
func holdSequence(s *shop) {
	var all []order.Order
	for i, id := range []order.OrderID{"b", "B", "a", "A", "10", "9", "가", "Z", "z", "_", "ä"} {
		o := created(s.T, draft(id), noon.Add(time.Duration(i/6)*time.Nanosecond))
		all = append(all, o)
		s.keep(o)
	}
	sort(all)
	for _, level := range []order.Level{order.BySection, order.ByOrder, order.ByItem} {
		s.finds("in sequence", all, order.Query{Level: level, Page: 1, Size: 100})
		s.finds("in sequence", all, order.Query{Level: level, Page: 2, Size: 4})
	}
}

// holdChanged takes an order through its life: after every event it is found as it is then.
func holdChanged(s *shop) {
	for _, o := range []order.Order{
		returning(s.T, "ORD-1", noon, "680100000001", "680200000001"), merged(s.T, "ORD-2", noon),
	} {
		for n := range o.History {
			at, err := order.Replay(o.History[:n+1])
			if err != nil {
				s.Fatal(err)
			}
			s.save(at, o.History[n:n+1])
			for name, f := range filters() {
				f.Orders = []order.OrderID{o.ID}
				s.finds(fmt.Sprintf("of %s after event %d", name, n+1), []order.Order{at}, order.Query{Filter: f, Level: order.ByItem, Page: 1, Size: 100})
			}
		}
	}
}

func holdHits(s *shop) {
	all := s.stocked()
	for _, level := range []order.Level{order.BySection, order.ByOrder, order.ByItem} {
		found, err := s.store.Find(s.Context(), order.Query{Level: level, Page: 1, Size: 500})
		if err != nil || len(found.Hits) == 0 {
			s.Fatalf("Find: %d hits, %v", len(found.Hits), err)
		}
		for _, h := range found.Hits {
			i := slices.IndexFunc(all, func(o order.Order) bool { return o.ID == h.Order.ID })
			if i < 0 {
				s.Fatalf("a hit of the order %q", h.Order.ID)
			}
			s.same("Find", h.Order, all[i])
		}
	}
}
