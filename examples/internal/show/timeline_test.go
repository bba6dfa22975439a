package show

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/waybill-dev/waybill/tracking"
)

func at(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, kst) }

// settled makes a parcel as a carrier does.
func settled(c tracking.Courier, number string, events ...tracking.Event) tracking.Result {
	p := &tracking.Parcel{Courier: c, Number: number, Source: "test", RetrievedAt: at(22, 0), Events: events}
	q := tracking.Query{Courier: c, Number: number}
	p.Settle(q.Context())
	return tracking.Result{Query: q, Carrier: "test", Parcel: p}
}

func printed(r tracking.Result) string {
	var out bytes.Buffer
	(&Screen{out: &out}).Result(r)
	return out.String()
}

// TestColumnsLineUp looks for the cell at which the places begin, after texts in Korean, English and signs.
func TestColumnsLineUp(t *testing.T) {
	texts := []string{"집화처리", "SM입고", "In transit", "허브 → (도착)일배 출고", "배달 완료(고객 수령)", "", "ｆｕｌｌ ｗｉｄｔｈ", "배송 출발…"}
	var events []tracking.Event
	for i, text := range texts {
		events = append(events, tracking.Event{At: at(20, i), Status: tracking.StatusInTransit, Text: text, Place: "HERE서울"})
	}
	out := printed(settled("cj", "550000001234", events...))
	lines := 0
	for line := range strings.Lines(out) {
		before, _, found := strings.Cut(line, "HERE")
		if !found {
			continue
		}
		lines++
		if got, want := runewidth.StringWidth(before), 3+len("11/20 09:00")+2+textColumn; got != want {
			t.Errorf("the place begins at cell %d, want %d: %q", got, want, line)
		}
	}
	if lines != len(texts) {
		t.Errorf("%d of %d events have a place:\n%s", lines, len(texts), out)
	}
}

// TestHeadsLineUp does the same for the heads of parcels.
func TestHeadsLineUp(t *testing.T) {
	for _, r := range []tracking.Result{
		settled("cj", "550000001234"), settled("gspostbox", "5500000121"), settled("post", "6000000000108"), settled("truckers", "T-1"),
		{Query: tracking.Query{Courier: "lotte", Number: "1"}, Carrier: "test", Err: &tracking.Error{Kind: tracking.ErrNotFound}},
	} {
		out := printed(r)
		before, _, _ := strings.Cut(out, "test")
		if got, want := runewidth.StringWidth(before), 1+nameColumn+numberColumn+statusColumn; got != want {
			t.Errorf("the carrier begins at cell %d, want %d: %q", got, want, out)
		}
	}
}

func TestLongTextIsKept(t *testing.T) {
	number := "2026-11-20T09:00:00Z-and-more"
	long := strings.Repeat("배송", 40)
	out := printed(settled("trackerdelivery:kr.some-very-long-code", number, tracking.Event{At: at(20, 1), Text: long, Place: "끝"}))
	for _, want := range []string{"trackerdelivery:kr.some-very-long-code  ", number + "  ", long + "  끝"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestClock(t *testing.T) {
	for want, ev := range map[string]tracking.Event{
		"11/20 09:00": {At: at(20, 0).Add(9 * time.Hour)},
		"11/20 --:--": {At: at(20, 23), Precision: tracking.PrecisionDay},
		"--/-- --:--": {Precision: tracking.PrecisionNone},
		"11/21 00:00": {At: time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)}, // shown in Korean time
	} {
		if got := clock(ev); got != want {
			t.Errorf("clock(%v) = %q, want %q", ev.At, got, want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for number, want := range map[string]string{
		"550000001234":   "5500-0000-1234",
		"6000000000123":  "60000-0000-0123", // 우체국
		"55000000206":    "550-0000-0206",
		"5500000121":     "55-0000-0121",
		"55000000001234": "55-0000-0000-1234",
		"123456789":      "123456789",
		"EE123456789KR":  "EE123456789KR",
		"5500-0000-1234": "5500-0000-1234",
		"":               "",
	} {
		if got := Grouped(number); got != want {
			t.Errorf("Grouped(%q) = %q, want %q", number, got, want)
		}
	}
}

func TestRemarks(t *testing.T) {
	deliveredTwice := []tracking.Event{
		{At: at(10, 1), Status: tracking.StatusPickedUp, Text: "집화처리", Place: "옛집"},
		{At: at(20, 9), Status: tracking.StatusOutForDelivery, Text: "배송출발", Note: "16~18시 배송예정", Place: "보은"},
	}
	r := settled("cj", "550000001234", deliveredTwice...)
	r.Query.Since = at(20, 0)
	r.Parcel.Settle(r.Query.Context())
	for _, c := range []struct {
		result tracking.Result
		want   string
	}{
		{r, "16:00–18:00 도착 예정"},
		{r, "earlier parcel"},
		{settled("post", "6000000000108", tracking.Event{At: at(20, 1), Status: tracking.StatusReturned, Sub: tracking.SubReturning, Text: "반송"}), "반송 중"},
		{settled("post", "6000000000108", tracking.Event{At: at(20, 1), Status: tracking.StatusReturned, Text: "반송완료"}), "back at the sender"},
		{settled("gspostbox", "5500000121"), "GS Postbox 택배  "},
		{refused("cj", tracking.ErrUpstream), "조회 실패"},
		{refused("hanjinn", tracking.ErrUnsupportedCourier), "did you mean hanjin"},
	} {
		out := printed(c.result)
		if !strings.Contains(out, c.want) {
			t.Errorf("%q is missing in\n%s", c.want, out)
		}
		for line := range strings.Lines(out) {
			if strings.HasSuffix(line, " \n") {
				t.Errorf("%q ends in blanks", line)
			}
		}
	}
}

func refused(c tracking.Courier, kind error) tracking.Result {
	return tracking.Result{Query: tracking.Query{Courier: c, Number: "1"}, Err: &tracking.Error{Kind: kind}}
}
