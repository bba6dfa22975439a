package bulk

import "strings"

// A Code names a check. F codes are about the file and are [FileError]s; R codes are about a row; C codes come up while
// a plan is committed. They are stable: screens and tickets quote them.
type Code string

// The codes.
const (
	F01 Code = "F01" // not a sheet, or larger than a limit
	F02 Code = "F02" // characters that are broken
	F03 Code = "F03" // headings missing or twice
	F04 Code = "F04" // no such worksheet

	R01 Code = "R01" // a required cell is empty
	R02 Code = "R02" // a number that a spreadsheet cannot hold, or that is none
	R03 Code = "R03" // scientific notation
	R04 Code = "R04" // a formula
	R05 Code = "R05" // the waybill was written in another form
	R06 Code = "R06" // the waybill does not look like this courier's
	R07 Code = "R07" // a leading zero may be lost
	R08 Code = "R08" // courier not known
	R09 Code = "R09" // no such section, or not the caller's
	R10 Code = "R10" // the section is not waiting for release
	R11 Code = "R11" // an open claim
	R12 Code = "R12" // the same key twice in the file
	R13 Code = "R13" // the waybill is used elsewhere
	R14 Code = "R14" // the delivery method takes no waybill
	R15 Code = "R15" // the quantity
	R16 Code = "R16" // the ship date

	C01 Code = "C01" // changed since validation
	C02 Code = "C02" // all or nothing, and another row failed
)

// A Kind says what a finding does to its row.
type Kind string

// The kinds, most serious first.
const (
	KindError Kind = "error" // the row is not applied
	KindWarn  Kind = "warn"  // the row is applied; somebody should look
	KindNoop  Kind = "noop"  // there is nothing to do
	KindFix   Kind = "fix"   // something was corrected
)

// A Finding is what there is to say about a row. Its texts hold no cell's content, no name and no phone number, and
// nothing of other people's orders.
type Finding struct {
	Code    Code   `json:"code"`
	Kind    Kind   `json:"kind"`
	Korean  string `json:"message_ko"`
	English string `json:"message_en"`
}

// A note is a finding as it is kept: which text, and what to put into it. A hundred thousand of them fit.
type note struct {
	row  int32
	text string // key of texts
	with string // arguments, divided by a unit separator
}

const separator = "\x1f"

func (n note) kind() Kind { return texts[n.text].kind }
func (n note) code() Code { return codeOf(n.text) }

// codeOf takes the code off the front of a text's name.
func codeOf(text string) Code { return Code(text[:min(3, len(text))]) }

// finding words the note.
func (n note) finding() Finding {
	if n.text == "C01" {
		n.with = n.cause()
	}
	t := texts[n.text]
	korean, english := t.korean, t.english
	if n.with != "" || strings.Contains(korean, "{0}") {
		for i, arg := range strings.Split(n.with, separator) {
			slot := "{" + string(rune('0'+i)) + "}"
			ko, en := arg, arg
			if before, after, both := strings.Cut(arg, "|"); both {
				ko, en = before, after
			}
			korean, english = strings.ReplaceAll(korean, slot, ko), strings.ReplaceAll(english, slot, en)
		}
	}
	return Finding{Code: n.code(), Kind: t.kind, Korean: korean, English: english}
}

// cause words the note that a C01 is about, which it holds as text and arguments: a sentence would take ten times the room.
func (n note) cause() string {
	text, with, _ := strings.Cut(n.with, separator)
	f := note{n.row, text, with}.finding()
	return string(f.Code) + " " + f.Korean + "|" + string(f.Code) + " " + f.English
}

