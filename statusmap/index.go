package statusmap

import (
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// index finds rows. Two look-ups by a short string do for most words, whose text no row names.
type index struct {
	codes map[string]*coded // by the usual spellings of a code
	texts map[string]*worded
}

// coded is a known code.
type coded struct {
	name  string // as in rows
	alone meanings
	with  map[string]*meanings // by text
}

// worded is a text that some row names.
type worded struct {
	anyCode, noCode meanings
}

// meanings are the rows for one word: everybody's, and those of couriers that use it otherwise.
type meanings struct {
	row   Row
	known bool
	own   map[tracking.Courier]Row
}

func newIndex(rows map[key]Row) index {
	x := index{codes: make(map[string]*coded, 2*len(rows)), texts: make(map[string]*worded)}
	for _, row := range rows {
		if row.Text != "" && x.texts[row.Text] == nil {
			x.texts[row.Text] = &worded{}
		}
		x.place(row).add(row)
	}
	return x
}

// place gives the meanings that a row belongs to.
func (x *index) place(row Row) *meanings {
	switch row.Code {
	case "":
		return &x.texts[row.Text].noCode
	case AnyCode:
		return &x.texts[row.Text].anyCode
	}
	code := x.codes[row.Code]
	if code == nil {
		code = &coded{name: row.Code, with: make(map[string]*meanings)}
		x.codes[row.Code], x.codes[strings.ToLower(row.Code)] = code, code
	}
	if row.Text == "" {
		return &code.alone
	}
	if code.with[row.Text] == nil {
		code.with[row.Text] = &meanings{}
	}
	return code.with[row.Text]
}

func (m *meanings) add(row Row) {
	if row.Courier == "" {
		m.row, m.known = row, true
		return
	}
	if m.own == nil {
		m.own = make(map[tracking.Courier]Row)
	}
	m.own[row.Courier] = row
}

// of gives the courier's own row, else everybody's. There may be no meanings at all.
func (m *meanings) of(c tracking.Courier) (Row, bool) {
	if m == nil {
		return Row{}, false
	}
	if m.own != nil {
		if row, ok := m.own[c]; ok {
			return row, true
		}
	}
	return m.row, m.known
}

// code finds a code in whatever case and gives it in the spelling of the rows, without an allocation where it is known.
func (x *index) code(text string) (*coded, string) {
	text = strings.TrimSpace(text)
	if found := x.codes[text]; found != nil {
		return found, found.name
	}
	text = strings.ToUpper(text)
	return x.codes[text], text
}

// find looks a word up, in the order of the package comment. Its text is clean; its code is a known one, or nil.
func (x *index) find(c tracking.Courier, code *coded, text string) (Row, bool) {
	word := x.texts[text]
	if word != nil {
		if code != nil {
			if row, ok := code.with[text].of(c); ok {
				return row, true
			}
		}
		if row, ok := word.anyCode.of(c); ok {
			return row, true
		}
	}
	if code != nil {
		if row, ok := code.alone.of(c); ok {
			return row, true
		}
	}
	if word != nil {
		return word.noCode.of(c)
	}
	return Row{}, false
}
