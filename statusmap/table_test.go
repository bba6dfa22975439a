package statusmap_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

func builtin() map[string]func() *statusmap.Table {
	return map[string]func() *statusmap.Table{
		"deliveryapi":     statusmap.DeliveryAPI,
		"sweettracker":    statusmap.SweetTracker,
		"trackerdelivery": statusmap.TrackerDelivery,
	}
}

// TestGolden holds the complete tables: a change of a row shows as a change of behaviour in review.
func TestGolden(t *testing.T) {
	for name, table := range builtin() {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, row := range table().Rows() {
				fmt.Fprintln(&b, strings.Join([]string{
					or(string(row.Courier), "any courier"), or(row.Code, "no code"), or(row.Text, "any text"),
					strings.Trim(row.Status.String()+"·"+row.Sub.String(), "·"), string(row.Reason),
				}, "|"))
			}
			goldentest.Compare(t, "testdata/"+name+".txt", b.String())
		})
	}
}

func or(text, empty string) string {
	if text == "" {
		return empty
	}
	return text
}

func TestBuiltinWords(t *testing.T) {
	tests := []struct {
		table, courier, code, text string
		want                       string // status, sub-status and reason; "debt" for an unmapped word
	}{
		// Text refines a code that is known.
		{"trackerdelivery", "post", "EXCEPTION", "신청취소", "CANCELLED seller_voided"},
		{"trackerdelivery", "post", "EXCEPTION", "접수취소", "CANCELLED seller_voided"},
		{"trackerdelivery", "post", "INFORMATION_RECEIVED", "접수", "PICKED_UP"},
		{"trackerdelivery", "cj", "INFORMATION_RECEIVED", "접수", "REGISTERED"},
		{"trackerdelivery", "post", "INFORMATION_RECEIVED", "운송장출력", "REGISTERED"},
		{"trackerdelivery", "kyungdong", "IN_TRANSIT", "배달차량상차", "OUT_FOR_DELIVERY"},
		{"trackerdelivery", "cj", "IN_TRANSIT", "배달차량상차", "IN_TRANSIT"},
		{"trackerdelivery", "hanjin", "EXCEPTION", "관부가세 납부 대기 중", "HOLD customs_duty_unpaid"},
		{"trackerdelivery", "hanjin", "EXCEPTION", "다른 사정", "HOLD"},
		{"trackerdelivery", "hanjin", "IN_TRANSIT", "배송 준비중", "IN_TRANSIT·AT_BRANCH"},
		{"trackerdelivery", "post", "ATTEMPT_FAIL", "미배달", "FAILED consignee_absent"},

		// Return words do, whatever the code; nothing looks inside a word.
		{"trackerdelivery", "cj", "IN_TRANSIT", "반송", "RETURNED·RETURNING"},
		{"trackerdelivery", "cj", "EXCEPTION", "반품", "RETURNED·RETURNING"},
		{"trackerdelivery", "cj", "UNKNOWN", "회수", "RETURNED·RETURNING"},
		{"trackerdelivery", "cj", "DELIVERED", "반송", "RETURNED·RETURNING"},
		{"trackerdelivery", "cj", "", "반송", "RETURNED·RETURNING"},
		{"trackerdelivery", "cj", "IN_TRANSIT", "반송동", "IN_TRANSIT"},
		{"trackerdelivery", "cj", "UNKNOWN", "일반송장", "debt"},
		{"trackerdelivery", "lotte", "EXCEPTION", "반품취소", "HOLD seller_return_called_off"},

		// A code that says nothing leaves the text to speak, and only then.
		{"trackerdelivery", "cupost", "UNKNOWN", "점포도착", "OUT_FOR_DELIVERY·AVAILABLE_FOR_PICKUP"},
		{"trackerdelivery", "cupost", "UNKNOWN", "수령완료", "DELIVERED"},
		{"trackerdelivery", "lotte", "UNKNOWN", "인수자등록", "DELIVERED"},
		{"trackerdelivery", "cj", "UNKNOWN", "인수자등록", "debt"},
		{"trackerdelivery", "lotte", "SOME_FUTURE_CODE", "인수자등록", "DELIVERED"},
		{"trackerdelivery", "lotte", "IN_TRANSIT", "인수자등록", "IN_TRANSIT"},
		{"trackerdelivery", "cj", "UNKNOWN", "배송완료", "DELIVERED"},
		{"trackerdelivery", "homepick", "UNKNOWN", "배송완료", "debt"},
		{"trackerdelivery", "cj", "UNKNOWN", "", "debt"},

		// The old generation's spelling, and untidy text.
		{"trackerdelivery", "cj", "out_for_delivery", "", "OUT_FOR_DELIVERY"},
		{"trackerdelivery", "cj", " In_Transit ", "", "IN_TRANSIT"},
		{"trackerdelivery", "hanjin", "IN_TRANSIT", "\u3000배송 \n 준비중 ", "IN_TRANSIT·AT_BRANCH"},

		{"sweettracker", "cj", "0", "", "PENDING"},
		{"sweettracker", "cj", "1", "배송준비중", "REGISTERED"},
		{"sweettracker", "cj", "2", "집화처리", "PICKED_UP"},
		{"sweettracker", "cj", "4", "지점도착", "IN_TRANSIT·AT_BRANCH"},
		{"sweettracker", "cj", "6", "배송완료", "DELIVERED"},
		{"sweettracker", "cj", "6", "반송", "RETURNED·RETURNING"},
		{"sweettracker", "cj", "7", "배송완료", "debt"},
		{"sweettracker", "cj", "-99", "배달완료", "UNKNOWN"},
		{"sweettracker", "cj", "-99", "반송", "UNKNOWN"},

		{"deliveryapi", "cj", "RETURNED", "반송", "RETURNED·RETURNING"},
		{"deliveryapi", "cj", "delivered", "배송완료", "DELIVERED"},
		{"deliveryapi", "cj", "UNKNOWN", "보관", "debt"},
		{"deliveryapi", "cj", "STORED_IN_LOCKER", "", "debt"},
		{"deliveryapi", "cj", "IN_TRANSIT", "반송", "RETURNED·RETURNING"},
		{"deliveryapi", "cj", "", "", "debt"},
	}
	tables := map[string]*statusmap.Table{}
	for name, table := range builtin() {
		tables[name] = table()
	}
	for _, tt := range tests {
		row, ok := tables[tt.table].Map(tracking.Courier(tt.courier), tt.code, tt.text)
		got := "debt"
		if ok {
			got = strings.TrimRight(strings.TrimRight(row.Status.String()+"·"+row.Sub.String(), "·")+" "+string(row.Reason), " ")
		}
		if got != tt.want {
			t.Errorf("%s: %s %q %q = %s, want %s", tt.table, tt.courier, tt.code, tt.text, got, tt.want)
		}
	}
}

