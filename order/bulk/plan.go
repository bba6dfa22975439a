package bulk

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// A Plan is what [Shipper.Validate] found and what [Shipper.Commit] is to do: show it to somebody, and commit it when
// they agree. It cannot be changed. [Plan.Encode] keeps it between two requests; keep it where its reader cannot write,
// for its hash proves that it is whole, not who made it.
//
// It holds keys, waybills and ids, and no other column of the sheet.
type Plan struct {
	header  header
	entries []entry
	notes   notebook // sorted
	hash    string
}

const planVersion = 1

// header is what is true of the whole plan.
type header struct {
	Version      int         `json:"plan"`
	Source       Source      `json:"source"`
	Template     Template    `json:"template"`
	Key          KeyKind     `json:"key"`
	Tenant       string      `json:"tenant"`
	Actor        order.Actor `json:"actor"`
	AllOrNothing bool        `json:"allOrNothing"`
	Separate     bool        `json:"separateOrders"`
	Limits       Limits      `json:"limits"`
}

// A Source is what was read, and as what.
type Source struct {
	SHA256     string `json:"sha256"`             // of the file
	Format     string `json:"format"`             // "xlsx" or "csv"
	Encoding   string `json:"encoding,omitempty"` // of csv: "UTF-8", "UTF-8 with BOM" or "CP949"
	Sheet      string `json:"sheet,omitempty"`    // of xlsx
	HeadingRow int    `json:"headingRow"`
	Rows       int    `json:"rows"`       // data rows that are not blank
	HiddenRows int    `json:"hiddenRows"` // of those, the ones that the sheet hides; they count like all others
}

// A Row is one row of a plan.
type Row struct {
	No       int // row number, as a spreadsheet shows it
	Key      string
	Item     string
	Quantity int             // 0: all
	Order    order.OrderID   // empty if none was found, or the row has an error in itself
	Section  order.SectionID // the section that the key names
	Version  int64           // of the order, when this row is its turn
	Action   Action
	Target   Target
	Waybill  order.Waybill // normalised; empty for methods without one
	Original string        // the waybill cell
	Findings []Finding     // most serious first
}

// Hash is the SHA-256 of the plan's content, in hexadecimal digits.
func (p *Plan) Hash() string { return p.hash }

// Source tells what was read.
func (p *Plan) Source() Source { return p.header.Source }

// Len is the number of rows.
func (p *Plan) Len() int { return len(p.entries) }

// Rows gives the rows in sheet order.
func (p *Plan) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for i := range p.entries {
			if !yield(p.row(i)) {
				return
			}
		}
	}
}

// Count counts the rows with an action.
func (p *Plan) Count(a Action) int {
	n := 0
	for i := range p.entries {
		if p.entries[i].action == a {
			n++
		}
	}
	return n
}

func (p *Plan) row(i int) Row {
	e := &p.entries[i]
	row := Row{
		No: int(e.no), Key: e.key, Item: e.item, Quantity: int(e.quantity), Order: e.order, Section: e.section, Version: e.version,
		Action: e.action, Target: e.target, Original: e.original,
	}
	if w := e.waybill(); w != nil {
		row.Waybill = *w
	}
	for _, n := range p.notesOf(i) {
		row.Findings = append(row.Findings, n.finding())
	}
	return row
}

// notesOf finds the notes of a row.
func (p *Plan) notesOf(i int) []note { return p.notes.of(int32(i)) }

func (p *Plan) note(row int32, text string, args ...string) {
	n := note{row: row, text: text}
	for i, arg := range args {
		if i > 0 {
			n.with += separator
		}
		n.with += arg
	}
	p.notes.add(n)
}

// broken marks the rows with an error so far.
func (p *Plan) broken() []bool {
	broken := make([]bool, len(p.entries))
	for n := range p.notes.all {
		if n.kind() == KindError {
			broken[n.row] = true
		}
	}
	return broken
}

// finish settles actions, sorts the notes and seals the plan. A repetition of a row that fails, fails.
func (p *Plan) finish() {
	broken := p.broken()
	p.notes.sort()
	var copied []note
	for i := range p.entries {
		if first := p.entries[i].same - 1; first >= 0 && broken[first] && !broken[i] {
			broken[i] = true
			n := p.notes.of(first)[0]
			copied = append(copied, note{int32(i), n.text, n.with})
		}
		if broken[i] {
			p.entries[i].action = ActionError
		}
	}
	for _, n := range copied {
		p.notes.add(n)
	}
	p.notes.sort()
	p.notes.known = nil             // nothing is added any more
	p.hash, _ = p.write(io.Discard) // writing nowhere does not fail
}

