package bulk

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// An entry is a row as a plan keeps it. A hundred thousand of them are held at once, so it is small: what can be
// computed is not kept, and what is the same text is the same string.
type entry struct {
	no       int32 // row number in the sheet
	quantity int32 // 0: all
	day      int32 // ship date, days since 1970; 0: none
	same     int32 // index + 1 of the row that this one repeats
	action   Action
	target   Target
	version  int64 // of the order before this row
	method   order.Method
	key      string
	item     string
	courier  string // our code
	number   string // normalised
	original string // the waybill cell as it was
	order    order.OrderID
	section  order.SectionID
}

func (e *entry) waybill() *order.Waybill {
	if e.number == "" && e.courier == "" {
		return nil
	}
	return &order.Waybill{Courier: e.courier, Number: e.number}
}

// reading turns lines into entries.
type reading struct {
	template *Template
	layout   *layout
	options  *Options
	dates    epoch
	today    time.Time

	entries  []entry
	notes    notebook
	couriers map[string]courierWord
	ids      map[string]string
	hidden   int
	rows     int
}

// courierWord is what a courier cell's text means.
type courierWord struct{ code, korean, near string }

func (r *reading) note(text string, args ...string) {
	r.notes.add(note{int32(len(r.entries)), text, strings.Join(args, separator)})
}

// take reads one line.
func (r *reading) take(l *line) error {
	if l.number <= r.layout.row || l.blank() {
		return nil
	}
	if r.rows++; r.rows > r.options.Limits.Rows {
		return tooManyRows(r.options.Limits)
	}
	if l.hidden {
		r.hidden++
	}
	e := entry{no: int32(l.number), target: r.template.Target}
	r.key(&e, r.at(l, FieldKey))
	r.status(&e, r.at(l, FieldStatus))
	r.part(&e, l)
	r.courier(&e, r.at(l, FieldCourier))
	r.waybill(&e, r.at(l, FieldWaybill))
	r.method(&e, r.at(l, FieldMethod))
	r.day(&e, r.at(l, FieldDate))
	r.entries = append(r.entries, e)
	return nil
}

var nothing = cell{shared: -1}

// at finds the cell of a field; an empty one if it is not there.
func (r *reading) at(l *line, f Field) *cell {
	if column, ok := r.layout.column(f); ok {
		for i := range l.cells {
			if l.cells[i].column == column {
				return &l.cells[i]
			}
		}
	}
	return &nothing
}

// identifier reads a cell whose digits matter, under rules R02, R03 and R04. name is for messages. It gives the text
// before it is brought into any form.
func (r *reading) identifier(c *cell, name string) (string, bool) {
	text := c.text
	if c.formula {
		if !r.options.CachedFormulas {
			r.note("R04", name)
			return "", false
		}
		text = quotedFormula(text)
	}
	if c.number {
		digits, fault := integer(text)
		if fault != "" {
			r.note(fault, name)
			return "", false
		}
		return digits, true
	}
	if strings.ContainsAny(text, "Ee") || strings.ContainsAny(text, "Ｅｅ") {
		if scientific.MatchString(plain(text)) {
			r.note("R03", name)
			return "", false
		}
	}
	return text, true
}

// quotedFormula undoes ="0123456789", which people write into CSV so that Excel leaves the number alone.
func quotedFormula(text string) string {
	if inner, ok := strings.CutPrefix(text, `="`); ok {
		return strings.TrimSuffix(inner, `"`)
	}
	return text
}

func (r *reading) key(e *entry, c *cell) {
	text, ok := r.identifier(c, "키|key")
	if !ok {
		return
	}
	if e.key = plain(text); e.key == "" {
		r.note("R01.key")
	}
	if c.number && int(c.padded) > len(text) {
		r.note("R07.key", strconv.Itoa(int(c.padded)), strconv.Itoa(len(text)))
	}
}

func (r *reading) status(e *entry, c *cell) {
	word := heading(c.text)
	if word == "" {
		return
	}
	for name, target := range r.template.Statuses {
		if heading(name) == word {
			e.target = target
			return
		}
	}
	r.note("R10.target")
}

// part reads item and quantity.
func (r *reading) part(e *entry, l *line) {
	item := r.at(l, FieldItem)
	if r.splits(l) {
		text, ok := r.identifier(item, "품목|item")
		if ok {
			e.item = r.intern(plain(text))
		}
		if e.item != "" && r.template.StatusOrItem && plain(r.at(l, FieldStatus).text) != "" {
			r.note("R01.either")
		}
	}
	c := r.at(l, FieldQuantity)
	if c.text == "" && !c.formula {
		return
	}
	if c.formula && !r.options.CachedFormulas {
		r.note("R04", "수량|quantity")
		return
	}
	digits, fault := integer(plain(c.text))
	n, err := strconv.Atoi(digits)
	if fault != "" || err != nil || n < 1 || n > math.MaxInt32 {
		r.note("R15.number")
		return
	}
	e.quantity = int32(n)
}

// splits reports whether the row is about its item alone: always, where the template has no column that says so.
func (r *reading) splits(l *line) bool {
	if _, has := r.layout.column(FieldSplit); !has {
		return true
	}
	word := heading(r.at(l, FieldSplit).text)
	for _, yes := range r.template.SplitYes {
		if heading(yes) == word {
			return true
		}
	}
	return false
}

