package bulk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/order/privacy"
)

// A Template says how to read the sheets of one system. It is data: columns are found by their headings, whatever their
// order, and every heading has aliases, because systems rename them from year to year.
type Template struct {
	Name    string
	Sheet   string // name of the worksheet; empty: the first
	Columns []Column
	Target  Target // what a row does; a column of [FieldStatus] may say otherwise

	// Couriers are codes or names of the system that are not in the directory of couriers, by our code. The directory's
	// own codes, names and aliases are always understood.
	Couriers map[string]string
	// Statuses are what a FieldStatus column may say. An empty cell means Target.
	Statuses map[string]Target
	// SplitYes are the words of a FieldSplit column that make the item column count.
	SplitYes []string
	// StatusOrItem: a row may have a status or an item, not both.
	StatusOrItem bool
	// Plain are headings of columns that hold nothing personal, so that the report repeats them as they are. The columns
	// of fields are plain too. Everything else is masked in the report, see [Result.Report].
	Plain []string
}

// A Column gives a field its headings.
type Column struct {
	Field    Field
	Key      KeyKind  // of FieldKey. Of several key columns the first that the sheet has is taken
	Headings []string // compared without case, spaces and invisible characters, in Unicode form NFC
	Required bool
}

// A Field is what a column means.
type Field string

// The fields.
const (
	FieldKey      Field = "key"      // which section: see [KeyKind]
	FieldItem     Field = "item"     // 품목: item id, line id or SKU
	FieldQuantity Field = "quantity" // 수량 of the item; empty: all
	FieldCourier  Field = "courier"  // 택배사, by code, name or alias
	FieldWaybill  Field = "waybill"  // 운송장번호
	FieldMethod   Field = "method"   // 배송방법
	FieldDate     Field = "date"     // 출고일
	FieldStatus   Field = "status"   // target status
	FieldSplit    Field = "split"    // 분리배송 Y/N
)

// A KeyKind says what the key of a row names.
type KeyKind string

// The kinds of key. [Orders.Find] looks them up.
const (
	KeyDelivery KeyKind = "DELIVERY" // 배송번호: the section with this delivery number
	KeySection  KeyKind = "SECTION"  // 섹션ID: the section, as the order's id, a dash or slash, and the section's id
	KeyOrder    KeyKind = "ORDER"    // 주문번호: the one section of the order that waits for release
	KeyLine     KeyKind = "LINE"     // 상품주문번호: the order line with this id, in the one section where it waits
)

// A Target is what an applied row does.
type Target uint8

// The targets.
const (
	Release  Target = iota // 배송중: the section is released, order.CompleteRelease
	Register               // 배송대기: the waybill is registered, order.RegisterWaybill
)

// ErrTemplate means that a template cannot work.
var ErrTemplate = errors.New("bulk: invalid template")

// Validate tells everything that is wrong with the template: columns without field or heading, no column for the key,
// the courier or the waybill, a key of unknown kind, a courier that the directory does not know. [Shipper.Validate]
// calls it.
func (t Template) Validate() error {
	var faults []error
	wrong := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w %q: "+format, append([]any{ErrTemplate, t.Name}, args...)...))
	}
	has := map[Field]bool{}
	for i, c := range t.Columns {
		has[c.Field] = true
		if !slices.Contains(fields, c.Field) {
			wrong("column %d: unknown field %q", i+1, c.Field)
		}
		if len(c.Headings) == 0 || slices.ContainsFunc(c.Headings, func(h string) bool { return heading(h) == "" }) {
			wrong("column %d: a heading is missing or empty", i+1)
		}
		if c.Field == FieldKey && !slices.Contains(keyKinds, c.Key) {
			wrong("column %d: unknown kind of key %q", i+1, c.Key)
		}
	}
	for _, f := range []Field{FieldKey, FieldCourier, FieldWaybill} {
		if !has[f] {
			wrong("no column for the %s", f)
		}
	}
	for name, code := range t.Couriers {
		if _, ok := courier.Lookup(code); !ok {
			wrong("courier %q is %q, which is not known", name, code)
		}
	}
	return errors.Join(faults...)
}

var (
	fields = []Field{
		FieldKey, FieldItem, FieldQuantity, FieldCourier, FieldWaybill, FieldMethod, FieldDate, FieldStatus, FieldSplit,
	}
	keyKinds = []KeyKind{KeyDelivery, KeySection, KeyOrder, KeyLine}
)

// heading brings a heading into the form in which headings are compared.
func heading(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(text))
}

const headingRows = 10 // the heading is one of the first rows that are not empty

// layout is where the fields of a template stand in one sheet.
type layout struct {
	row     int // of the headings
	columns map[Field]int
	key     KeyKind
	want    []bool // the columns of fields
	names   []line // the heading row itself: one line
}

