package trackingtest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// answerClauses are about what a carrier says of parcels.
func answerClauses() []clause {
	return []clause{
		{name: "a known parcel is answered", hold: holdKnown},
		{name: "parcels are returned settled", hold: holdSettled},
		{name: "times carry a zone", hold: holdZones},
		{name: "no data is ErrNotFound", needs: needsMissing, hold: holdMissing},
		{name: "an unmapped word is UNKNOWN with its text", needs: needsUnmapped, hold: holdUnmapped},
		{name: "errors have the right sentinel", needs: needsFailing, hold: holdFailing},
		{name: "an empty number is refused", hold: holdEmptyNumber},
		{name: "one result per query in their order", hold: holdOrder},
		{name: "one bad item harms itself only", needs: needsMissing, hold: holdPartial},
	}
}

// ask queries one parcel and checks what every answer has in common.
func ask(t *testing.T, c tracking.Carrier, q tracking.Query) tracking.Result {
	t.Helper()
	return askAll(t, c, q)[0]
}

func askAll(t *testing.T, c tracking.Carrier, qs ...tracking.Query) []tracking.Result {
	t.Helper()
	results, err := c.Query(t.Context(), qs)
	if err != nil {
		if results != nil {
			t.Errorf("results beside an error: a carrier gives one or the other")
		}
		var typed *tracking.Error
		if !errors.As(err, &typed) {
			t.Errorf("the error of a call is a *tracking.Error, got %T: %v", err, err)
		}
		results = make([]tracking.Result, len(qs))
		for i, q := range qs {
			results[i] = tracking.Result{Query: q, Carrier: c.Name(), Err: err}
		}
	}
	if len(results) != len(qs) {
		t.Fatalf("%d results for %d queries", len(results), len(qs))
	}
	for i, r := range results {
		checkResult(t, c, qs[i], r)
	}
	return results
}

func checkResult(t *testing.T, c tracking.Carrier, q tracking.Query, r tracking.Result) {
	t.Helper()
	if !reflect.DeepEqual(r.Query, q) {
		t.Errorf("Result.Query is the query as asked: got %v, want %v", r.Query, q)
	}
	if r.Carrier != c.Name() {
		t.Errorf("Result.Carrier is %q, want %q", r.Carrier, c.Name())
	}
	if (r.Parcel == nil) == (r.Err == nil) {
		t.Errorf("a result has either a parcel or an error: %v, %v", r.Parcel, r.Err)
	}
	if r.Err != nil {
		checkError(t, c, r.Err)
	}
}

func checkError(t *testing.T, c tracking.Carrier, err error) {
	t.Helper()
	var typed *tracking.Error
	switch {
	case !errors.As(err, &typed):
		t.Errorf("an item's error is a *tracking.Error, got %T: %v", err, err)
	case typed.Kind == nil && !errors.Is(err, t.Context().Err()):
		t.Errorf("an error has a sentinel unless the context ended: %v", err)
	case typed.Carrier != c.Name():
		t.Errorf("Error.Carrier is %q, want %q", typed.Carrier, c.Name())
	}
	if text := err.Error(); strings.ContainsAny(text, "\r\n") || len(text) > 500 {
		t.Errorf("an error is one readable line, got %d bytes: %.200q", len(text), text)
	}
}

func holdKnown(t *testing.T, h Harness, c tracking.Carrier) {
	r := ask(t, c, h.Known)
	if r.Err != nil {
		t.Fatalf("the known parcel: %v", r.Err)
	}
	p := r.Parcel
	if p.Courier != h.Known.Courier || p.Number == "" {
		t.Errorf("the parcel is %s %q, asked for %s", p.Courier, p.Number, h.Known.Courier)
	}
	if len(p.Events) == 0 {
		t.Error("the known parcel has no events")
	}
	if p.Source != c.Name() || p.RetrievedAt.IsZero() {
		t.Errorf("Source %q and RetrievedAt %v say who answered and when", p.Source, p.RetrievedAt)
	}
}

