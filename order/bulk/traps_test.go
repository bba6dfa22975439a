package bulk_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/unicode/norm"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
)

var ours = []any{"배송번호", "택배사", "운송장번호", "품목ID", "수량", "출고일"}

// TestWorkbookTraps has the cells that spreadsheets make of numbers.
func TestWorkbookTraps(t *testing.T) {
	style := func(format string) func(*excelize.File) {
		return func(f *excelize.File) {
			id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStyle("Sheet1", "C2", "C2", id); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name    string
		waybill any
		edit    func(*excelize.File)
		want    string
		number  string
		options bulk.Options
	}{
		{name: "text", waybill: cj(1), want: "2 SHIP", number: cj(1)},
		{name: "number of 12 digits", waybill: 551000000014, want: "2 SHIP R06:warn", number: "551000000014"},
		{name: "number of 15 digits", waybill: 123456789012345, want: "2 SHIP R06:warn", number: "123456789012345"},
		{name: "number of 16 digits", waybill: 2026010112345678, want: "2 ERROR R02:error"},
		{name: "float beyond 2^53", waybill: 123456789012345678, want: "2 ERROR R02:error"},
		{name: "fraction", waybill: 551234567891.5, want: "2 ERROR R02:error"},
		{name: "negative", waybill: -551234567891, want: "2 ERROR R02:error"},
		{name: "scientific text", waybill: "5.51235E+11", want: "2 ERROR R03:error"},
		{name: "narrow format", waybill: 551000000014, edit: style("0.00E+00"), want: "2 SHIP R06:warn", number: "551000000014"},
		{name: "zeros by format", waybill: 123456789, edit: style("000000000000"), want: "2 SHIP R07:warn", number: "123456789"},
		{name: "text keeps zeros", waybill: "0123456789", want: "2 SHIP", number: "0123456789"},
		{name: "full width", waybill: "５５１２ー３４５６－７８９１", want: "2 SHIP R05:fix", number: "551234567891"},
		{name: "invisible", waybill: "\ufeff5512\u00a03456\u30007891\u200b", want: "2 SHIP R05:fix", number: "551234567891"},
		{name: "formula", edit: func(f *excelize.File) { f.SetCellFormula("Sheet1", "C2", `HYPERLINK("http://x")`) }, want: "2 ERROR R04:error"},
		{name: "hidden row", waybill: cj(1), edit: func(f *excelize.File) { f.SetRowVisible("Sheet1", 2, false) }, want: "2 SHIP", number: cj(1)},
		{name: "rich text", edit: func(f *excelize.File) {
			f.SetCellRichText("Sheet1", "C2", []excelize.RichTextRun{{Text: cj(1)[:5], Font: &excelize.Font{Bold: true}}, {Text: cj(1)[5:]}})
		}, want: "2 SHIP", number: cj(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := xlsx(t, "Sheet1", [][]any{ours, {"A-S1", "CJ대한통운", c.waybill}}, c.edit)
			p := validate(t, world(t), f, c.options)
			if got := said(p); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			for row := range p.Rows() {
				if row.Action == bulk.ActionShip && row.Waybill.Number != c.number {
					t.Errorf("number %s, want %s", row.Waybill.Number, c.number)
				}
			}
			if hidden := p.Source().HiddenRows; (hidden == 1) != (c.name == "hidden row") {
				t.Errorf("%d hidden rows", hidden)
			}
		})
	}
}

// TestNumericKeys are the traps in a key column.
func TestNumericKeys(t *testing.T) {
	s := newShop()
	s.add(t, "1000", hong, order.MethodCourier, 1)
	o := s.orders["1000"]
	o.Sections[0].DeliveryNo = "202601011234567"
	for _, c := range []struct {
		key  any
		want string
	}{
		{202601011234567, "2 SHIP"}, {"202601011234567", "2 SHIP"}, {"'202601011234567", "2 SHIP"}, {" 202601011234567 ", "2 SHIP"},
		{2026010112345678, "2 ERROR R02:error"}, {"2.02601E+15", "2 ERROR R03:error"},
	} {
		f := xlsx(t, "Sheet1", [][]any{ours, {c.key, "CJ", cj(1)}}, nil)
		if got := said(validate(t, s, f, bulk.Options{})); got != c.want {
			t.Errorf("%v: got %s, want %s", c.key, got, c.want)
		}
	}
}

// TestShipDates reads serial numbers by the workbook's date system.
func TestShipDates(t *testing.T) {
	for _, c := range []struct {
		serial int
		system bool
		want   string
	}{
		{46347, false, "2 SHIP"}, {46348, false, "2 SHIP R16:warn"}, {44885, true, "2 SHIP"}, {44886, true, "2 SHIP R16:warn"},
	} {
		f := xlsx(t, "Sheet1", [][]any{ours, {"A-S1", "CJ", cj(1), nil, nil, c.serial}}, func(f *excelize.File) {
			if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &c.system}); err != nil {
				t.Fatal(err)
			}
		})
		if got := said(validate(t, world(t), f, bulk.Options{})); got != c.want {
			t.Errorf("%d (1904: %v): got %s, want %s", c.serial, c.system, got, c.want)
		}
	}
}

