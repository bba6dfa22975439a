package bulk

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// Validate reads a sheet, checks every row against the orders as they are, and says what is to be done. It writes
// nothing. Rows of one order are tried one after another, in sheet order, each on what the ones before it leave.
//
// An error is a *[FileError] for a file that cannot be read as such a sheet, [ErrTemplate], [ErrNoOrders], the context's, or
// one of the store.
func (s Shipper) Validate(ctx context.Context, f File, o Options) (*Plan, error) {
	if s.Orders == nil {
		return nil, ErrNoOrders
	}
	o.Limits = o.Limits.orDefault()
	if o.Template.Columns == nil {
		o.Template = Own()
	}
	if err := o.Template.Validate(); err != nil {
		return nil, err
	}
	if o.Actor.Role == "" {
		o.Actor.Role = order.RoleBulk
	}
	p, err := s.readPlan(ctx, f, &o)
	if err != nil {
		return nil, err
	}
	p.collapse()
	v := validation{Shipper: s, plan: p, rules: p.rules(s.Machine, s.now()), seed: maphash.MakeSeed(), people: make([]person, len(p.entries))}
	if err := v.lookUp(ctx); err != nil {
		return nil, err
	}
	if err := v.sequences(ctx); err != nil {
		return nil, err
	}
	if err := v.bundles(ctx); err != nil {
		return nil, err
	}
	p.finish()
	return p, nil
}

// opened is a file whose headings were found.
type opened struct {
	table  table
	layout *layout
	source Source
	dates  epoch
}

func openSheet(f File, t *Template, limits Limits) (*opened, error) {
	format, err := sniff(f, limits)
	if err != nil {
		return nil, err
	}
	o := &opened{source: Source{Format: format.String()}}
	if format == formatXLSX {
		book, err := openWorkbook(f, limits, t.Sheet)
		if err != nil {
			return nil, err
		}
		o.table, o.source.Sheet, o.dates = book, book.sheet.name, book.dates
	} else {
		text, err := openCSV(f, limits)
		if err != nil {
			return nil, err
		}
		o.table, o.source.Encoding = text, text.encoding
	}
	lines, err := head(o.table, headingRows)
	if err != nil {
		return nil, err
	}
	o.layout, err = t.find(lines)
	return o, err
}

func (s *Shipper) readPlan(ctx context.Context, f File, o *Options) (*Plan, error) {
	sheet, err := openSheet(f, &o.Template, o.Limits)
	if err != nil {
		return nil, err
	}
	rows, err := sheet.table.count()
	if err != nil {
		return nil, err
	}
	y, m, d := s.now().In(korea).Date()
	r := reading{
		template: &o.Template, layout: sheet.layout, options: o, dates: sheet.dates,
		today: time.Date(y, m, d, 0, 0, 0, 0, korea), couriers: map[string]courierWord{}, ids: map[string]string{},
		entries: make([]entry, 0, min(rows, o.Limits.Rows)),
	}
	err = sheet.table.read(sheet.layout.want, func(l *line) error {
		if l.number%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.progress("read", len(r.entries), 0)
		}
		return r.take(l)
	})
	if err != nil {
		return nil, err
	}
	sheet.source.Rows, sheet.source.HiddenRows, sheet.source.HeadingRow = len(r.entries), r.hidden, sheet.layout.row
	if sheet.source.SHA256, err = fingerprint(f); err != nil {
		return nil, err
	}
	return &Plan{
		header: header{
			Version: planVersion, Source: sheet.source, Template: o.Template, Key: sheet.layout.key, Tenant: o.Tenant,
			Actor: o.Actor, AllOrNothing: o.AllOrNothing, Separate: o.SeparateOrders, Limits: o.Limits,
		},
		entries: r.entries, notes: r.notes,
	}, nil
}

// batches gives stretches of at most n rows, and how many rows came before each.
func batches(rows []int32, n int) func(yield func(int, []int32) bool) {
	return func(yield func(int, []int32) bool) {
		for done := 0; done < len(rows); done += n {
			if !yield(done, rows[done:min(done+n, len(rows))]) {
				return
			}
		}
	}
}