func (r *reading) courier(e *entry, c *cell) {
	text := c.text
	if c.formula && !r.options.CachedFormulas {
		r.note("R04", "택배사|courier")
		return
	}
	if c.number && int(c.padded) > len(text) { // a code such as 04; nothing hangs on its digits that a look-up does not check
		text = strings.Repeat("0", int(c.padded)-len(text)) + text
	}
	if plain(text) == "" {
		return // whether it may be empty depends on the section's method
	}
	word, known := r.couriers[text]
	if !known {
		word = r.template.courier(text)
		if len(r.couriers) < 10_000 {
			r.couriers[strings.Clone(text)] = word
		}
	}
	switch {
	case word.code != "":
		e.courier = word.code
	case word.near != "":
		r.note("R08.near", word.near)
	default:
		r.note("R08")
	}
}

// courier finds what a text means, under rule R08.
func (t *Template) courier(text string) courierWord {
	for name, code := range t.Couriers {
		if heading(name) == heading(text) {
			text = code
			break
		}
	}
	if info, ok := courier.Lookup(plain(text)); ok {
		return courierWord{code: string(info.Code), korean: info.Korean}
	}
	var near []string
	for _, info := range courier.Near(plain(text)) {
		near = append(near, info.Korean)
	}
	return courierWord{near: strings.Join(near, ", ")}
}

func (r *reading) waybill(e *entry, c *cell) {
	e.original = c.text
	text, ok := r.identifier(c, "운송장번호|waybill")
	if !ok {
		return
	}
	e.number = number.Normalize(text)
	if e.number == "" {
		return
	}
	if e.number != text {
		r.note("R05")
	}
	padded := c.number && int(c.padded) > len(text)
	if padded {
		r.note("R07.shown", strconv.Itoa(int(c.padded)), strconv.Itoa(len(text)))
	}
	if e.courier != "" {
		r.check(e, padded)
	}
}

// check is rule R06, and R07 for zeros that went missing, unless that was said already.
func (r *reading) check(e *entry, said bool) {
	f := courier.Check(courierOf(e.courier), e.number)
	if f.Severity == courier.OK {
		return
	}
	info, _ := courier.Get(courierOf(e.courier))
	if f.LostZero && said {
		return
	}
	if f.LostZero {
		r.note("R07.lost", info.Korean)
		return
	}
	if f.Severity == courier.Invalid {
		switch f.Cause {
		case courier.CauseCharacter, courier.CauseLetter:
			r.note("R06.letter", info.Korean, info.Korean)
		case courier.CauseLength:
			r.note("R06.long")
		default:
			r.note("R06.invalid")
		}
		return
	}
	r.note(checkTexts[f.Cause], info.Korean, fits(f))
}

var checkTexts = map[courier.Cause]string{
	courier.CauseLength: "R06.length", courier.CauseShape: "R06.shape", courier.CauseLetter: "R06.shape",
	courier.CauseCharacter: "R06.shape", courier.CauseEmpty: "R06.shape", courier.CauseCheckDigit: "R06.digit",
}

// fits words what else the number would fit.
func fits(f courier.Finding) string {
	var names []string
	for _, c := range f.Fits {
		if info, ok := courier.Get(c); ok {
			names = append(names, info.Korean)
		}
	}
	if len(names) == 0 {
		return ""
	}
	list := strings.Join(names, ", ")
	return " 맞는 택배사: " + list + "|; it would fit " + list
}

// methods are the words for delivery methods.
var methods = map[string]order.Method{
	"택배,등기,소포": order.MethodCourier, "택배": order.MethodCourier, "등기": order.MethodCourier, "소포": order.MethodCourier,
	"택배배송": order.MethodCourier, "courier": order.MethodCourier,
	"직접배송": order.MethodDirect, "직접전달": order.MethodDirect, "direct": order.MethodDirect,
	"방문수령": order.MethodPickup, "pickup": order.MethodPickup,
	"쿠폰": order.MethodECoupon, "e쿠폰": order.MethodECoupon, "전자쿠폰": order.MethodECoupon, "ecoupon": order.MethodECoupon,
	"퀵서비스": order.MethodOther, "기타": order.MethodOther, "other": order.MethodOther,
}

func (r *reading) method(e *entry, c *cell) {
	word := heading(c.text)
	if word == "" {
		return
	}
	method, known := methods[word]
	if !known {
		r.note("R14.method")
	}
	e.method = method
}

func (r *reading) day(e *entry, c *cell) {
	if plain(c.text) == "" {
		return
	}
	day, ok := dayOf(c, r.dates)
	switch {
	case !ok, c.formula && !r.options.CachedFormulas:
		r.note("R16.date")
	case day.After(r.today.AddDate(0, 0, r.options.FutureDays)):
		r.note("R16.future")
	default:
		e.day = int32(day.Add(9*time.Hour).Unix() / (24 * 60 * 60))
	}
}

func tooManyRows(l Limits) error {
	return refuse(F01, "행이 너무 많습니다. 한도는 "+strconv.Itoa(l.Rows)+"행입니다.", "too many rows; the limit is "+strconv.Itoa(l.Rows))
}

func courierOf(code string) tracking.Courier { return tracking.Courier(code) }

// intern keeps one copy of short texts that come again and again, such as item ids.
func (r *reading) intern(text string) string {
	if text == "" {
		return ""
	}
	if kept, ok := r.ids[text]; ok {
		return kept
	}
	if len(r.ids) < 10_000 {
		r.ids[text] = text
	}
	return text
}
