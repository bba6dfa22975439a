package trackingtest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
)

// answerClauses are about what a carrier says of parcels.
func answerClauses() []clause {
	return []clause{
		{name: "a known parcel is answered", hold: holdKnown},
		{name: "a result names its query and its carrier", hold: holdResults},
		{name: "parcels are returned settled", hold: holdSettled},
		{name: "times carry a zone", hold: holdZones},
		{name: "no data is ErrNotFound", needs: needsMissing, hold: holdMissing},
		{name: "an unmapped word is UNKNOWN with its text", needs: needsUnmapped, hold: holdUnmapped},
		{name: "an empty number is refused", hold: holdEmptyNumber},
		{name: "one result per query in their order", hold: holdOrder},
		{name: "one bad item harms itself only", needs: needsMissing, hold: holdPartial},
		{name: "queries are neither changed nor kept", hold: holdQueries},
		{name: "parcels belong to the caller", hold: holdOwned},
	}
}

// ask queries one parcel. The error of a call stands in the result.
func ask(t *testing.T, c tracking.Carrier, q tracking.Query) tracking.Result {
	t.Helper()
	return askAll(t, c, q)[0]
}

func askAll(t *testing.T, c tracking.Carrier, qs ...tracking.Query) []tracking.Result {
	t.Helper()
	results, err := c.Query(t.Context(), qs)
	if err != nil {
		results = make([]tracking.Result, len(qs))
		for i, q := range qs {
			results[i] = tracking.Result{Query: q, Carrier: c.Name(), Err: err}
		}
	}
	if len(results) != len(qs) {
		t.Fatalf("%d results for %d queries", len(results), len(qs))
	}
	for i := range results {
		results[i].Err = solid(results[i].Err)
	}
	return results
}

// answered asks about a parcel that the provider knows.
func answered(t *testing.T, c tracking.Carrier, q tracking.Query) *tracking.Parcel {
	t.Helper()
	r := ask(t, c, q)
	if r.Err != nil || r.Parcel == nil {
		t.Fatalf("%v: got parcel %v, error %v, want a parcel", q, r.Parcel, r.Err)
	}
	return r.Parcel
}

func holdKnown(t *testing.T, h Harness, c tracking.Carrier) {
	p := answered(t, c, h.Known)
	if len(p.Events) == 0 {
		t.Error("the known parcel has no events")
	}
	if p.Source != c.Name() || p.RetrievedAt.IsZero() {
		t.Errorf("Source %q and RetrievedAt %v say who answered and when", p.Source, p.RetrievedAt)
	}
}

// holdResults looks at every kind of answer, each from a new carrier.
func holdResults(t *testing.T, h Harness, _ tracking.Carrier) {
	for _, q := range h.queries() {
		c := h.New(t)
		results, err := c.Query(t.Context(), []tracking.Query{q})
		switch {
		case err != nil && results != nil:
			t.Errorf("%v: results beside an error; a carrier gives one or the other", q)
		case err != nil: // holdErrors looks at those
		case len(results) != 1:
			t.Errorf("%v: %d results for one query", q, len(results))
		default:
			checkResult(t, c, q, results[0])
		}
	}
}

func checkResult(t *testing.T, c tracking.Carrier, q tracking.Query, r tracking.Result) {
	t.Helper()
	if !reflect.DeepEqual(r.Query, q) {
		t.Errorf("Result.Query is the query as asked: got %v, want %v", r.Query, q)
	}
	if r.Carrier != c.Name() {
		t.Errorf("%v: Result.Carrier is %q, want %q", q, r.Carrier, c.Name())
	}
	if (r.Parcel == nil) == (r.Err == nil) {
		t.Errorf("%v: a result has either a parcel or an error: got %v and %v", q, r.Parcel, r.Err)
	}
	if r.Parcel != nil {
		checkIdentity(t, q, r.Parcel)
	}
}

// checkIdentity holds a parcel against the query that it answers. A provider may write its number in another way.
func checkIdentity(t *testing.T, q tracking.Query, p *tracking.Parcel) {
	t.Helper()
	if p.Courier != q.Courier || number.Normalize(p.Number) != number.Normalize(q.Number) {
		t.Errorf("asked about %s %q, got the parcel %s %q", q.Courier, q.Number, p.Courier, p.Number)
	}
}

func holdSettled(t *testing.T, h Harness, c tracking.Carrier) {
	for _, q := range []tracking.Query{h.Known, h.Unmapped} {
		if q.Number == "" {
			continue
		}
		p := answered(t, c, q)
		again := cloned(p)
		again.Settle(q.Context())
		if !reflect.DeepEqual(*p, again) {
			t.Errorf("Parcel.Settle changes the parcel; the carrier should call it last.\ngot  %+v\nwant %+v", *p, again)
		}
	}
}

