package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is one line: cells that are put to the right of their columns, and a label behind them.
type row struct {
	cells []string
	label string
}

func (p *page) table(title string, heading []string, rows []row) {
	fmt.Fprintf(&p.text, "\n%s\n", title)
	if len(heading) > 0 {
		rows = append([]row{{cells: heading}}, rows...)
	}
	var widths []int
	for _, r := range rows {
		for i, cell := range r.cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(cell))
		}
	}
	for _, r := range rows {
		for i, cell := range r.cells {
			p.text.WriteString("  " + strings.Repeat(" ", widths[i]-columns(cell)) + cell)
		}
		if r.label != "" {
			p.text.WriteString("  " + r.label)
		}
		p.text.WriteByte('\n')
	}
}

// columns is how many columns of a terminal a cell takes. Cells are digits and our own headings, so that Hangul is all that
// takes two.
func columns(cell string) int {
	n := 0
	for _, r := range cell {
		n++
		if r >= '가' && r <= '힣' {
			n++
		}
	}
	return n
}

// absent stands for a figure that there is not.
const absent = "-"

func clock(t time.Time) string { return t.In(kst).Format("2006-01-02 15:04") }

// named gives what a host called something, or that it did not.
func named(name string) string {
	if name == "" {
		return absent
	}
	return name
}

func spread(s Spread, unit float64) []string {
	if s.Count == 0 {
		return []string{"0", absent, absent, absent, absent}
	}
	return []string{count(s.Count), decimal(s.Mean * unit), decimal(s.P50 * unit), decimal(s.P90 * unit), decimal(s.Max * unit)}
}

func mean(s Spread) string {
	if s.Count == 0 {
		return absent
	}
	return decimal(s.Mean)
}

func number(f Figure) string {
	if !f.Known {
		return absent
	}
	return decimal(f.Value)
}

func percent(f Figure) string {
	if !f.Known {
		return absent
	}
	return decimal(f.Value*100) + "%"
}

// decimal writes one decimal place and groups of three digits.
func decimal(value float64) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(value, 'f', 1, 64), ".")
	return grouped(whole) + "." + fraction
}

func count[N int | int64](n N) string { return grouped(strconv.FormatInt(int64(n), 10)) }

// grouped puts a comma before every three digits of a number that is not negative.
func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// reasons lists why watches ended, the most frequent first: "silence 3, age 1".
func reasons(by map[string]int) string {
	var names []string
	for name := range by {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if by[a] != by[b] {
			return by[b] - by[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = name + " " + count(by[name])
	}
	return strings.Join(names, ", ")
}