func (l *layout) column(f Field) (int, bool) {
	c, ok := l.columns[f]
	return c, ok
}

// find looks for the heading row among the first rows: the first that has every required heading, or else the one that
// has most of them, which the error is then about.
func (t *Template) find(lines []line) (*layout, error) {
	var best error
	most := -1
	for i := range lines {
		l, matched, err := t.match(&lines[i])
		if err == nil {
			return l, nil
		}
		if matched > most {
			most, best = matched, err
		}
	}
	if best == nil {
		return nil, refuse(F03, "제목 행이 없습니다.", "there is no heading row")
	}
	return nil, best
}

func (t *Template) match(row *line) (*layout, int, error) {
	l := &layout{row: row.number, columns: map[Field]int{}, names: []line{*row}}
	var twice, missing []string
	for _, want := range t.Columns {
		found := places(row, want.Headings)
		_, taken := l.columns[want.Field]
		switch {
		case len(found) > 1:
			twice = append(twice, want.Headings[0])
		case len(found) == 1 && !taken:
			l.columns[want.Field] = found[0].column
			if want.Field == FieldKey {
				l.key = want.Key
			}
		}
	}
	for _, want := range t.Columns {
		if _, found := l.columns[want.Field]; want.Required && !found {
			missing = append(missing, want.Headings[0])
		}
	}
	if len(twice)+len(missing) > 0 {
		return nil, len(l.columns) + len(twice), headingFault(row, twice, missing)
	}
	for _, column := range l.columns {
		for len(l.want) <= column {
			l.want = append(l.want, false)
		}
		l.want[column] = true
	}
	return l, len(l.columns), nil
}

func headingFault(row *line, twice, missing []string) error {
	found := make([]string, 0, len(row.cells))
	for _, c := range row.cells {
		if text := strings.TrimSpace(c.text); text != "" {
			found = append(found, text)
		}
	}
	list := listed(found)
	if len(twice) > 0 {
		return refuse(F03, fmt.Sprintf("제목이 두 번 있습니다: %s. 있는 제목: %s", listed(twice), list),
			fmt.Sprintf("headings that are there twice: %s; found: %s", listed(twice), list))
	}
	return refuse(F03, fmt.Sprintf("제목이 없습니다: %s. 있는 제목: %s", listed(missing), list),
		fmt.Sprintf("headings that are missing: %s; found: %s", listed(missing), list))
}

// places finds the cells of a row that have one of the headings.
func places(row *line, headings []string) []cell {
	var found []cell
	for _, c := range row.cells {
		name := heading(c.text)
		if name != "" && slices.ContainsFunc(headings, func(h string) bool { return heading(h) == name }) {
			found = append(found, c)
		}
	}
	return found
}

// listed joins names for a message, the first dozens of them and not the whole of a long one.
func listed(names []string) string {
	const most, longest = 45, 40
	short := make([]string, 0, min(len(names), most))
	for i, n := range names {
		if i == most {
			short = append(short, "…")
			break
		}
		n = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, n)
		if r := []rune(n); len(r) > longest {
			n = string(r[:longest]) + "…"
		}
		short = append(short, n)
	}
	return strings.Join(short, ", ")
}

// personal are words in the headings of columns that hold personal data, most telling first.
var personal = []struct {
	word string
	kind privacy.Kind
}{
	{"통관", privacy.KindPCCC}, {"pccc", privacy.KindPCCC}, {"메일", privacy.KindEmail}, {"mail", privacy.KindEmail},
	{"전화", privacy.KindPhone}, {"연락처", privacy.KindPhone}, {"휴대폰", privacy.KindPhone}, {"핸드폰", privacy.KindPhone},
	{"phone", privacy.KindPhone}, {"상세주소", privacy.KindDetail}, {"주소", privacy.KindAddress}, {"address", privacy.KindAddress},
	{"메세지", privacy.KindMemo}, {"메시지", privacy.KindMemo}, {"메모", privacy.KindMemo}, {"memo", privacy.KindMemo},
	{"요청사항", privacy.KindMemo}, {"수취인", privacy.KindName}, {"수령인", privacy.KindName}, {"받는", privacy.KindName},
	{"구매자", privacy.KindName}, {"주문자", privacy.KindName}, {"이름", privacy.KindName}, {"name", privacy.KindName},
}

// kindOf says what kind of personal data a column may hold; false for columns that hold none.
func (t *Template) kindOf(title string) (privacy.Kind, bool) {
	name := heading(title)
	for _, c := range t.Columns {
		for _, h := range c.Headings {
			if heading(h) == name {
				return 0, false
			}
		}
	}
	for _, h := range t.Plain {
		if heading(h) == name {
			return 0, false
		}
	}
	for _, p := range personal {
		if strings.Contains(name, p.word) {
			return p.kind, true
		}
	}
	return privacy.KindOther, true // unknown columns may hold anything
}
