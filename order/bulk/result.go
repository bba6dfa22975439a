package bulk

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// An Outcome is what became of a row.
type Outcome uint8

// The outcomes.
const (
	OK     Outcome = iota + 1 // applied
	Noop                      // NOOP: nothing was to be done
	Failed                    // FAILED
)

var outcomeNames = [...]string{"", "OK", "NOOP", "FAILED"}

// String gives OK, NOOP or FAILED.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "Outcome(" + strconv.Itoa(int(o)) + ")"
}

// MarshalText writes the name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// A Result is what a commit did. Total is OK + NOOP + Failed; Warned counts rows within OK.
type Result struct {
	Total, OK, NOOP, Warned, Failed int

	plan     *Plan
	outcomes []Outcome
	notes    notebook // what came up in the commit
	at       []int32  // the note of each row, as its place in notes, counted from 1; nil until there is one
}

// A RowResult is what became of one row.
type RowResult struct {
	No         int     `json:"rowNo"`
	Key        string  `json:"key"`
	Outcome    Outcome `json:"outcome"`
	Code       Code    `json:"code,omitempty"` // of the most serious finding
	Korean     string  `json:"message_ko"`     // all findings
	English    string  `json:"message_en"`
	Original   string  `json:"original"`   // the waybill cell
	Normalised string  `json:"normalised"` // the waybill as it is stored
}

func newResult(p *Plan) *Result {
	r := &Result{plan: p, outcomes: make([]Outcome, len(p.entries))}
	for i := range p.entries {
		switch p.entries[i].action {
		case ActionNoop:
			r.outcomes[i] = Noop
		case ActionError:
			r.outcomes[i] = Failed
		}
	}
	return r
}

func (r *Result) set(i int32, o Outcome, notes ...note) {
	r.outcomes[i] = o
	for _, n := range notes {
		if r.at == nil {
			r.at = make([]int32, len(r.outcomes))
		}
		r.notes.add(n)
		r.at[i] = int32(len(r.notes.lines))
	}
}

// noteOf finds what came up with a row in the commit.
func (r *Result) noteOf(i int32) (n note, ok bool) {
	if r.at == nil || r.at[i] == 0 {
		return n, false
	}
	return r.notes.note(r.notes.lines[r.at[i]-1]), true
}

func (r *Result) failures() int {
	n := 0
	for _, o := range r.outcomes {
		if o == Failed {
			n++
		}
	}
	return n
}

// allFailed is C02 for every row that did not fail by itself and would have changed something.
func (r *Result) allFailed() *Result {
	for i, o := range r.outcomes {
		if a := r.plan.entries[i].action; o != Failed && (a == ActionShip || a == ActionSplit) {
			r.set(int32(i), Failed, note{int32(i), "C02", ""})
		}
	}
	return r
}

// finish settles repetitions and rows that were not reached, and counts.
func (r *Result) finish() *Result {
	r.Total, r.OK, r.NOOP, r.Warned, r.Failed = len(r.outcomes), 0, 0, 0, 0
	for i := range r.outcomes {
		row := int32(i)
		if r.outcomes[i] == 0 {
			r.set(row, Failed, note{row, "C01.late", ""})
		}
		if first := r.plan.entries[i].same; first > 0 && r.outcomes[first-1] == Failed {
			r.outcomes[i] = Failed
			if n, ok := r.noteOf(first - 1); ok {
				r.set(row, Failed, note{row, n.text, n.with})
			}
		}
		switch r.outcomes[i] {
		case OK:
			r.OK++
			if slices.ContainsFunc(r.plan.notesOf(i), func(n note) bool { return n.kind() == KindWarn }) {
				r.Warned++
			}
		case Noop:
			r.NOOP++
		case Failed:
			r.Failed++
		}
	}
	return r
}

// Rows gives every row, the good ones too, in sheet order.
func (r *Result) Rows() iter.Seq[RowResult] {
	return func(yield func(RowResult) bool) {
		for i := range r.outcomes {
			if !yield(r.row(i)) {
				return
			}
		}
	}
}

func (r *Result) row(i int) RowResult {
	e := &r.plan.entries[i]
	row := RowResult{No: int(e.no), Key: e.key, Outcome: r.outcomes[i], Original: e.original, Normalised: e.number}
	var korean, english []string
	say := func(n note) {
		f := n.finding()
		if row.Code == "" {
			row.Code = f.Code
		}
		korean, english = append(korean, f.Korean), append(english, f.English)
	}
	if n, ok := r.noteOf(int32(i)); ok {
		say(n)
	}
	for _, n := range r.plan.notesOf(i) {
		say(n)
	}
	row.Korean, row.English = strings.Join(korean, " / "), strings.Join(english, " / ")
	return row
}

// MarshalJSON writes the counts and all rows. For a hundred thousand rows use [Result.WriteJSON], which holds only one.
func (r *Result) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	err := r.WriteJSON(&b)
	return []byte(b.String()), err
}

// WriteJSON writes {total, ok, noop, warned, failed, rows: […]}, row by row.
func (r *Result) WriteJSON(w io.Writer) error {
	out := bufio.NewWriter(w) // keeps its first error until Flush
	fmt.Fprintf(out, `{"total":%d,"ok":%d,"noop":%d,"warned":%d,"failed":%d,"rows":[`, r.Total, r.OK, r.NOOP, r.Warned, r.Failed)
	for i := range r.outcomes {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		row, err := json.Marshal(r.row(i))
		if err != nil {
			return err
		}
		_, _ = out.Write(row)
	}
	_, _ = out.WriteString("]}")
	return out.Flush()
}