// TestSamePlan: encodings, heading spellings, order of columns and formats change nothing about the rows.
func TestSamePlan(t *testing.T) {
	text := "배송번호,택배사,운송장번호\nA-S1,CJ대한통운," + cj(1) + "\nB-S1,한진택배,12\nQ-S1,CJ," + cj(2) + "\n"
	cp949, err := korean.EUCKR.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	want := said(validate(t, world(t), bulk.Bytes([]byte(text)), bulk.Options{}))
	if !strings.Contains(want, "SHIP") || !strings.Contains(want, "R11") {
		t.Fatalf("the plan says nothing: %s", want)
	}
	for name, f := range map[string]bulk.File{
		"CP949":     bulk.Bytes([]byte(cp949)),
		"BOM":       bulk.Bytes([]byte("\ufeff" + text)),
		"NFD":       bulk.Bytes([]byte(norm.NFD.String(text))),
		"CRLF":      bulk.Bytes([]byte(strings.ReplaceAll(text, "\n", "\r\n"))),
		"CR":        bulk.Bytes([]byte(strings.ReplaceAll(text, "\n", "\r"))),
		"semicolon": bulk.Bytes([]byte(strings.ReplaceAll(text, ",", ";"))),
		"tabs":      bulk.Bytes([]byte(strings.ReplaceAll(text, ",", "\t"))),
		"headings":  bulk.Bytes([]byte(strings.Replace(text, "배송번호,택배사,운송장번호", "\u200b 배송 번호,택배사명,\"송장\n번호\"", 1))),
		"xlsx": xlsx(t, "Sheet1", [][]any{{"배송번호", "택배사", "운송장번호"},
			{"A-S1", "CJ대한통운", cj(1)}, {"B-S1", "한진택배", "12"}, {"Q-S1", "CJ", cj(2)}}, nil),
		"shuffled": xlsx(t, "아무 이름", [][]any{{"받는분", "운송장번호", "비고", "배송번호", "택배사"},
			{"홍길동", cj(1), 1.5, "A-S1", "CJ대한통운"}, {"김철", "12", nil, "B-S1", "한진택배"}, {nil, cj(2), nil, "Q-S1", "CJ"}}, nil),
	} {
		p := validate(t, world(t), f, bulk.Options{})
		if got := said(p); got != want {
			t.Errorf("%s (%+v): got\n%s\nwant\n%s", name, p.Source(), got, want)
		}
	}
}

// TestTitleRows finds the heading below a title, and keeps the row numbers that people see.
func TestTitleRows(t *testing.T) {
	f := bulk.Bytes([]byte("발송 목록\n\n배송번호,택배사,운송장번호\n\nA-S1,CJ," + cj(1) + "\n"))
	if got := said(validate(t, world(t), f, bulk.Options{})); got != "5 SHIP" {
		t.Error(got)
	}
}

