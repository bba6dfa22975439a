package bulk

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// A cell is what a file says about one cell, before anybody interprets it.
type cell struct {
	column  int    // 0 is A
	number  bool   // the file says that it is a number; text is then the number as the file writes it, never formatted
	formula bool   // text is the value that the last program computed
	padded  uint8  // of a number: digits that its format shows, zeros included
	text    string // for a wanted column, else empty
	shared  int    // index of the text, while it is not known; else -1
}

// A line is one row of a sheet. It is reused: keep nothing of it but texts.
type line struct {
	number int // as the user sees it, 1 is the first
	hidden bool
	other  bool   // an unwanted column has something
	cells  []cell // those that are there, by column
}

// blank reports whether nothing stands in the row.
func (l *line) blank() bool {
	if l.other {
		return false
	}
	for i := range l.cells {
		if strings.TrimSpace(l.cells[i].text) != "" || l.cells[i].formula {
			return false
		}
	}
	return true
}

// A table is a sheet of any format. read gives its lines in order; do ends it early by returning errStop. Only cells of
// wanted columns have a text; nil wants all.
type table interface {
	read(want []bool, do func(*line) error) error
	// count is how many rows there are at most, so that memory is reserved once.
	count() (int, error)
}

type stopped struct{}

func (stopped) Error() string { return "stop" }

var errStop error = stopped{}

const mostColumns = 16_384 // Excel's

func wanted(want []bool, column int) bool {
	return want == nil || column < len(want) && want[column]
}

// count implements table. More rows than the limit are not counted to their end.
func (b *workbook) count() (int, error) {
	rows := 0
	err := b.pass([]bool{}, func(l *line) error {
		if l.other {
			rows++
		}
		if rows > b.limits.Rows+headingRows {
			return tooManyRows(b.limits)
		}
		return nil
	})
	return rows, err
}