func (p *Plan) rules(m order.Machine, now time.Time) rules {
	return rules{machine: m, actor: p.header.Actor, tenant: p.header.Tenant, kind: p.header.Key, now: now}
}

// stored is an entry as it is encoded.
type stored struct {
	No       int32           `json:"no"`
	Key      string          `json:"key,omitempty"`
	Item     string          `json:"item,omitempty"`
	Quantity int32           `json:"qty,omitempty"`
	Day      int32           `json:"day,omitempty"`
	Same     int32           `json:"same,omitempty"`
	Action   Action          `json:"action"`
	Target   Target          `json:"target,omitempty"`
	Method   order.Method    `json:"method,omitempty"`
	Courier  string          `json:"courier,omitempty"`
	Number   string          `json:"number,omitempty"`
	Original string          `json:"original,omitempty"`
	Order    order.OrderID   `json:"order,omitempty"`
	Section  order.SectionID `json:"section,omitempty"`
	Version  int64           `json:"version,omitempty"`
	Notes    [][2]string     `json:"notes,omitempty"`
}

// Encode writes the plan: lines of JSON, the last of which is the hash.
func (p *Plan) Encode(w io.Writer) error {
	out := bufio.NewWriter(w)
	hash, err := p.write(out)
	if err == nil {
		_, err = fmt.Fprintf(out, "{\"hash\":%q}\n", hash)
	}
	if err == nil {
		err = out.Flush()
	}
	return err
}

// write writes everything but the hash, which it gives.
func (p *Plan) write(w io.Writer) (string, error) {
	h := sha256.New()
	e := json.NewEncoder(io.MultiWriter(w, h))
	if err := e.Encode(p.header); err != nil {
		return "", err
	}
	for i := range p.entries {
		x := &p.entries[i]
		s := stored{
			No: x.no, Key: x.key, Item: x.item, Quantity: x.quantity, Day: x.day, Same: x.same, Action: x.action, Target: x.target,
			Method: x.method, Courier: x.courier, Number: x.number, Original: x.original, Order: x.order, Section: x.section, Version: x.version,
		}
		for _, n := range p.notesOf(i) {
			s.Notes = append(s.Notes, [2]string{n.text, n.with})
		}
		if err := e.Encode(s); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// DecodePlan reads what [Plan.Encode] wrote. A plan that was altered is [ErrAltered].
func DecodePlan(r io.Reader) (*Plan, error) {
	d := json.NewDecoder(bufio.NewReader(r))
	d.DisallowUnknownFields()
	p := &Plan{}
	if err := d.Decode(&p.header); err != nil || p.header.Version != planVersion {
		return nil, errors.Join(ErrAltered, err)
	}
	for range p.header.Source.Rows {
		var s stored
		if err := d.Decode(&s); err != nil {
			return nil, errors.Join(ErrAltered, err)
		}
		if s.Same < 0 || int(s.Same) > len(p.entries) || s.Action == 0 || s.Action > ActionSplit {
			return nil, ErrAltered
		}
		for _, n := range s.Notes {
			if _, known := texts[n[0]]; !known {
				return nil, ErrAltered
			}
			p.notes.add(note{int32(len(p.entries)), n[0], n[1]})
		}
		p.entries = append(p.entries, entry{
			no: s.No, key: s.Key, item: s.Item, quantity: s.Quantity, day: s.Day, same: s.Same, action: s.Action, target: s.Target,
			method: s.Method, courier: s.Courier, number: s.Number, original: s.Original, order: s.Order, section: s.Section, version: s.Version,
		})
	}
	var end struct {
		Hash string `json:"hash"`
	}
	if err := d.Decode(&end); err != nil {
		return nil, errors.Join(ErrAltered, err)
	}
	p.hash = end.Hash
	return p, p.verify()
}

// verify computes the hash again.
func (p *Plan) verify() error {
	if p == nil || p.hash == "" {
		return ErrAltered
	}
	if hash, err := p.write(io.Discard); err != nil || hash != p.hash {
		return ErrAltered
	}
	return nil
}