// validation is the part of Validate that asks the store.
type validation struct {
	Shipper
	plan   *Plan
	rules  rules
	seed   maphash.Seed
	people []person
	notes  notebook // of rows that may be alone in their order
}

// find asks the store for the orders of rows.
func find(ctx context.Context, orders Orders, p *Plan, rows []int32) ([]order.Order, error) {
	keys := make([]string, len(rows))
	for at, i := range rows {
		keys[at] = p.entries[i].key
	}
	found, err := orders.Find(ctx, p.header.Tenant, p.header.Key, keys)
	if err != nil {
		return nil, fmt.Errorf("bulk: looking up orders: %w", err)
	}
	if len(found) != len(rows) {
		return nil, ErrStore
	}
	return found, nil
}

// lookUp judges every row that has no error yet as if it were alone.
func (v *validation) lookUp(ctx context.Context) error {
	broken := v.plan.broken()
	open := make([]int32, 0, len(v.plan.entries))
	for i := range v.plan.entries {
		if !broken[i] && v.plan.entries[i].same == 0 {
			open = append(open, int32(i))
		}
	}
	names := map[string]string{}
	for done, rows := range batches(open, batch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		v.progress("look up", done, len(open))
		found, err := find(ctx, v.Orders, v.plan, rows)
		if err != nil {
			return err
		}
		for at, i := range rows {
			v.judge(&found[at], i, names)
		}
	}
	return nil
}

// judge judges one row and keeps what is to be known of its order.
func (v *validation) judge(o *order.Order, i int32, names map[string]string) verdict {
	e := &v.plan.entries[i]
	got := v.rules.judge(o, e)
	e.action, e.section, e.version = got.action, order.SectionID(kept(names, string(got.section))), o.Version
	if got.section != "" && e.order == "" {
		e.order = order.OrderID(strings.Clone(string(o.ID)))
	}
	v.people[i] = personOf(v.seed, got.person)
	if got.text != "" {
		v.notes.add(note{i, got.text, got.with})
	}
	return got
}

// kept gives one copy of a short text, so that a plan holds no part of an order.
func kept(names map[string]string, text string) string {
	if name, ok := names[text]; ok {
		return name
	}
	text = strings.Clone(text)
	if len(names) < 1000 {
		names[text] = text
	}
	return text
}

// sequences judges the rows of orders with several rows again, each on what the rows before it leave.
func (v *validation) sequences(ctx context.Context) error {
	rows := make([]int32, 0, len(v.plan.entries))
	for i := range v.plan.entries {
		if v.plan.entries[i].order != "" {
			rows = append(rows, int32(i))
		}
	}
	compare := func(a, b int32) int {
		return strings.Compare(string(v.plan.entries[a].order), string(v.plan.entries[b].order))
	}
	slices.SortStableFunc(rows, compare)
	var groups [][]int32
	again := make([]bool, len(v.plan.entries))
	for group := range runs(rows, compare) {
		if len(group) > 1 {
			groups = append(groups, group)
			for _, i := range group {
				again[i] = true
			}
		}
	}
	for n := range v.notes.all {
		if !again[n.row] {
			v.plan.notes.add(n)
		}
	}
	v.notes = notebook{}
	names := map[string]string{}
	for len(groups) > 0 {
		some := groups[:min(batch, len(groups))]
		groups = groups[len(some):]
		if err := v.sequence(ctx, some, names); err != nil {
			return err
		}
	}
	for n := range v.notes.all {
		v.plan.notes.add(n)
	}
	v.notes = notebook{}
	return nil
}

func (v *validation) sequence(ctx context.Context, groups [][]int32, names map[string]string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	firsts := make([]int32, len(groups))
	for g, group := range groups {
		firsts[g] = group[0]
	}
	found, err := find(ctx, v.Orders, v.plan, firsts)
	if err != nil {
		return err
	}
	for g, group := range groups {
		o := found[g]
		for _, i := range group {
			got := v.judge(&o, i, names)
			if got.action != ActionShip && got.action != ActionSplit {
				continue
			}
			if next, _, err := v.rules.machine.Handle(o, got.command); err == nil {
				o = next
			}
		}
	}
	return nil
}