func TestTemplates(t *testing.T) {
	s := newShop()
	s.add(t, "O1", hong, order.MethodCourier, 2, 1)
	naver := xlsx(t, "발송처리", [][]any{
		{"상품주문번호", "배송방법", "택배사", "송장번호"},
		{"O1-L1", "택배,등기,소포", "CJ대한통운", cj(1)}, {"O1-L2", "택배,등기,소포", "CJ대한통운", cj(1)},
	}, nil)
	if got := said(validate(t, s, naver, bulk.Options{Template: bulk.Naver()})); got != "2 SPLIT_AND_SHIP\n3 SHIP" {
		t.Errorf("naver: %s", got)
	}
	wing := func(split string) bulk.File {
		return xlsx(t, "Delivery", [][]any{
			{"번호", "묶음배송번호", "주문번호", "택배사", "운송장번호", "분리배송 Y/N", "옵션ID", "수취인이름"},
			{"1", "O1-S1", "9", "CJ 대한통운", cj(1), split, "SKU1", "홍길동"}, {"2", "O1-S1", "9", "CJ 대한통운", cj(1), split, "SKU2", "홍길동"},
		}, nil)
	}
	if got := said(validate(t, s, wing("N"), bulk.Options{Template: bulk.CoupangWing()})); got != "2 SHIP\n3 NOOP R12:noop" {
		t.Errorf("coupang, whole: %s", got)
	}
	if got := said(validate(t, s, wing("Y"), bulk.Options{Template: bulk.CoupangWing()})); got != "2 SPLIT_AND_SHIP\n3 SHIP" {
		t.Errorf("coupang, split: %s", got)
	}
	mshop := bulk.Bytes([]byte("order_id,dlv_code,sheet_no,order_status,order_item_id\nO1,cj," + cj(1) + ",,O1-L2\nO1,cj," + cj(2) + ",배송대기,\n"))
	if got := said(validate(t, s, mshop, bulk.Options{Template: bulk.MShop()})); got != "2 SPLIT_AND_SHIP\n3 SHIP" {
		t.Errorf("mshop: %s", got)
	}
	winselling := bulk.Bytes([]byte("주문상품번호,택배사 코드,운송장번호\nO1-L1,04,'" + cj(1) + "\n"))
	if got := said(validate(t, s, winselling, bulk.Options{Template: bulk.Winselling()})); got != "2 SPLIT_AND_SHIP R05:fix" {
		t.Errorf("winselling: %s", got)
	}
	imweb := bulk.Bytes([]byte("주문번호,배송상태,택배사,운송장번호\nO1,배송대기,CJ," + cj(1) + "\n"))
	p := validate(t, s, imweb, bulk.Options{Template: bulk.Imweb()})
	if got := said(p); got != "2 SHIP" {
		t.Errorf("imweb: %s", got)
	}
	for range 2 {
		commit(t, s, p, "c1")
	}
	if got := s.section(t, "O1", "S1"); got.Status != order.StatusReleaseInstructed || got.Waybill == nil || got.Waybill.Number != cj(1) {
		t.Errorf("imweb: %v %v", got.Status, got.Waybill)
	}
	if got := said(validate(t, s, imweb, bulk.Options{Template: bulk.Imweb()})); got != "2 NOOP R10:noop" {
		t.Errorf("imweb, again: %s", got)
	}
}

func TestTemplatesAreValid(t *testing.T) {
	for _, template := range bulk.Templates() {
		if err := template.Validate(); err != nil || template.Name == "" {
			t.Errorf("%s: %v", template.Name, err)
		}
	}
	broken := bulk.Template{Columns: []bulk.Column{{Field: "x", Headings: []string{" "}}, {Field: bulk.FieldKey}}, Couriers: map[string]string{"a": "none such"}}
	err := broken.Validate()
	if !errors.Is(err, bulk.ErrTemplate) || strings.Count(err.Error(), "\n") != 6 {
		t.Errorf("not all faults: %v", err)
	}
	if _, err := newShop().shipper().Validate(t.Context(), csv(), bulk.Options{Template: broken}); !errors.Is(err, bulk.ErrTemplate) {
		t.Error(err)
	}
}

