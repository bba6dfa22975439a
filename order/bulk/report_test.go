package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
	"github.com/waybill-dev/waybill/order/privacy"
)

// every is a sheet with a row of every kind.
func every() bulk.File {
	return csv(
		"A-S1,CJ,"+cj(1)+",,2", ",CJ,"+cj(2), "B-S1,CJ,", "", "B-S1,CJ,5.51235E+11", "C-S1,CJ,5512-3456-7891,,,2026-12-24",
		"Z-S1,CJ,"+cj(3), "T-S1,CJ,"+cj(4), "Q-S1,CJ,"+cj(5), "R-S1,CJ,"+cj(90), "R-S1,CJ,"+cj(90), "E-S1,,,,,,쿠폰",
		`M-S1,=HYPERLINK("http://x"),`+cj(6), "M-S1,대한통훈,"+cj(7),
	)
}

// TestGoldenReport compares results and report whole.
func TestGoldenReport(t *testing.T) {
	s := world(t)
	r := commit(t, s, validate(t, s, every(), bulk.Options{}), "c1")
	var results, report bytes.Buffer
	if err := r.WriteJSON(&results); err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, "testdata/result.json", strings.ReplaceAll(results.String(), `{"rowNo"`, "\n{\"rowNo\"")+"\n")
	if err := r.Report(t.Context(), &report, every(), bulk.ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, "testdata/report.csv", strings.ReplaceAll(report.String(), "\r\n", "\n"))
}

// TestReportReadsBack: a report that is uploaded unchanged says the same as the sheet it is about, in both formats.
func TestReportReadsBack(t *testing.T) {
	rows := [][]any{{"배송번호", "택배사", "운송장번호", "품목ID", "수량", "출고일"},
		{"A-S1", "CJ대한통운", 551000000014, nil, 2, 46347}, {"C-S1", "한진택배", "0123456789", nil, nil, "2026-11-20"}, {"B-S1", "CJ", "５５１２ー３４５６－７８９１"}}
	for name, f := range map[string]bulk.File{
		"xlsx": xlsx(t, "발송", rows, nil),
		"csv":  csv("A-S1,CJ대한통운,551000000014,,2,2026-11-21", "C-S1,한진택배,0123456789,,,2026-11-20", "B-S1,CJ,５５１２ー３４５６－７８９１"),
	} {
		s := world(t)
		p := validate(t, s, f, bulk.Options{})
		var report, again bytes.Buffer
		r := commit(t, newShop(), p, "nothing")
		if err := r.Report(t.Context(), &report, f, bulk.ReportOptions{}); err != nil {
			t.Fatal(err)
		}
		second := validate(t, s, bulk.Bytes(report.Bytes()), bulk.Options{})
		if diff := cmp.Diff(rowsOf(p), rowsOf(second)); diff != "" {
			t.Errorf("%s: (-sheet +report):\n%s", name, diff)
		}
		if strings.Contains(said(second), "R16") {
			t.Errorf("%s: the date was lost: %s", name, said(second))
		}
		// A report of a report has no more columns.
		if err := commit(t, newShop(), second, "nothing").Report(t.Context(), &again, bulk.Bytes(report.Bytes()), bulk.ReportOptions{}); err != nil {
			t.Fatal(err)
		}
		if p.Source().Format == "csv" && strings.Count(strings.SplitN(again.String(), "\n", 2)[0], "결과") != 1 {
			t.Errorf("headings: %s", again.String())
		}
	}
}

func rowsOf(p *bulk.Plan) (rows [][3]string) {
	for row := range p.Rows() {
		rows = append(rows, [3]string{row.Key, row.Waybill.Courier, row.Waybill.Number})
	}
	return rows
}

