package bulk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// collapse is rule R12: rows of one key that say the same are one row; rows that differ are all refused.
func (p *Plan) collapse() {
	broken := p.broken()
	rows := make([]int32, 0, len(p.entries))
	for i := range p.entries {
		if p.entries[i].key != "" {
			rows = append(rows, int32(i))
		}
	}
	compare := func(a, b int32) int {
		x, y := &p.entries[a], &p.entries[b]
		return cmp.Or(strings.Compare(x.key, y.key), strings.Compare(x.item, y.item))
	}
	slices.SortStableFunc(rows, compare)
	for group := range runs(rows, compare) {
		first := &p.entries[group[0]]
		same := true
		for _, i := range group[1:] {
			same = same && first.says(&p.entries[i])
		}
		for at, i := range group {
			switch {
			case len(group) == 1 || broken[i]:
			case same && at > 0 && !broken[group[0]]:
				p.entries[i].same = group[0] + 1
				p.entries[i].action = ActionNoop
				p.note(i, "R12.same", strconv.Itoa(int(first.no)))
			case !same:
				other := group[0]
				if at == 0 {
					other = group[1]
				}
				p.note(i, "R12.differs", strconv.Itoa(int(p.entries[other].no)))
			}
		}
	}
}

// says reports whether two rows of one key ask for the same.
func (e *entry) says(other *entry) bool {
	return e.quantity == other.quantity && e.courier == other.courier && e.number == other.number && e.target == other.target &&
		e.method == other.method && e.day == other.day
}

// runs gives the stretches of equal elements of a sorted slice.
func runs(rows []int32, compare func(a, b int32) int) func(yield func([]int32) bool) {
	return func(yield func([]int32) bool) {
		for from := 0; from < len(rows); {
			to := from + 1
			for to < len(rows) && compare(rows[from], rows[to]) == 0 {
				to++
			}
			if !yield(rows[from:to]) {
				return
			}
			from = to
		}
	}
}
