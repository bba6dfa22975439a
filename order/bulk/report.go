package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/waybill-dev/waybill/order/privacy"
)

// ErrExport means that personal columns were asked for in clear with a permit that is not one to export.
var ErrExport = errors.New("bulk: personal columns in clear need a permit to export")

// Unmasker gives the texts of personal data after it has recorded who gets them. A *privacy.Guard is one.
type Unmasker interface {
	UnmaskAll(ctx context.Context, p privacy.Permit, of ...privacy.Disclosure) ([][]string, error)
}

// ReportOptions say what may stand in a report.
type ReportOptions struct {
	// Guard and Permit let personal columns through in clear: an export (다운로드), whose permit was issued for a reason,
	// and which is recorded for each order before a row is written. Without them these columns are masked.
	Guard  Unmasker
	Permit privacy.Permit
	// Profile masks them; the host's.
	Profile privacy.Profile
	// Progress is told every few hundred rows.
	Progress func(Progress)
}

// The columns that a report adds.
const (
	headingOutcome = "결과"
	headingReason  = "사유"
)

// Report writes the sheet again in the same layout and format, with two columns more: 결과 and 사유, in Korean and
// English. Every cell is text, so that no program takes digits from a number or runs a formula: what begins with =, +,
// -, @, a tab or a carriage return gets an apostrophe in front (R17), and in CSV so does a long number that is a key or
// a waybill. The report reads back to the same keys and waybills.
//
// The file is read again, because a result keeps no column but those of the template; it must be the one that was
// validated, else the error is [ErrOtherFile]. Columns that the template does not know are masked, unless the options
// let them through: what stands in them is anybody's guess, and often somebody's address. CSV is written in UTF-8 with a
// byte order mark, whatever it was, for that is what Excel opens rightly.
func (r *Result) Report(ctx context.Context, w io.Writer, f File, o ReportOptions) error {
	if o.Guard != nil && o.Permit.Action() != privacy.Export {
		return ErrExport
	}
	p := r.plan
	switch sum, err := fingerprint(f); {
	case err != nil:
		return err
	case sum != p.header.Source.SHA256:
		return ErrOtherFile
	}
	sheet, err := openSheet(f, &p.header.Template, p.header.Limits.orDefault())
	if err != nil {
		return err
	}
	out := newSheetWriter(w, sheet)
	report := reporting{ctx: ctx, result: r, sheet: sheet, options: o, out: out}
	report.plan()
	err = sheet.table.read(nil, report.take)
	if err == nil {
		err = report.flush()
	}
	if err == nil {
		err = out.close()
	}
	return err
}

// reporting is a report under way. Rows are held in small batches, for access records are written in batches.
type reporting struct {
	ctx     context.Context
	result  *Result
	sheet   *opened
	options ReportOptions
	out     sheetWriter

	columns []reportColumn
	next    int // entry
	rows    []reportRow
}

// reportColumn is a column of the input that the report repeats.
type reportColumn struct {
	column   int
	title    string
	kind     privacy.Kind
	personal bool
	digits   bool // key, item or waybill
	date     bool
}

// reportRow is a row to be written, with what is personal in it apart.
type reportRow struct {
	number  int
	subject string
	cells   []string
	where   []int // of the values in cells
	values  []privacy.Sensitive
}

// plan decides about every column with a heading.
func (r *reporting) plan() {
	template, layout := &r.result.plan.header.Template, r.sheet.layout
	for _, c := range layout.names[0].cells {
		title := strings.TrimSpace(c.text)
		if title == headingOutcome || title == headingReason {
			continue // of a report that is reported on
		}
		column := reportColumn{column: c.column, title: title}
		column.kind, column.personal = template.kindOf(title)
		for field, at := range layout.columns {
			if at == c.column {
				column.personal = false
				column.digits = field == FieldKey || field == FieldItem || field == FieldWaybill
				column.date = field == FieldDate
			}
		}
		r.columns = append(r.columns, column)
	}
}

// take turns a line of the file into a row of the report.
func (r *reporting) take(l *line) error {
	if l.number < r.sheet.layout.row {
		return nil
	}
	if l.number == r.sheet.layout.row {
		titles := make([]string, 0, len(r.columns)+2)
		for _, c := range r.columns {
			titles = append(titles, harmless(c.title))
		}
		return r.out.row(l.number, append(titles, headingOutcome, headingReason))
	}
	entries := r.result.plan.entries
	if r.next == len(entries) || int(entries[r.next].no) != l.number {
		return nil // blank
	}
	r.rows = append(r.rows, r.row(l, r.next))
	if r.next++; len(r.rows) < batch {
		return nil
	}
	return r.flush()
}

func (r *reporting) row(l *line, i int) reportRow {
	e := &r.result.plan.entries[i]
	row := reportRow{number: l.number, subject: string(e.order), cells: make([]string, len(r.columns), len(r.columns)+2)}
	if row.subject == "" {
		row.subject = fmt.Sprintf("%s (row %d)", e.key, e.no)
	}
	at := 0
	for n, c := range r.columns {
		for at < len(l.cells) && l.cells[at].column < c.column {
			at++
		}
		if at == len(l.cells) || l.cells[at].column != c.column {
			continue
		}
		text := l.cells[at].text
		switch {
		case c.personal && text != "":
			row.where = append(row.where, n)
			row.values = append(row.values, r.options.Profile.Of(c.kind, text))
			continue
		case c.date && l.cells[at].number:
			if day, ok := dayOf(&l.cells[at], r.sheet.dates); ok {
				text = day.Format("2006-01-02")
			}
		}
		if c.digits {
			text = r.out.identifier(text)
		}
		row.cells[n] = harmless(text)
	}
	said := r.result.row(i)
	reason := said.Korean
	if said.English != "" {
		reason += " (" + said.English + ")"
	}
	if said.Code != "" {
		reason = string(said.Code) + " " + reason
	}
	row.cells = append(row.cells, said.Outcome.String(), harmless(reason))
	return row
}

// flush writes the rows that are held: recorded first, if they are in clear.
func (r *reporting) flush() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	texts, err := r.personal()
	if err != nil {
		return err
	}
	for i, row := range r.rows {
		for v, n := range row.where {
			row.cells[n] = harmless(texts[i][v])
		}
		if err := r.out.row(row.number, row.cells); err != nil {
			return err
		}
	}
	r.rows = r.rows[:0]
	if r.options.Progress != nil {
		r.options.Progress(Progress{"report", r.next, len(r.result.outcomes)})
	}
	return nil
}

// personal gives the personal cells of the rows that are held, in clear or masked.
func (r *reporting) personal() ([][]string, error) {
	texts := make([][]string, len(r.rows))
	var disclosures []privacy.Disclosure
	var where []int
	for i, row := range r.rows {
		for _, v := range row.values {
			texts[i] = append(texts[i], v.String())
		}
		if len(row.values) > 0 {
			disclosures = append(disclosures, privacy.Disclosure{Subject: row.subject, Values: row.values})
			where = append(where, i)
		}
	}
	if r.options.Guard == nil || len(disclosures) == 0 {
		return texts, nil
	}
	shown, err := r.options.Guard.UnmaskAll(r.ctx, r.options.Permit, disclosures...)
	if err != nil {
		return nil, fmt.Errorf("bulk: exporting personal columns: %w", err)
	}
	for d, i := range where {
		texts[i] = shown[d]
	}
	return texts, nil
}

// harmless is rule R17. The full-width signs start formulas in some Asian versions of Excel.
func harmless(text string) string {
	for _, start := range []string{"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(text, start) {
			return "'" + text
		}
	}
	return text
}