// TestReportWorkbook opens a report with another program.
func TestReportWorkbook(t *testing.T) {
	f := xlsx(t, "발송처리", [][]any{ours, {"A-S1", "CJ", cj(1), "=1+1", nil, nil}, {}, {"@B", "-CJ & <CJ>", "_x000D_\x01"}}, func(f *excelize.File) {
		if err := f.SetCellFormula("발송처리", "C4", `HYPERLINK("http://x")`); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellValue("발송처리", "D4", "+82"); err != nil {
			t.Fatal(err)
		}
	})
	s := world(t)
	r := commit(t, s, validate(t, s, f, bulk.Options{}), "c1")
	var report bytes.Buffer
	if err := r.Report(t.Context(), &report, f, bulk.ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(report.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("발송처리", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || len(rows[2]) != 0 || rows[1][0] != "A-S1" || rows[1][3] != "'=1+1" || rows[3][0] != "'@B" || rows[3][1] != "'-CJ & <CJ>" || rows[3][3] != "'+82" {
		t.Errorf("%q", rows)
	}
	for row, cells := range rows {
		for column := range cells {
			name, _ := excelize.CoordinatesToCellName(column+1, row+1)
			formula, _ := book.GetCellFormula("발송처리", name)
			kind, _ := book.GetCellType("발송처리", name)
			if formula != "" || cells[column] != "" && kind != excelize.CellTypeInlineString {
				t.Errorf("%s is %v, formula %q", name, kind, formula)
			}
		}
	}
}

// wing is a Coupang sheet, with people in it.
func wing(t testing.TB) bulk.File {
	return xlsx(t, "Delivery", [][]any{
		{"묶음배송번호", "주문번호", "택배사", "운송장번호", "수취인이름", "수취인전화번호", "수취인 주소", "배송메세지", "새로운 열"},
		{"A-S1", "9", "CJ", cj(1), "홍길동", "010-0000-1234", "서울특별시 강남구 테헤란로 123", "공동현관 1234", "누구의 것"},
		{"Z-S9", "8", "CJ", cj(2), "김철", "010-0000-5678", "부산광역시 해운대구 우동 2", "", "x"},
	}, nil)
}

// TestReportIsAnExport: people are masked, unless an export was permitted for a reason and is recorded.
func TestReportIsAnExport(t *testing.T) {
	s := world(t)
	r := commit(t, s, validate(t, s, wing(t), bulk.Options{Template: bulk.CoupangWing()}), "c1")
	guard, log := newGuard(t)
	text := func(o bulk.ReportOptions) (string, error) {
		var report bytes.Buffer
		if err := r.Report(t.Context(), &report, wing(t), o); err != nil {
			return report.String(), err
		}
		book, err := excelize.OpenReader(&report)
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		rows, err := book.GetRows("Delivery")
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, row := range rows {
			b.WriteString(strings.Join(row, "|") + "\n")
		}
		return b.String(), nil
	}
	masked, err := text(bulk.ReportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(masked, "A-S1|9|CJ|"+cj(1)+"|홍*동|010-****-1234|") || strings.Contains(masked, "공동현관") || strings.Contains(masked, "누구") {
		t.Error(masked)
	}
	kinds := []privacy.Kind{privacy.KindName, privacy.KindPhone, privacy.KindAddress, privacy.KindMemo, privacy.KindOther}
	view, err := guard.Issue(t.Context(), privacy.Request{Actor: "op", Purpose: "출고", Fields: kinds, Source: "10.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := text(bulk.ReportOptions{Guard: guard, Permit: view}); !errors.Is(err, bulk.ErrExport) {
		t.Errorf("a permit to view: %v", err)
	}
	if _, err := guard.Issue(t.Context(), privacy.Request{Actor: "op", Purpose: "출고", Fields: kinds, Source: "10.0.0.1", Action: privacy.Export}); err == nil {
		t.Error("an export without a reason")
	}
	export, err := guard.Issue(t.Context(), privacy.Request{Actor: "op", Purpose: "출고", Fields: kinds, Source: "10.0.0.1", Action: privacy.Export, Reason: "오류 행 수정"})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := text(bulk.ReportOptions{Guard: guard, Permit: export})
	if err != nil || !strings.Contains(shown, "홍길동|010-0000-1234|서울특별시 강남구 테헤란로 123|공동현관 1234|누구의 것") {
		t.Errorf("%v: %s", err, shown)
	}
	accesses, err := log.Accesses()
	if err != nil || len(accesses) != 2 || accesses[0].Action != privacy.Export || accesses[0].Count != 2 {
		t.Errorf("%v: %+v", err, accesses)
	}
	failing, err := text(bulk.ReportOptions{Guard: noRecord{}, Permit: export})
	if err == nil || strings.Contains(failing, "홍길동") {
		t.Error("data without a record")
	}
}

type noRecord struct{}

func (noRecord) UnmaskAll(context.Context, privacy.Permit, ...privacy.Disclosure) ([][]string, error) {
	return nil, privacy.ErrNotRecorded
}

func newGuard(t testing.TB) (*privacy.Guard, *privacy.Memory) {
	t.Helper()
	key, err := privacy.NewKey([]byte("an example of a secret"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := privacy.NewMemory(key)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := privacy.NewGuard(privacy.Config{
		Authorize: func(context.Context, privacy.Request) error { return nil }, Sink: log, Key: key, Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	return guard, log
}

func TestReportOfAnotherFile(t *testing.T) {
	s := world(t)
	r := commit(t, s, validate(t, s, csv("A-S1,CJ,"+cj(1)), bulk.Options{}), "c1")
	if err := r.Report(t.Context(), &bytes.Buffer{}, csv("B-S1,CJ,"+cj(1)), bulk.ReportOptions{}); !errors.Is(err, bulk.ErrOtherFile) {
		t.Error(err)
	}
}

// TestNobodyIsNamed looks through everything that comes out for people, and for other people's orders, on sheets whose
// columns slipped.
func TestNobodyIsNamed(t *testing.T) {
	s := world(t)
	s.tenant = "somebody else"
	s.add(t, "SECRET", kim, order.MethodCourier, 1)
	s.act(t, "SECRET", order.Command{ID: "r", Event: order.CompleteRelease, Actor: order.Operator("o"), At: noon, Waybill: &order.Waybill{Courier: "cj", Number: cj(70)}})
	files := []bulk.File{
		csv("A-S1,홍길동,010-0000-1234", "B-S1,CJ,김철", "C-S1,CJ,"+cj(70), "SECRET-S1,CJ,"+cj(1)),
		wing(t),
	}
	for i, f := range files {
		o := bulk.Options{}
		if i == 1 {
			o.Template = bulk.CoupangWing()
		}
		p := validate(t, s, f, o)
		r := commit(t, s, p, order.CommandID(rune('a'+i)))
		var said strings.Builder
		for row := range p.Rows() {
			for _, f := range row.Findings {
				said.WriteString(f.Korean + f.English + "\n")
			}
		}
		for row := range r.Rows() {
			said.WriteString(row.Korean + row.English + "\n")
		}
		var report bytes.Buffer
		if err := r.Report(t.Context(), &report, f, bulk.ReportOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"홍길동", "김철", "010-0000", "SECRET", "somebody"} {
			if strings.Contains(said.String(), secret) {
				t.Errorf("file %d: %s is named in\n%s", i, secret, said.String())
			}
		}
	}
}