func holdZones(t *testing.T, h Harness, c tracking.Carrier) {
	p := answered(t, c, h.Known)
	times := []time.Time{p.DeliveredAt, p.Estimated, p.Window.Start, p.Window.End}
	for _, ev := range p.Events {
		times = append(times, ev.At)
		if ev.At.IsZero() && ev.Precision != tracking.PrecisionNone {
			t.Errorf("a scan without a time has PrecisionNone, got %v", ev.Precision)
		}
	}
	for _, v := range p.Verdicts {
		times = append(times, v.AsOf, v.DeliveredAt)
	}
	for _, at := range times {
		if at.Location() == time.Local {
			t.Errorf("%v is in the zone of this machine; its zone is to be set where the text is read "+
				"(time.Parse takes this machine's for an equal offset: use In)", at)
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
	if r.Err != nil || r.Parcel == nil {
		t.Fatalf("an unmapped word is never an error: got parcel %v, error %v", r.Parcel, r.Err)
	}
	if !slices.ContainsFunc(r.Parcel.Events, func(ev tracking.Event) bool {
		return ev.Status == tracking.StatusUnknown && strings.TrimSpace(ev.Text) != ""
	}) {
		t.Errorf("no event is UNKNOWN with its text kept: %+v", r.Parcel.Events)
	}
}

func holdEmptyNumber(t *testing.T, h Harness, c tracking.Carrier) {
	r := ask(t, c, emptyNumber(h))
	if !errors.Is(r.Err, tracking.ErrInvalidNumber) && !errors.Is(r.Err, tracking.ErrNotFound) {
		t.Errorf("got parcel %v, error %v, want ErrInvalidNumber", r.Parcel, r.Err)
	}
}

func emptyNumber(h Harness) tracking.Query {
	q := h.Known
	q.Number = ""
	return q
}

// batch is a full call: known parcels, unmapped ones between them where there are some, each with a reference of its own.
func batch(h Harness, c tracking.Carrier) []tracking.Query {
	limits := tracking.Limits{}
	if limited, ok := tracking.Ability[tracking.Limited](c); ok {
		limits = limited.Limits()
	}
	mixed := h.Unmapped.Number != "" && (!limits.OneCourier || h.Unmapped.Courier == h.Known.Courier)
	qs := make([]tracking.Query, max(1, limits.Batch))
	for i := range qs {
		qs[i] = h.Known
		if mixed && i%2 == 1 {
			qs[i] = h.Unmapped
		}
		qs[i].Ref = "ref-" + string(rune('a'+i%26))
		qs[i].Extra = slices.Clone(qs[i].Extra)
	}
	return qs
}

func holdOrder(t *testing.T, h Harness, c tracking.Carrier) {
	qs := batch(h, c)
	for i, r := range askAll(t, c, slices.Clone(qs)...) {
		if !reflect.DeepEqual(r.Query, qs[i]) {
			t.Errorf("result %d is for %v (%s), want %v (%s)", i, r.Query, r.Query.Ref, qs[i], qs[i].Ref)
		}
		if r.Err != nil || r.Parcel == nil {
			t.Errorf("item %d: got parcel %v, error %v", i, r.Parcel, r.Err)
			continue
		}
		checkIdentity(t, qs[i], r.Parcel)
	}
	if results, err := c.Query(t.Context(), nil); len(results) != 0 || err != nil {
		t.Errorf("no queries: got %d results, %v", len(results), err)
	}
}

func holdPartial(t *testing.T, h Harness, c tracking.Carrier) {
	qs := batch(h, c)
	if len(qs) == 1 {
		t.Skip("the carrier takes one query a call")
	}
	qs[len(qs)/2] = h.Missing
	for i, r := range askAll(t, c, qs...) {
		bad := r.Query.Number == h.Missing.Number
		switch {
		case !bad && (r.Err != nil || r.Parcel == nil):
			t.Errorf("item %d suffers from the missing one: got parcel %v, error %v", i, r.Parcel, r.Err)
		case bad && !errors.Is(r.Err, tracking.ErrNotFound):
			t.Errorf("the missing item: got parcel %v, error %v", r.Parcel, r.Err)
		}
	}
}

// holdQueries gives a carrier queries, looks whether it left them alone, and writes over them.
func holdQueries(t *testing.T, h Harness, c tracking.Carrier) {
	before := batch(h, c)
	qs := batch(h, c)
	askAll(t, c, qs...)
	if !reflect.DeepEqual(qs, before) {
		t.Error("Query changed the queries that it was given")
	}
	for i := range qs {
		qs[i] = tracking.Query{Courier: "written-over", Number: "written-over"}
	}
	for i, r := range askAll(t, c, before...) {
		if r.Err != nil || r.Parcel == nil || r.Parcel.Courier != before[i].Courier {
			t.Errorf("item %d, asked after the queries of the call before were written over: got %v, %v", i, r.Parcel, r.Err)
		}
	}
}

// holdOwned writes to the parcels of earlier answers, as their owners may.
func holdOwned(t *testing.T, h Harness, c tracking.Carrier) {
	first := answered(t, c, h.Known)
	copied := cloned(first)
	second := answered(t, c, h.Known)
	if !reflect.DeepEqual(*first, copied) {
		t.Error("the carrier wrote to a parcel that it had handed over")
	}
	copied = cloned(second)
	writeOver(first)
	if shared(first, second) || !reflect.DeepEqual(*second, copied) {
		t.Error("two answers share a parcel, or its events")
	}
	if third := answered(t, c, h.Known); len(third.Events) != len(copied.Events) || third.Status != copied.Status ||
		slices.ContainsFunc(third.Events, func(ev tracking.Event) bool { return ev.Text == writtenOver }) {
		t.Error("what an owner writes to a parcel shows in the next answer")
	}
}

const writtenOver = "written over by its owner"

func writeOver(p *tracking.Parcel) {
	for i := range p.Events {
		p.Events[i].Text = writtenOver
	}
	for i := range p.Verdicts {
		p.Verdicts[i].Text = writtenOver
	}
	p.Status = tracking.StatusUnknown
}

// shared reports whether writing to one parcel writes to the other.
func shared(a, b *tracking.Parcel) bool {
	return a == b ||
		len(a.Events) > 0 && len(b.Events) > 0 && &a.Events[0] == &b.Events[0] ||
		len(a.Verdicts) > 0 && len(b.Verdicts) > 0 && &a.Verdicts[0] == &b.Verdicts[0]
}

func cloned(p *tracking.Parcel) tracking.Parcel {
	own := *p
	own.Events, own.Verdicts = slices.Clone(p.Events), slices.Clone(p.Verdicts)
	return own
}
