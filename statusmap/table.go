package statusmap

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/waybill-dev/waybill/tracking"
)

// Table maps the words of one provider. Its rows never change; only its count of unmapped words does. It is safe for
// concurrent use, and looking up a word that has a row allocates nothing.
type Table struct {
	name    string
	version string
	rows    map[key]Row
	index   index
	debts   *ledger
}

// New makes a table of rows. version names it; [Table.Version] adds a digest of the rows.
//
// All faults are reported at once: a row without code and text, a sub-status of another status, a status
// that does not exist, two rows for the same word.
func New(version string, rows ...Row) (*Table, error) {
	return build(version, make(map[key]Row, len(rows)), rows)
}

// With gives a new table of the rows of t and these. A row for the same courier, code and text takes the place of
// that of t; otherwise the row that says more wins, as everywhere. The new table has counts of its own, and t is not
// changed. Faults are reported as by [New].
func (t *Table) With(rows ...Row) (*Table, error) {
	return build(t.name, maps.Clone(t.rows), rows)
}

// build adds rows to those of known, which it takes over.
func build(name string, known map[key]Row, rows []Row) (*Table, error) {
	var errs []error
	first := make(map[key]int, len(rows))
	for i, row := range rows {
		row = row.normal()
		if err := row.validate(); err != nil {
			errs = append(errs, fmt.Errorf("statusmap: row %d (%s, %s, %s): %w", i+1, row.Courier, row.Code, row.Text, err))
			continue
		}
		if before, twice := first[row.key()]; twice {
			errs = append(errs, fmt.Errorf("statusmap: row %d (%s, %s, %s) repeats row %d", i+1, row.Courier, row.Code, row.Text, before))
			continue
		}
		first[row.key()] = i + 1
		known[row.key()] = row
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	t := &Table{name: name, rows: known, index: newIndex(known), debts: newLedger()}
	t.version = digest(name, t.Rows())
	return t, nil
}

// digest names a state of a table: the name and eight hexadecimal digits of what the rows say.
func digest(name string, rows []Row) string {
	hash := sha256.New()
	for _, r := range rows {
		fmt.Fprintf(hash, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Courier, r.Code, r.Text, r.Status, r.Sub, r.Reason)
	}
	digits := hex.EncodeToString(hash.Sum(nil)[:4])
	if name == "" {
		return digits
	}
	return name + "-" + digits
}

// Map looks up what courier c's scan with this code and text means, and gives the row that decided; the package
// comment has the order. A word that no row knows gives the zero Row, whose status is StatusUnknown, and false; it
// is counted, unless code and text are both empty.
func (t *Table) Map(c tracking.Courier, code, text string) (Row, bool) {
	known, code := t.index.code(code)
	text = cleanText(text)
	row, ok := t.index.find(c, known, text)
	if !ok && (code != "" || text != "") {
		t.debts.add(c, code, text)
	}
	return row, ok
}

// Version names the state of the table: the name it was made with and a digest of its rows, such as
// "sweettracker-1f0c33d2". Tables with the same rows have the same version; any change of a row gives another one.
func (t *Table) Version() string { return t.version }

// Rows lists the rows, ordered by courier, code and text.
func (t *Table) Rows() []Row { return slices.SortedFunc(maps.Values(t.rows), compareRows) }

// Debts lists the unmapped words, most frequent first. At most 1,000 different words are told apart; [Table.DebtsLost]
// counts the rest. Texts are scrubbed of phone numbers and names and cut to 100 bytes.
func (t *Table) Debts() []Debt { return t.debts.list() }

// DebtsLost counts the unmapped words that came when 1,000 different ones were known already.
func (t *Table) DebtsLost() int64 { return t.debts.lostCount() }