// TestRefusedFiles has the smallest file for each F code.
func TestRefusedFiles(t *testing.T) {
	encrypted := make([]byte, 2048)
	copy(encrypted, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	encrypted[30], encrypted[48] = 9, 1
	old := bytes.Clone(encrypted)
	for i, c := range "EncryptedPackage" {
		encrypted[1024+128+2*i] = byte(c)
	}
	good := "배송번호,택배사,운송장번호\n"
	many := strings.Builder{}
	many.WriteString(good)
	for i := range 12 {
		fmt.Fprintf(&many, "A%d,CJ,1\n", i)
	}
	rows := [][]any{ours}
	for i := range 40 {
		rows = append(rows, []any{i, "CJ", "1"})
	}
	for _, c := range []struct {
		name    string
		file    bulk.File
		options bulk.Options
		code    bulk.Code
		says    string
	}{
		{name: "empty", file: bulk.Bytes(nil), code: bulk.F01, says: "empty"},
		{name: "large", file: bulk.Bytes([]byte(good)), options: bulk.Options{Limits: bulk.Limits{File: 16}}, code: bulk.F01, says: "16 bytes"},
		{name: "password", file: bulk.Bytes(encrypted), code: bulk.F01, says: "password"},
		{name: "xls", file: bulk.Bytes(old), code: bulk.F01, says: "(.xls)"},
		{name: "html", file: bulk.Bytes([]byte(" <html><table>")), code: bulk.F01, says: "HTML"},
		{name: "pdf", file: bulk.Bytes([]byte("%PDF-1.7")), code: bulk.F01, says: "no spreadsheet"},
		{name: "zip", file: zipped(t, "a.txt", "x"), code: bulk.F01, says: "no workbook"},
		{name: "ods", file: zipped(t, "content.xml", "x"), code: bulk.F01, says: "OpenDocument"},
		{name: "cut", file: bulk.Bytes([]byte("PK\x03\x04 and no more")), code: bulk.F01, says: "damaged"},
		{name: "rows csv", file: bulk.Bytes([]byte(many.String())), options: bulk.Options{Limits: bulk.Limits{Rows: 10}}, code: bulk.F01, says: "limit is 10"},
		{name: "rows xlsx", file: xlsx(t, "Sheet1", rows, nil), options: bulk.Options{Limits: bulk.Limits{Rows: 10}}, code: bulk.F01, says: "limit is 10"},
		{name: "cell csv", file: bulk.Bytes([]byte(good + `A,CJ,"` + strings.Repeat("1", 1<<20))), code: bulk.F01, says: "128 KiB"},
		{name: "cell xlsx", file: bigCell(t), code: bulk.F01, says: "128 KiB"},
		{name: "bomb", file: bomb(t, false), code: bulk.F01, says: "200-fold"},
		{name: "bomb that lies", file: bomb(t, true), code: bulk.F01, says: ""},
		{name: "utf-16", file: bulk.Bytes([]byte("\xff\xfea\x00")), code: bulk.F02, says: "UTF-16"},
		{name: "broken", file: bulk.Bytes([]byte(good + "A,\xff\xff,1\n")), code: bulk.F02, says: "CP949"},
		{name: "replaced", file: bulk.Bytes([]byte(good + "A,\ufffd,1\n")), code: bulk.F02, says: "UTF-8"},
		{name: "missing heading", file: bulk.Bytes([]byte("배송번호,택배사,비고\nA,CJ,1\n")), code: bulk.F03, says: "운송장번호; found: 배송번호, 택배사, 비고"},
		{name: "heading twice", file: bulk.Bytes([]byte("배송번호,택배사,운송장번호,송장 번호\nA,CJ,1,2\n")), code: bulk.F03, says: "twice: 운송장번호"},
		{name: "no sheet", file: xlsx(t, "Sheet1", [][]any{ours}, nil), options: bulk.Options{Template: bulk.Naver()}, code: bulk.F04, says: "Sheet1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := world(t).shipper().Validate(t.Context(), c.file, c.options)
			var refused *bulk.FileError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v", err)
			}
			if refused.Code != c.code || !strings.Contains(refused.English, c.says) || refused.Korean == "" {
				t.Errorf("got %s: %s / %s", refused.Code, refused.English, refused.Korean)
			}
		})
	}
}

func zipped(t testing.TB, pairs ...string) bulk.File {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bulk.Bytes(b.Bytes())
}

const (
	rels = `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	book = `<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`
)

// byHand is a workbook that no program wrote.
func byHand(t testing.TB, sheet string) bulk.File {
	return zipped(t, "xl/_rels/workbook.xml.rels", rels, "xl/workbook.xml", book, "xl/worksheets/sheet1.xml", sheet)
}

func bigCell(t testing.TB) bulk.File {
	var text strings.Builder
	for i := range 1 << 17 {
		fmt.Fprintf(&text, "%08x", i*2654435761)
	}
	return byHand(t, `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>`+text.String()+`</t></is></c></row></sheetData></worksheet>`)
}

// bomb is a sheet of 64 MiB of spaces. One that lies has a directory that says it were small.
func bomb(t testing.TB, lies bool) bulk.File {
	t.Helper()
	f := byHand(t, "<worksheet>"+strings.Repeat(" ", 64<<20)+"</worksheet>")
	if !lies {
		return f
	}
	b := make([]byte, f.Size)
	if _, err := f.Content.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	copy(b[at+24:], []byte{0, 0, 1, 0}) // uncompressed size: 64 KiB
	return bulk.Bytes(b)
}

// TestSheetByHand: prefixed names, no references, values as other programs write them.
func TestSheetByHand(t *testing.T) {
	f := byHand(t, `<?xml version="1.0"?><!-- by hand --><x:worksheet xmlns:x="urn:x"><x:sheetData>
		<x:row><x:c t="inlineStr"><x:is><x:t>배송번호</x:t></x:is></x:c><x:c t="str"><x:v>택배사</x:v></x:c><x:c t='inlineStr'><x:is><x:t><![CDATA[운송장번호]]></x:t></x:is></x:c></x:row>
		<x:row r="7"><x:c r="A7" t="str"><x:v>A&#45;S1</x:v></x:c><x:c r="B7" t="inlineStr"><x:is><x:r><x:t>CJ</x:t></x:r><x:rPh><x:t>씨제이</x:t></x:rPh></x:is></x:c><x:c r="C7"><x:v>5.51000000014E+11</x:v></x:c></x:row>
	</x:sheetData></x:worksheet>`)
	p := validate(t, world(t), f, bulk.Options{})
	if got := said(p); got != "7 SHIP R06:warn" {
		t.Error(got)
	}
	for row := range p.Rows() {
		if row.Waybill.Number != "551000000014" {
			t.Error(row.Waybill.Number)
		}
	}
}