// texts words every finding in both languages. {0}, {1} … are arguments; "a|b" is one for each language.
var texts = map[string]struct {
	kind            Kind
	korean, english string
}{
	"R01.key":     {KindError, "주문을 찾을 값(키)이 비어 있습니다.", "the key cell is empty"},
	"R01.courier": {KindError, "택배사가 비어 있습니다.", "the courier cell is empty"},
	"R01.waybill": {KindError, "운송장번호가 비어 있습니다.", "the waybill cell is empty"},
	"R01.both":    {KindError, "택배사와 운송장번호가 비어 있습니다.", "the courier and waybill cells are empty"},
	"R01.either":  {KindError, "상태와 품목 번호는 함께 쓸 수 없습니다.", "a row has a status or an item, not both"},
	"R02.digits":  {KindError, "{0}: 15자리가 넘는 숫자 셀은 뒷자리가 0으로 바뀝니다. 셀 서식을 텍스트로 바꾸고 다시 입력하세요.", "{0}: a number of more than 15 digits has lost its last ones; format the column as text and enter it again"},
	"R02.number":  {KindError, "{0}: 정수가 아닙니다. 셀 서식을 텍스트로 바꾸고 다시 입력하세요.", "{0}: not a whole number; format the column as text and enter it again"},
	"R03":         {KindError, "{0}: 지수 표기라 자릿수가 사라졌습니다. 셀 서식을 텍스트로 바꾸고 원래 번호를 다시 입력하세요.", "{0}: scientific notation, the digits are gone; format the column as text and enter the number again"},
	"R04":         {KindError, "{0}: 수식 셀입니다. 값으로 붙여 넣으세요.", "{0}: a formula; paste its value instead"},
	"R05":         {KindFix, "운송장번호의 공백, 하이픈 등을 정리했습니다.", "the waybill was brought into its normal form"},
	"R06.letter":  {KindError, "운송장번호에 {0}에서 쓰지 않는 문자가 있습니다.", "the waybill has characters that {1} does not use"},
	"R06.long":    {KindError, "운송장번호가 너무 깁니다.", "the waybill is too long"},
	"R06.invalid": {KindError, "운송장번호가 올바르지 않습니다.", "the waybill is not valid"},
	"R06.length":  {KindWarn, "운송장번호의 자릿수가 {0}와(과) 맞지 않습니다.{1}", "the waybill's length does not fit {0}{1}"},
	"R06.shape":   {KindWarn, "운송장번호의 형식이 {0}와(과) 맞지 않습니다.{1}", "the waybill's form does not fit {0}{1}"},
	"R06.digit":   {KindWarn, "운송장번호의 검증 숫자가 {0}와(과) 맞지 않습니다.{1}", "the waybill's check digit does not fit {0}{1}"},
	"R07.lost":    {KindWarn, "맨 앞의 0이 사라진 것 같습니다. 0을 붙이면 {0} 번호가 됩니다. 확인하세요.", "a leading zero may be lost: with one, the number fits {0}; please check"},
	"R07.shown":   {KindWarn, "화면에는 {0}자리로 보이지만 저장된 값은 {1}자리입니다. 저장된 값을 사용했습니다.", "the cell shows {0} digits but holds {1}; what it holds was used"},
	"R07.key":     {KindWarn, "키가 화면에는 {0}자리로 보이지만 저장된 값은 {1}자리입니다. 저장된 값을 사용했습니다.", "the key shows {0} digits but holds {1}; what it holds was used"},
	"R08":         {KindError, "알 수 없는 택배사입니다.", "the courier is not known"},
	"R08.near":    {KindError, "알 수 없는 택배사입니다. 혹시: {0}", "the courier is not known; did you mean {0}?"},
	"R09":         {KindError, "해당하는 배송 건이 없습니다.", "there is no such section"},
	"R10.status":  {KindError, "출고지시 상태가 아닙니다. 현재 상태: {0}", "the section is not waiting for release; it is {0}"},
	"R10.other":   {KindError, "이미 다른 운송장으로 출고되었습니다. 운송장 교체는 별도로 처리하세요.", "already released with another waybill; replacing it is a separate act"},
	"R10.merged":  {KindError, "다른 섹션({0})에 병합된 건입니다.", "the section was merged into {0}"},
	"R10.several": {KindError, "출고를 기다리는 섹션이 여럿입니다. 배송번호로 지정하세요.", "several sections are waiting; name one by its delivery number"},
	"R10.target":  {KindError, "대상 상태 값을 알 수 없습니다.", "the target status is not known"},
	"R10.noop":    {KindNoop, "이미 같은 운송장으로 처리되었습니다.", "already done with this waybill"},
	"R10.refused": {KindError, "지금은 처리할 수 없습니다. 현재 상태: {0}", "not possible now; the section is {0}"},
	"R11":         {KindError, "진행 중인 클레임이 있습니다: {0}", "there is an open claim: {0}"},
	"R12.same":    {KindNoop, "{0}행과 같은 행입니다.", "the same as row {0}"},
	"R12.differs": {KindError, "같은 키의 행이 서로 다릅니다: {0}행", "rows with the same key differ: row {0}"},
	"R13.rows":    {KindError, "같은 운송장번호가 다른 수령인의 행에도 있습니다: {0}행", "the waybill is also on a row for another recipient: row {0}"},
	"R13.used":    {KindError, "이미 사용 중인 운송장번호입니다.", "the waybill is in use already"},
	"R13.bundle":  {KindWarn, "다른 주문과 같은 운송장입니다(합포장).", "shares its waybill with another order (bundle)"},
	"R13.alone":   {KindError, "다른 주문과 같은 운송장입니다. 합포장이 허용되지 않습니다.", "shares its waybill with another order, and bundles are not allowed"},
	"R14.waybill": {KindError, "택배 배송이 아닙니다. 택배사와 운송장번호를 비우세요.", "not sent by courier; leave courier and waybill empty"},
	"R14.method":  {KindError, "배송방법이 주문과 다릅니다.", "the delivery method is not that of the section"},
	"R15.number":  {KindError, "수량은 1 이상의 정수여야 합니다.", "the quantity must be a whole number of at least 1"},
	"R15.more":    {KindError, "수량이 남은 수량({0})보다 많습니다.", "the quantity is more than the {0} that are left"},
	"R15.item":    {KindError, "이 섹션에 없는 품목입니다.", "the item is not in this section"},
	"R15.which":   {KindError, "품목이 여럿입니다. 품목ID를 적으세요.", "there are several items; name one"},
	"R15.part":    {KindError, "일부({0}개)가 이미 같은 운송장으로 출고되었습니다.", "some of it ({0}) left with this waybill already"},
	"R15.whole":   {KindError, "송장 등록은 품목의 일부 수량에 할 수 없습니다.", "a waybill is registered for whole items"},
	"R16.future":  {KindWarn, "출고일이 미래입니다. 처리 시각을 사용합니다.", "the ship date is in the future; the time of processing is used"},
	"R16.date":    {KindWarn, "출고일을 읽을 수 없습니다. 처리 시각을 사용합니다.", "the ship date cannot be read; the time of processing is used"},
	"C01":         {KindError, "검증 후 변경되었습니다. {0}", "changed since validation: {0}"},
	"C01.used":    {KindError, "검증 후 변경되었습니다. 이 명령 번호는 이미 사용되었고 그 결과가 취소되었습니다.", "changed since validation: this command id was used before, and its result was taken back"},
	"C01.undone":  {KindError, "검증 후 변경되었습니다. 이미 처리되었던 출고가 취소되었습니다.", "changed since validation: it was done, and was taken back"},
	"C01.section": {KindError, "검증 후 변경되었습니다. 다른 섹션이 출고를 기다립니다: {0}", "changed since validation: another section is waiting: {0}"},
	"C01.late":    {KindError, "도달하지 못한 행입니다. 같은 명령으로 다시 실행하세요.", "not reached; commit again under the same command id"},
	"C02":         {KindError, "다른 행이 실패하여 처리하지 않았습니다(전체 처리 방식).", "not applied: another row failed, and it was to be all or nothing"},
}
