package sandbox

import (
	"net/http"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func TestTruthOverHTTP(t *testing.T) {
	w := newWorld(t, Config{})
	for _, path := range []string{"/cj/" + cj(107), "/04/" + cj(107), "/kr.cjlogistics/" + cj(107)} {
		got := fetch(t, w.Client(), request(t, http.MethodGet, w.URLs("").Truth+path, nil))
		raw := decode[map[string][]map[string]any](t, got.body)
		s := raw["shipments"][0]
		if s["courier"] != "cj" || s["number"] != cj(107) || s["generation"] != 1.0 || s["status"] != "DELIVERED" ||
			s["delivered_at"] != "2026-09-28T08:00:00+09:00" {
			t.Errorf("%s: %s", path, got.body)
		}
		if events, _ := s["events"].([]any); len(events) != 5 {
			t.Errorf("%d events", len(events))
		}
	}
	got := fetch(t, w.Client(), request(t, http.MethodGet, w.URLs("").Truth+"/cj/"+magic(t, "not-found").Number, nil))
	if string(got.body) != "{\"shipments\":[]}\n" {
		t.Errorf("nothing known: %s", got.body)
	}
}

func TestTruthFollowsThePublishedScript(t *testing.T) {
	at := func(n int) time.Time { return referenceStart.Add(time.Duration(n-100) * time.Hour) }
	lost := tracking.SubLost
	for name, c := range map[string]struct {
		scans  []Scan
		status tracking.Status
		sub    tracking.Sub
		done   time.Time
	}{
		"nothing":                 {nil, tracking.StatusPending, none, time.Time{}},
		"only unknown":            {[]Scan{{At: at(1)}}, tracking.StatusUnknown, none, time.Time{}},
		"unknown tail":            {[]Scan{{At: at(1), Status: inTransit}, {At: at(2)}}, inTransit, none, time.Time{}},
		"late pickup":             {[]Scan{{At: at(1), Status: inTransit}, {At: at(2), Status: pickedUp}}, inTransit, none, time.Time{}},
		"any order":               {[]Scan{{At: at(3), Status: delivered}, {At: at(1), Status: pickedUp}}, delivered, none, at(3)},
		"scan after delivery":     {[]Scan{{At: at(1), Status: delivered}, {At: at(2), Status: inTransit}}, delivered, none, at(1)},
		"first delivery counts":   {[]Scan{{At: at(1), Status: delivered}, {At: at(2), Status: delivered}}, delivered, none, at(1)},
		"attempt, then delivered": {[]Scan{{At: at(1), Status: tracking.StatusFailed}, {At: at(2), Status: outFor}, {At: at(3), Status: delivered}}, delivered, none, at(3)},
		"returned after delivery": {[]Scan{{At: at(1), Status: delivered}, {At: at(2), Status: returned, Sub: returning}}, returned, returning, time.Time{}},
		"back is an end":          {[]Scan{{At: at(1), Status: returned}, {At: at(2), Status: outFor}}, returned, none, time.Time{}},
		"called off":              {[]Scan{{At: at(1), Status: returned, Sub: returning}, {At: at(2), Status: inTransit, CallsOff: true}}, inTransit, none, time.Time{}},
		"stray":                   {[]Scan{{At: at(1), Status: delivered, Stray: true}, {At: at(2), Status: pickedUp}}, pickedUp, none, time.Time{}},
		"cancelled, yet moving":   {[]Scan{{At: at(1), Status: tracking.StatusCancelled}, {At: at(2), Status: inTransit}}, inTransit, none, time.Time{}},
		"lost":                    {[]Scan{{At: at(1), Status: inTransit}, {At: at(2), Status: tracking.StatusFailed, Sub: lost}}, tracking.StatusFailed, lost, time.Time{}},
	} {
		w := newWorld(t, Config{Empty: true})
		w.Add(Parcel{Courier: courier.CJ, Number: cj(1), Label: at(0), Scans: c.scans})
		s := w.Truth(courier.CJ, cj(1)).Shipments[0]
		if s.Status != c.status || s.Sub != c.sub || !s.DeliveredAt.Equal(c.done) {
			t.Errorf("%s: %s %s %s", name, s.Status, s.Sub, s.DeliveredAt)
		}
	}
}

func TestRepeatedScansAreOneTrueEvent(t *testing.T) {
	w := newWorld(t, Config{})
	m := magic(t, "duplicates")
	view, _ := w.Look(m.Courier, m.Number)
	truth := w.Truth(m.Courier, m.Number).Shipments[0]
	if len(view.Parcel.Scans) != 7 || len(truth.Events) != 5 {
		t.Errorf("%d shown, %d true; want 7, 5", len(view.Parcel.Scans), len(truth.Events))
	}
	if all := w.Everything().Shipments; len(all) < 100 || all[0].Courier > all[len(all)-1].Courier {
		t.Errorf("everything: %d shipments", len(all))
	}
}