func holdSettled(t *testing.T, h Harness, c tracking.Carrier) {
	p := ask(t, c, h.Known).Parcel
	if p == nil {
		t.Fatal("the known parcel was not answered")
	}
	again := *p
	again.Events, again.Verdicts = slices.Clone(p.Events), slices.Clone(p.Verdicts)
	again.Settle(h.Known.Context())
	if !reflect.DeepEqual(*p, again) {
		t.Errorf("Parcel.Settle changes the parcel; the carrier should call it last.\ngot  %+v\nwant %+v", *p, again)
	}
}

func holdZones(t *testing.T, h Harness, c tracking.Carrier) {
	p := ask(t, c, h.Known).Parcel
	if p == nil {
		t.Fatal("the known parcel was not answered")
	}
	for _, ev := range p.Events {
		if !ev.At.IsZero() && ev.At.Location() == time.Local && time.Local != time.UTC {
			t.Errorf("the scan of %v is in the zone of this machine; its zone is to be set where the text is read", ev.At)
		}
		if ev.At.IsZero() && ev.Precision != tracking.PrecisionNone {
			t.Errorf("a scan without a time has PrecisionNone, got %v", ev.Precision)
		}
	}
}

func holdMissing(t *testing.T, h Harness, c tracking.Carrier) {
	if r := ask(t, c, h.Missing); !errors.Is(r.Err, tracking.ErrNotFound) {
		t.Errorf("got parcel %v, error %v", r.Parcel, r.Err)
	}
}

func holdUnmapped(t *testing.T, h Harness, c tracking.Carrier) {
	r := ask(t, c, h.Unmapped)
	if r.Err != nil {
		t.Fatalf("an unmapped word is never an error: %v", r.Err)
	}
	for _, ev := range r.Parcel.Events {
		if ev.Status == tracking.StatusUnknown && ev.Text != "" {
			return
		}
	}
	t.Errorf("no event is UNKNOWN with its text kept: %+v", r.Parcel.Events)
}

// holdFailing takes a new carrier for each failure: one may rightly remember that its key was refused.
func holdFailing(t *testing.T, h Harness, _ tracking.Carrier) {
	for _, f := range h.Failing {
		if r := ask(t, h.New(t), f.Query); !errors.Is(r.Err, f.Want) {
			t.Errorf("%v: got %v, want %v", f.Query, r.Err, f.Want)
		}
	}
}

func holdEmptyNumber(t *testing.T, h Harness, c tracking.Carrier) {
	q := h.Known
	q.Number = ""
	r := ask(t, c, q)
	if !errors.Is(r.Err, tracking.ErrInvalidNumber) && !errors.Is(r.Err, tracking.ErrNotFound) {
		t.Errorf("got parcel %v, error %v, want ErrInvalidNumber", r.Parcel, r.Err)
	}
}

// batch is a full call of one courier: the known parcel with the reference i, and q in the middle.
func batch(h Harness, c tracking.Carrier, q tracking.Query) []tracking.Query {
	n := 1
	if limited, ok := tracking.Ability[tracking.Limited](c); ok {
		n = max(1, limited.Limits().Batch)
	}
	qs := make([]tracking.Query, n)
	for i := range qs {
		qs[i] = h.Known
		qs[i].Ref = "ref-" + string(rune('a'+i%26))
	}
	if q.Number != "" {
		qs[n/2] = q
	}
	return qs
}

func holdOrder(t *testing.T, h Harness, c tracking.Carrier) {
	before := batch(h, c, tracking.Query{})
	qs := slices.Clone(before)
	for _, r := range askAll(t, c, qs...) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Query.Ref, r.Err)
		}
	}
	if !reflect.DeepEqual(qs, before) {
		t.Error("Query changed the queries it was given")
	}
	if results, err := c.Query(t.Context(), nil); len(results) != 0 || err != nil {
		t.Errorf("no queries: got %d results, %v", len(results), err)
	}
}

func holdPartial(t *testing.T, h Harness, c tracking.Carrier) {
	qs := batch(h, c, h.Missing)
	if len(qs) == 1 {
		t.Skip("the carrier takes one query a call")
	}
	for i, r := range askAll(t, c, qs...) {
		if i != len(qs)/2 && r.Err != nil {
			t.Errorf("item %d suffers from item %d: %v", i, len(qs)/2, r.Err)
		}
		if i == len(qs)/2 && !errors.Is(r.Err, tracking.ErrNotFound) {
			t.Errorf("the missing item: %v", r.Err)
		}
	}
}
