package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

// month is a period in which everything happened that a report can tell of.
func month(t *testing.T) report.Report {
	t.Helper()
	var all []report.Shipment
	for i := range 1200 {
		shipped := 20 + float64(i%600)
		s := delivered(shipped, shipped-16-float64(i%37))
		s.Courier, s.Carrier, s.PickedUp = "kr.cjlogistics", "deliveryapi", ago(shipped-5)
		switch {
		case i%11 == 0:
			s.Courier, s.Carrier, s.Delivered.Door = "kr.lotte", "sweettracker", tracking.DoorPush
		case i%13 == 0:
			s.Failed = 1
		case i%17 == 0:
			s.Delivered.Published = s.Delivered.At.Add(1)
			s.Out = report.Sighting{At: ago(shipped - 12), Seen: ago(shipped - 13.5), Door: tracking.DoorPush}
		case i%101 == 0:
			s.Status = tracking.StatusReturned
		}
		if s.Delivered.At.After(now) {
			s.Status, s.Moved = tracking.StatusInTransit, ago(3)
		}
		all = append(all, s)
	}
	for i, status := range tracking.Statuses() {
		s := standing(status, float64(400+i))
		s.Courier, s.Carrier, s.Unmapped = "대한택배", "own", 1
		all = append(all, s)
	}
	silent := standing(tracking.StatusInTransit, 900)
	silent.Ended, silent.Reason = ago(100), "silence"
	old := silent
	old.Reason = "age"
	recall, sendBack := delivered(90, 50), delivered(80, 60)
	recall.Role, sendBack.Role = order.WaybillRecall, order.WaybillSendBack
	day, backwards, late, early := delivered(40, 20), delivered(40, 44), delivered(40, 20), delivered(40, 20)
	day.Delivered.DayOnly = true
	late.Watched, early.Delivered.Seen = ago(19.8), ago(21)
	undated, timeless, future := delivered(40, 20), delivered(40, 20), standing(tracking.StatusRegistered, -3)
	undated.Shipped, timeless.Delivered.At = time.Time{}, time.Time{}
	all = append(all, silent, silent, old, recall, sendBack, day, backwards, late, early, undated, timeless, future)
	var words []report.Word
	for i := range 22 {
		words = append(words, report.Word{Count: int64(3000 / (i + 1)), Carrier: "deliveryapi", Courier: "kr.cjlogistics", Text: fmt.Sprintf("대리점 %d차", i+1)})
	}
	r, err := report.Make(report.Input{
		From: from, To: to, Now: now, Shipments: given(all, nil), Words: words,
		Usage: []report.Usage{{"deliveryapi", 1630, 15870, 0}, {"sweettracker", 1104, 1104, 55200}, {"trackerdelivery", 12, 12, 0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestText holds the tables against golden files; UPDATE_GOLDEN=1 rewrites them.
func TestText(t *testing.T) {
	month, empty := month(t), reportOf(t, input(nil))
	for name, c := range map[string]struct {
		r  *report.Report
		in report.Language
	}{
		"month.en.txt": {&month, report.English}, "month.ko.txt": {&month, report.Korean},
		"empty.en.txt": {&empty, report.English}, "empty.ko.txt": {&empty, report.Korean},
	} {
		var text strings.Builder
		if err := c.r.WriteText(&text, c.in); err != nil {
			t.Fatal(err)
		}
		goldentest.Compare(t, "testdata/"+name, text.String())
	}
	shape, err := json.MarshalIndent(month, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, "testdata/month.json", string(shape)+"\n")
	if month.String() == "" || !strings.HasPrefix(month.String(), "Parcels from ") {
		t.Errorf("String begins with %.20q", month.String())
	}
}

// TestColumnsMeet: in both languages the lines of a table have their labels in one column, counting Hangul twice.
func TestColumnsMeet(t *testing.T) {
	r := month(t)
	for _, in := range []report.Language{report.English, report.Korean} {
		var text strings.Builder
		if err := r.WriteText(&text, in); err != nil {
			t.Fatal(err)
		}
		for _, table := range strings.Split(text.String(), "\n\n")[1:] {
			ends := map[int]bool{}
			var last string
			for _, line := range strings.Split(strings.TrimRight(table, "\n"), "\n")[1:] {
				if !strings.HasPrefix(line, "  ") {
					continue // more of the title
				}
				last = line
				ends[firstColumnEnd(line)] = true
			}
			if len(ends) != 1 {
				t.Errorf("%s: the first column ends at %v in\n%s\n%s", in, ends, table, last)
			}
		}
	}
}

// firstColumnEnd is where the first cell of a line ends.
func firstColumnEnd(line string) (end int) {
	text := strings.TrimLeft(line, " ")
	cell, _, _ := strings.Cut(text, "  ")
	end = len(line) - len(text)
	for _, r := range cell {
		end++
		if r > 0x1100 {
			end++
		}
	}
	return end
}

func TestReportComesBackFromJSON(t *testing.T) {
	want := month(t)
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got report.Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestTextFails(t *testing.T) {
	var r report.Report
	if err := r.WriteText(full{}, report.Korean); !errors.Is(err, errFull) {
		t.Errorf("the error is %v", err)
	}
	if err := r.WriteText(full{}, "jp"); err == nil || errors.Is(err, errFull) {
		t.Errorf("the error is %v", err)
	}
}
