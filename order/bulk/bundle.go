package bulk

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// bundles is rule R13: one waybill for several rows, or on a section that is live already.
func (v *validation) bundles(ctx context.Context) error {
	separate := v.plan.header.Separate
	rows := make([]int32, 0, len(v.plan.entries))
	for i := range v.plan.entries {
		if e := &v.plan.entries[i]; e.number != "" && (e.action == ActionShip || e.action == ActionSplit) {
			rows = append(rows, int32(i))
		}
	}
	compare := func(a, b int32) int {
		x, y := &v.plan.entries[a], &v.plan.entries[b]
		return cmp.Or(strings.Compare(x.number, y.number), strings.Compare(x.courier, y.courier))
	}
	slices.SortStableFunc(rows, compare)
	for group := range runs(rows, compare) {
		v.bundle(group, separate)
	}
	for done, some := range batches(rows, batch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		v.progress("compare", done, len(rows))
		if err := v.carried(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// bundle compares the rows of one waybill with each other.
func (v *validation) bundle(group []int32, separate bool) {
	one := func(same func(a, b int32) bool) (int32, bool) {
		for _, i := range group[1:] {
			if !same(group[0], i) {
				return i, false
			}
		}
		return 0, true
	}
	stranger, together := one(func(a, b int32) bool { return v.people[a] == v.people[b] })
	_, alone := one(func(a, b int32) bool { return v.plan.entries[a].order == v.plan.entries[b].order })
	for _, i := range group {
		switch {
		case !together:
			other := stranger
			if v.people[i] != v.people[group[0]] {
				other = group[0]
			}
			v.plan.note(i, "R13.rows", strconv.Itoa(int(v.plan.entries[other].no)))
		case !alone && separate:
			v.plan.note(i, "R13.alone")
		case !alone:
			v.plan.note(i, "R13.bundle")
		}
	}
}

// carried compares rows with the live sections of other orders. Those of the row's own order are the order's own rules'
// business, which have judged already.
func (v *validation) carried(ctx context.Context, rows []int32) error {
	t, err := loadTraffic(ctx, v.Orders, v.plan, rows, v.seed)
	if err != nil {
		return err
	}
	for _, i := range rows {
		if text := t.against(&v.plan.entries[i], v.people[i], v.plan.header.Separate); text != "" {
			v.plan.note(i, text)
		}
	}
	return nil
}

// traffic is who receives what is on the road under some waybills.
type traffic map[order.Waybill][]receiver

type receiver struct {
	order order.OrderID
	who   person
}

// loadTraffic asks the store for the live sections that carry the rows' waybills.
func loadTraffic(ctx context.Context, orders Orders, p *Plan, rows []int32, seed maphash.Seed) (traffic, error) {
	var waybills []order.Waybill
	for _, i := range rows {
		if w := p.entries[i].waybill(); w != nil {
			waybills = append(waybills, *w)
		}
	}
	t := traffic{}
	if len(waybills) == 0 {
		return t, nil
	}
	found, err := orders.Carrying(ctx, slices.Compact(waybills))
	if err != nil {
		return nil, fmt.Errorf("bulk: looking up waybills: %w", err)
	}
	for i := range found {
		for j := range found[i].Sections {
			if s := &found[i].Sections[j]; s.Live() && s.Waybill != nil {
				t[*s.Waybill] = append(t[*s.Waybill], receiver{found[i].ID, personOf(seed, s.Recipient)})
			}
		}
	}
	return t, nil
}

// against says what is to be noted about a row whose waybill is on the road for others.
func (t traffic) against(e *entry, who person, separate bool) (text string) {
	w := e.waybill()
	if w == nil {
		return ""
	}
	for _, r := range t[*w] {
		switch {
		case r.order == e.order:
		case r.who != who:
			return "R13.used"
		case separate:
			text = "R13.alone"
		default:
			text = "R13.bundle"
		}
	}
	return text
}

// A person tells recipients apart without holding anything of them: a hash of their data that means nothing outside of
// one run.
type person uint64

func personOf(seed maphash.Seed, r *order.Recipient) person {
	if r == nil {
		return 0
	}
	plain := *r
	for _, field := range []*privacy.Sensitive{
		&plain.Name, &plain.Phone, &plain.Phone2, &plain.Email, &plain.Postal, &plain.Address, &plain.Detail, &plain.Memo, &plain.PCCC,
	} {
		*field = field.Under(privacy.Standard)
	}
	return person(maphash.Comparable(seed, plain))
}
