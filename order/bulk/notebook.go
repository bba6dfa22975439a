package bulk

import (
	"cmp"
	"math"
	"slices"
)

// A notebook keeps notes in twelve bytes each: a sheet whose every number has dashes and a check digit that is off has
// two hundred thousand of them.
type notebook struct {
	lines []noteLine
	texts []string // keys of the package's texts, in the order of their first use
	with  []byte   // arguments, one behind the other
	known map[string]uint32
}

type noteLine struct {
	row  int32
	with uint32 // where its arguments begin
	size uint16 // and how long they are
	text uint16
}

const mostKnown = 10_000 // arguments that are recognised when they come again; row numbers never do

func (b *notebook) add(n note) {
	if b.known == nil {
		b.known = map[string]uint32{"": 0}
	}
	text := slices.Index(b.texts, n.text)
	if text < 0 {
		text = len(b.texts)
		b.texts = append(b.texts, n.text)
	}
	args := n.with[:min(len(n.with), math.MaxUint16)]
	with, known := b.known[args]
	if !known {
		with = uint32(len(b.with))
		b.with = append(b.with, args...)
		if len(b.known) < mostKnown {
			b.known[args] = with
		}
	}
	b.lines = append(b.lines, noteLine{row: n.row, with: with, size: uint16(len(args)), text: uint16(text)})
}

func (b *notebook) note(l noteLine) note {
	return note{l.row, b.texts[l.text], string(b.with[l.with:][:l.size])}
}

// all gives every note, in the order in which they stand.
func (b *notebook) all(yield func(note) bool) {
	for _, l := range b.lines {
		if !yield(b.note(l)) {
			return
		}
	}
}

// of gives the notes of a row, most serious first. The notebook is sorted.
func (b *notebook) of(row int32) []note {
	from, _ := slices.BinarySearchFunc(b.lines, row, func(l noteLine, row int32) int { return cmp.Compare(l.row, row) })
	var notes []note
	for _, l := range b.lines[from:] {
		if l.row != row {
			break
		}
		notes = append(notes, b.note(l))
	}
	return notes
}

// sort orders the notes by row and, within a row, by how serious they are.
func (b *notebook) sort() {
	gravity := make([]int, len(b.texts))
	for i, text := range b.texts {
		gravity[i] = slices.Index([]Kind{KindError, KindWarn, KindNoop, KindFix}, texts[text].kind)
	}
	slices.SortStableFunc(b.lines, func(x, y noteLine) int {
		return cmp.Or(cmp.Compare(x.row, y.row), cmp.Compare(gravity[x.text], gravity[y.text]))
	})
}