// read passes over the sheet twice: first to learn which shared texts the wanted columns use, then for the cells.
func (b *workbook) read(want []bool, do func(*line) error) error {
	var texts sharedTexts
	if b.strings != "" {
		err := b.pass(want, func(l *line) error {
			for i := range l.cells {
				if l.cells[i].shared >= 0 {
					texts.want(l.cells[i].shared)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := b.shared(&texts); err != nil {
			return errOther(err)
		}
	}
	return b.pass(want, func(l *line) error {
		for i := range l.cells {
			if c := &l.cells[i]; c.shared >= 0 {
				c.text = texts.text(c.shared)
			}
		}
		return do(l)
	})
}

// head gives the first lines that are not empty, with all their texts.
func head(t table, most int) ([]line, error) {
	var lines []line
	keep := func(l *line) error {
		if len(l.cells) == 0 {
			return nil
		}
		copied := *l
		copied.cells = append([]cell(nil), l.cells...)
		lines = append(lines, copied)
		if len(lines) == most {
			return errStop
		}
		return nil
	}
	b, isBook := t.(*workbook)
	if !isBook {
		err := t.read(nil, keep)
		return lines, err
	}
	if err := b.pass(nil, keep); err != nil {
		return nil, err
	}
	var texts sharedTexts
	for _, l := range lines {
		for _, c := range l.cells {
			if c.shared >= 0 {
				texts.want(c.shared)
			}
		}
	}
	if err := b.shared(&texts); err != nil {
		return nil, errOther(err)
	}
	for _, l := range lines {
		for i := range l.cells {
			if c := &l.cells[i]; c.shared >= 0 {
				c.text = texts.text(c.shared)
			}
		}
	}
	return lines, nil
}

// pass goes over the sheet once. Shared texts are indexes still.
func (b *workbook) pass(want []bool, do func(*line) error) error {
	in, found, err := b.archive.open(b.sheet.part)
	if err != nil {
		return err
	}
	if !found {
		return errOther(errMarkup)
	}
	defer in.Close()
	s := sheetPass{markup: newMarkup(in, b.limits.Cell), book: b, want: want, do: do}
	s.skip = true
	if err := s.run(); err != nil && err != errStop {
		return errOther(b.tooLong(err))
	}
	return nil
}

// sheetPass is one pass over a worksheet.
type sheetPass struct {
	*markup
	book *workbook
	want []bool
	do   func(*line) error

	line    line
	cell    cell
	kind    string // attribute t of the cell
	column  int    // of the last cell
	value   []byte
	inValue bool
	reading int // depth of phonetic texts
	inRows  bool
}

func (s *sheetPass) run() error {
	for {
		t, err := s.token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if t == tokenText {
			if s.inValue && !s.skip && s.reading == 0 {
				if s.value = append(s.value, s.text...); len(s.value) > s.limit {
					return errTooLong
				}
			}
			continue
		}
		if done, err := s.element(t == tokenStart); done || err != nil {
			return err
		}
	}
}

// element takes the start or the end of an element; done after the last row.
func (s *sheetPass) element(start bool) (done bool, err error) {
	switch string(s.name) {
	case "sheetData":
		s.inRows = start
		return !start, nil
	case "row":
		if !start {
			return false, s.do(&s.line)
		}
		return false, s.row()
	case "c":
		if !start {
			return false, s.finish()
		}
		return false, s.begin()
	case "f":
		s.cell.formula = true
	case "v", "t":
		s.inValue = start
		s.skip = !start || !s.inRows || !wanted(s.want, s.column) && s.kind != "str"
		if start && s.inRows && !wanted(s.want, s.column) && s.kind != "str" {
			s.line.other = true
		}
	case "rPh":
		if start {
			s.reading++
		} else {
			s.reading--
		}
	}
	return false, nil
}

func (s *sheetPass) row() error {
	number := s.line.number + 1
	if r := s.attr("r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < number || n > 1<<20 {
			return errMarkup
		}
		number = n
	}
	s.line = line{number: number, hidden: truth(s.attr("hidden")), cells: s.line.cells[:0]}
	s.column = -1
	return nil
}

func (s *sheetPass) begin() error {
	s.column++
	if r := s.attr("r"); r != "" {
		column, ok := columnOf(r)
		if !ok || column < s.column {
			return errMarkup
		}
		s.column = column
	}
	if s.column >= mostColumns {
		return errMarkup
	}
	s.cell = cell{column: s.column, shared: -1}
	s.kind, s.value = s.attr("t"), s.value[:0]
	if style, err := strconv.Atoi(s.attr("s")); err == nil && style >= 0 && style < len(s.book.zeros) {
		s.cell.padded = s.book.zeros[style]
	}
	return nil
}

func (s *sheetPass) finish() error {
	if !wanted(s.want, s.column) { // a formula that gives an empty text leaves the row blank
		s.line.other = s.line.other || len(bytes.TrimSpace(s.value)) > 0
		return nil
	}
	switch s.kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(string(s.value)))
		if err != nil || i < 0 || i >= mostShared {
			return errMarkup
		}
		s.cell.shared = i
	case "", "n":
		s.cell.text = strings.TrimSpace(string(s.value))
		s.cell.number = s.cell.text != ""
	case "b":
		s.cell.text = "FALSE"
		if truth(string(s.value)) {
			s.cell.text = "TRUE"
		}
	default: // inlineStr, str, e, d
		s.cell.text = string(unescapeOOXML(s.value))
	}
	if !s.cell.number {
		s.cell.padded = 0
	}
	if s.cell.text != "" || s.cell.shared >= 0 || s.cell.formula {
		s.line.cells = append(s.line.cells, s.cell)
	}
	return nil
}

// columnOf reads the column of a reference such as AB12.
func columnOf(reference string) (int, bool) {
	column := 0
	for i := range len(reference) {
		c := reference[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			return column - 1, i > 0
		}
		if column = column*26 + int(c-'A') + 1; column > mostColumns {
			return 0, false
		}
	}
	return 0, false
}