// TestOrder takes the rows away one by one, in the order in which they win.
func TestOrder(t *testing.T) {
	rows := []statusmap.Row{
		{Courier: "cj", Code: "C", Text: "T", Status: tracking.StatusPending},
		{Code: "C", Text: "T", Status: tracking.StatusRegistered},
		{Courier: "cj", Code: statusmap.AnyCode, Text: "T", Status: tracking.StatusPickupReady},
		{Code: statusmap.AnyCode, Text: "T", Status: tracking.StatusPickedUp},
		{Courier: "cj", Code: "C", Status: tracking.StatusInTransit},
		{Code: "C", Status: tracking.StatusOutForDelivery},
		{Courier: "cj", Text: "T", Status: tracking.StatusDelivered},
		{Text: "T", Status: tracking.StatusFailed},
	}
	for i := range rows {
		table, err := statusmap.New("order", rows[i:]...)
		if err != nil {
			t.Fatal(err)
		}
		row, ok := table.Map("cj", "C", "T")
		if !ok || row != rows[i] {
			t.Errorf("without the first %d rows: %+v, %t; want %+v", i, row, ok, rows[i])
		}
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	_, err := statusmap.New("bad",
		statusmap.Row{Courier: "cj", Status: tracking.StatusDelivered},
		statusmap.Row{Code: "A", Status: tracking.StatusHold, Sub: tracking.SubLost},
		statusmap.Row{Code: "B", Status: tracking.Status(99)},
		statusmap.Row{Code: "C", Sub: tracking.Sub(99)},
		statusmap.Row{Code: statusmap.AnyCode, Status: tracking.StatusHold},
		statusmap.Row{Code: "same", Status: tracking.StatusHold},
		statusmap.Row{Code: " SAME ", Status: tracking.StatusFailed},
		statusmap.Row{Code: "fine", Status: tracking.StatusFailed, Sub: tracking.SubLost},
	)
	if err == nil {
		t.Fatal("faulty rows were taken")
	}
	for _, want := range []string{
		"row 1 ", "neither code nor text", "row 2 ", "LOST is not of HOLD", "row 3 ", "row 4 ", "row 5 ", "row 7 ", "repeats row 6",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "row 8 ") {
		t.Errorf("a good row is blamed:\n%v", err)
	}
}

func TestWith(t *testing.T) {
	base := statusmap.TrackerDelivery()
	own, err := base.With(
		statusmap.Row{Code: "EXCEPTION", Status: tracking.StatusFailed},
		statusmap.Row{Courier: "cj", Code: "UNKNOWN", Text: "보관", Status: tracking.StatusHold},
	)
	if err != nil {
		t.Fatal(err)
	}
	check := func(table *statusmap.Table, c, code, text string, want tracking.Status) {
		t.Helper()
		if row, _ := table.Map(tracking.Courier(c), code, text); row.Status != want {
			t.Errorf("%s %s %s = %s, want %s", c, code, text, row.Status, want)
		}
	}
	check(own, "cj", "EXCEPTION", "", tracking.StatusFailed)
	check(base, "cj", "EXCEPTION", "", tracking.StatusHold)
	check(own, "cj", "UNKNOWN", "보관", tracking.StatusHold)
	check(own, "post", "EXCEPTION", "신청취소", tracking.StatusCancelled)
	check(base, "cj", "UNKNOWN", "보관", tracking.StatusUnknown)

	if base.Version() == own.Version() {
		t.Errorf("a changed table has the version of the old one, %s", base.Version())
	}
	if again := statusmap.TrackerDelivery(); base.Version() != again.Version() {
		t.Errorf("the same rows have versions %s and %s", base.Version(), again.Version())
	}
	if len(own.Debts()) != 0 || len(base.Debts()) != 1 {
		t.Errorf("debts are shared: %v, %v", own.Debts(), base.Debts())
	}
}

func TestDebts(t *testing.T) {
	table := statusmap.SweetTracker()
	table.Map("cj", "-99", "배달완료")
	table.Map("cj", "", "")
	if debts := table.Debts(); len(debts) != 0 {
		t.Fatalf("what is known to say nothing is owed: %v", debts)
	}
	table.Map("cj", "9", strings.Repeat("가", 60))
	for range 3 {
		table.Map("lotte", "8", "미지")
	}
	want := []statusmap.Debt{
		{Courier: "lotte", Code: "8", Text: "미지", Count: 3},
		{Courier: "cj", Code: "9", Text: strings.Repeat("가", 33), Count: 1},
	}
	if diff := cmp.Diff(want, table.Debts()); diff != "" {
		t.Errorf("debts (-want +got):\n%s", diff)
	}
}

func TestDebtsAreBounded(t *testing.T) {
	table := statusmap.DeliveryAPI()
	for i := range 1500 {
		table.Map("cj", fmt.Sprintf("NEW_%d", i), "")
	}
	table.Map("cj", "NEW_0", "")
	if known, lost := len(table.Debts()), table.DebtsLost(); known != 1000 || lost != 500 {
		t.Errorf("%d words told apart and %d lost, want 1000 and 500", known, lost)
	}
	if first := table.Debts()[0]; first.Code != "NEW_0" || first.Count != 2 {
		t.Errorf("most frequent debt is %+v, want NEW_0 twice", first)
	}
}

func TestMapAllocatesNothing(t *testing.T) {
	table := statusmap.TrackerDelivery()
	words := [][3]string{
		{"post", "EXCEPTION", "신청취소"}, {"cj", "IN_TRANSIT", "간선상차"}, {"cj", "in_transit", "간선 상차"},
		{"cj", "UNKNOWN", "배송완료"}, {"cj", "SOME_FUTURE_CODE", "미지"}, {"cj", "DELIVERED", ""},
	}
	for _, word := range words {
		table.Map(tracking.Courier(word[0]), word[1], word[2])
		if n := testing.AllocsPerRun(100, func() { table.Map(tracking.Courier(word[0]), word[1], word[2]) }); n != 0 {
			t.Errorf("%v: %v allocations", word, n)
		}
	}
}

func TestMapIsSafeForConcurrentUse(t *testing.T) {
	table := statusmap.DeliveryAPI()
	const workers, words = 8, 500
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range words {
				table.Map("cj", fmt.Sprintf("NEW_%d", i%10), "")
				table.Map("cj", "DELIVERED", "")
				table.Debts()
			}
		})
	}
	wg.Wait()
	var count int64
	for _, debt := range table.Debts() {
		count += debt.Count
	}
	if count != workers*words {
		t.Errorf("%d unmapped words counted, want %d", count, workers*words)
	}
}

func FuzzMap(f *testing.F) {
	f.Add("cj", "IN_TRANSIT", "배송 준비중")
	f.Add("post", "exception", " 신청취소\n")
	f.Add("", "*", "반송")
	f.Add("lotte", "\xff", "\u3000\u00a0")
	table := statusmap.TrackerDelivery()
	f.Fuzz(func(t *testing.T, c, code, text string) {
		row, ok := table.Map(tracking.Courier(c), code, text)
		if !ok && row != (statusmap.Row{}) {
			t.Errorf("an unmapped word gave %+v", row)
		}
		if ok && row.Sub != tracking.SubNone && row.Sub.Of() != row.Status {
			t.Errorf("%+v is no legal pair", row)
		}
		again, _ := table.Map(tracking.Courier(c), " "+strings.ToLower(code)+" ", "\n"+text+"\t")
		if strings.ToUpper(strings.ToLower(code)) == strings.ToUpper(code) && again != row {
			t.Errorf("untidy spelling of %q %q %q: %+v, tidy: %+v", c, code, text, again, row)
		}
	})
}
