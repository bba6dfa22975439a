package order

import (
	_ "embed"
	"slices"
	"strings"
	"testing"
)

//go:embed testdata/transitions.tsv
var transitions string

// The rows of the table are those of the document, column by column, in its order.
func TestTableIsTheDocument(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(transitions), "\n")[1:]
	if len(rows) != statusEventCount {
		t.Fatalf("%d rows for %d events", len(rows), statusEventCount)
	}
	for i, row := range rows {
		cols := strings.Split(row, "\t")
		name := EventName(i + 1)
		r := &table[name]
		if name.String() != cols[0] {
			t.Errorf("event %d is %v, the document says %s", i+1, name, cols[0])
			continue
		}
		if got := r.from.String(); !sameNames(got, cols[2], "|") {
			t.Errorf("%v: from %s, the document says %s", name, got, cols[2])
		}
		if got := targetName(r.to); got != cols[3] {
			t.Errorf("%v: to %s, the document says %s", name, got, cols[3])
		}
		if got := r.claims.String(); !sameNames(got, cols[4], "|") {
			t.Errorf("%v: claims %s, the document says %s", name, got, cols[4])
		}
		if r.core() != (cols[5] == "core") {
			t.Errorf("%v: core %v, the document says %s", name, r.core(), cols[5])
		}
		for _, role := range strings.Split(cols[6], ", ") {
			if roles(Role(role))&r.actors == 0 {
				t.Errorf("%v: role %s is missing", name, role)
			}
		}
		if !strings.HasPrefix(cols[1], r.korean) {
			t.Errorf("%v: %s, the document says %s", name, r.korean, cols[1])
		}
	}
}

func sameNames(a, b, divider string) bool {
	as, bs := strings.Split(a, divider), strings.Split(b, divider)
	slices.Sort(as)
	slices.Sort(bs)
	return slices.Equal(as, bs)
}

func targetName(s Status) string {
	switch s {
	case same:
		return "SAME"
	case prior:
		return "PRIOR"
	}
	return s.String()
}

// String lists the set as the table file writes it.
func (set claimSet) String() string {
	var names []string
	for _, t := range []ClaimType{ClaimCancel, ClaimReturn, ClaimExchange} {
		if set.has(t) {
			names = append(names, string(t))
		}
	}
	return strings.Join(names, "|")
}

// Every rule is complete, and no rule has what another kind of rule needs.
func TestRules(t *testing.T) {
	cells := 0
	for name := EventName(1); name <= statusEventCount; name++ {
		r := &table[name]
		for _, s := range Statuses() {
			if r.from.has(s) {
				cells++
			}
		}
		if r.actors == 0 || r.korean == "" || r.from == 0 || r.to == 0 {
			t.Errorf("%v is incomplete", name)
		}
		if r.enabled && r.core() {
			t.Errorf("%v is on by default without a switch", name)
		}
		if under := r.from & underClaim; under != 0 && (under != r.from || r.claims == 0) {
			t.Errorf("%v mixes sections with and without a claim", name)
		}
		ends := r.to == prior || !r.to.ClaimOpen() && r.to != same && r.claims != 0
		if ends != (r.closes != "") {
			t.Errorf("%v: closes %q", name, r.closes)
		}
	}
	if cells != 55 {
		t.Errorf("%d legal cells, want 55", cells)
	}
	for name := EventName(statusEventCount + 1); name <= eventCount; name++ {
		if r := records[name-statusEventCount]; r.actors == 0 || r.decide == nil || r.korean == "" {
			t.Errorf("%v is incomplete", name)
		}
	}
}

// A name that String writes is the name that the parser reads, and nothing else is.
func TestNames(t *testing.T) {
	for _, s := range append(Statuses(), 0) {
		if got, err := ParseStatus(s.String()); err != nil || got != s {
			t.Errorf("status %d reads back as %d, %v", s, got, err)
		}
	}
	for _, n := range append(append(StatusEvents(), RecordEvents()...), 0) {
		if got, err := ParseEventName(n.String()); err != nil || got != n {
			t.Errorf("event %d reads back as %d, %v", n, got, err)
		}
	}
	if _, err := ParseStatus("출고지시"); err == nil {
		t.Error("a display text was read as a status")
	}
	if _, err := ParseEventName("completerelease"); err == nil {
		t.Error("an event was read whatever its case")
	}
	if _, err := Status(99).MarshalText(); err == nil {
		t.Error("status 99 was written")
	}
}
