package report_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

func TestCost(t *testing.T) {
	b := delivered(48, 24)
	b.Carrier = "b"
	r, err := report.Make(report.Input{
		From: from, To: to, Now: now, Shipments: given([]report.Shipment{delivered(48, 24), delivered(48, 20), b, standing(tracking.StatusHold, 9)}, nil),
		Usage: []report.Usage{{"a", 10, 30, 0}, {"c", 4, 4, 40}, {"a", 2, 3, 500}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Cost{
		{Carrier: "a", Calls: 12, Asked: 33, Won: 500, Delivered: 2, CallsEach: known(6), AskedEach: known(16.5), WonEach: known(250)},
		{Carrier: "b", Delivered: 1},                // nobody said what it took
		{Carrier: "c", Calls: 4, Asked: 4, Won: 40}, // nothing to divide by
	}
	if !slices.Equal(r.Carriers, want) {
		t.Errorf("carriers are %+v, want %+v", r.Carriers, want)
	}
	if want := (report.Cost{Calls: 16, Asked: 37, Won: 540, Delivered: 3, CallsEach: known(8), AskedEach: known(18.5), WonEach: known(270)}); r.Cost != want {
		t.Errorf("in all %+v, want %+v", r.Cost, want)
	}
}

func TestNothingIsAbsentNotZero(t *testing.T) {
	r := made(t)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]any
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	total, cost := found["total"].(map[string]any), found["cost"].(map[string]any)
	if _, there := total["to_delivery"]; there || total["estimate"].(map[string]any)["p50_hours"] != nil || cost["won_per_delivered"] != nil {
		t.Errorf("figures of nothing: %s", text)
	}
	if r.Total.FirstAttempt.Rate.Known || r.Cost.CallsEach.Known {
		t.Error("there are rates of nothing")
	}
}

func TestWordsByVolume(t *testing.T) {
	r, err := report.Make(report.Input{From: from, To: to, Now: now, Shipments: given(nil, nil), Words: []report.Word{
		{3, "a", "cj", "집배점"}, {0, "a", "cj", "없음"}, {5, "b", "cj", "대리점"}, {3, "a", "cj", "집배점"}, {5, "a", "lotte", "대리점"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Word{{6, "a", "cj", "집배점"}, {5, "a", "lotte", "대리점"}, {5, "b", "cj", "대리점"}}
	if !slices.Equal(r.Words, want) {
		t.Errorf("words are %v, want %v", r.Words, want)
	}
}

func TestFigureJSON(t *testing.T) {
	for _, f := range []report.Figure{{}, known(0), known(1.5)} {
		text, err := json.Marshal(f)
		var back report.Figure
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back != f {
			t.Errorf("%+v comes back as %+v by %s: %v", f, back, text, err)
		}
	}
}
