package trackerdelivery

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// read turns an answer into results without a transport: what the fuzzer and the mutations drive. Masked failures find no list.
func readAnswer(t testing.TB, c *Carrier, resp *transport.Response, queries ...tracking.Query) []tracking.Result {
	t.Helper()
	results := make([]tracking.Result, len(queries))
	q := make(asked, len(queries))
	for i := range queries {
		a, err := prepare(Name, opQuery, c.config.Mode, queries[i])
		if err != nil {
			t.Fatal(err)
		}
		a.result = &results[i]
		q[i] = a
	}
	var got answer[tracks]
	err := got.read(resp)
	if err == nil && c.config.KeepRaw {
		got.raw = rawEvents(resp.Body)
	}
	if err == nil && !hasData(&got, q) {
		err = got.judge(c.config.Mode, q.own, q.numbers)
	}
	for i := range q {
		if err != nil {
			q[i].fail(err)
			continue
		}
		c.settle(t.Context(), q, i, &got)
	}
	return results
}

// check holds a result against what must be true of every one.
func check(t testing.TB, r tracking.Result) {
	t.Helper()
	var e *tracking.Error
	switch {
	case (r.Parcel == nil) == (r.Err == nil):
		t.Fatalf("both or neither of Parcel and Err: %+v", r)
	case r.Err != nil && (!errors.As(r.Err, &e) || e.Kind == nil || tracking.KindName(r.Err) == "other"):
		t.Fatalf("an error without a sentinel: %v", r.Err)
	case r.Err != nil && strings.ContainsAny(r.Err.Error(), "\n\r"):
		t.Fatalf("an error of several lines: %q", r.Err.Error())
	case r.Parcel != nil && r.Parcel.Number == "":
		t.Fatalf("a parcel without a number: %+v", r.Parcel)
	}
}

// deadList is a self-hosted carrier whose list of couriers cannot be read.
func deadList(t testing.TB, raw bool) *Carrier {
	c := selfHosted(replies(reply{status: 404}), func(c *Config) { c.KeepRaw = raw })
	c.directory.fail(c.config.Now())
	return c
}

// TestMutations damages every answer in many ways: nothing panics, and no error becomes a parcel.
func TestMutations(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	all := allExchanges(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fixture := all[name]
		if strings.HasPrefix(name, "v1") || strings.HasPrefix(name, "oauth") {
			continue
		}
		c := managed(replies(reply{status: 404}))
		if strings.HasPrefix(name, "selfhosted") {
			c = deadList(t, false)
		}
		resp := fixture.response()
		queries := []tracking.Query{stub("kr.cjlogistics", "000000000000")}
		if strings.Contains(name, "alias") {
			queries = append(queries, stub("kr.cjlogistics", "000000000001"))
		}
		wasError := make([]bool, len(queries))
		for i, r := range readAnswer(t, c, resp, queries...) {
			check(t, r)
			wasError[i] = r.Err != nil && !errors.Is(r.Err, errOtherNumber)
		}
		for range 300 {
			mutated := *resp
			mutated.Body = mutate(source, resp.Body)
			for i, r := range readAnswer(t, c, &mutated, queries...) {
				check(t, r)
				if wasError[i] && r.Err == nil {
					t.Fatalf("%s: an error became %v:\n%s", name, r.Parcel.Status, mutated.Body)
				}
			}
		}
	}
}

// TestV1Mutations is TestMutations for the old interface.
func TestV1Mutations(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	all := exchanges(t, "v1")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		resp := all[name].response()
		var whole oldTrack
		failed := whole.read(resp, false, "") != nil
		for range 300 {
			mutated := *resp
			mutated.Body = mutate(source, resp.Body)
			var got oldTrack
			if err := got.read(&mutated, true, "123456789012"); failed && err == nil {
				t.Fatalf("%s: an error became an answer:\n%s", name, mutated.Body)
			}
		}
	}
}

// mutate changes some bytes, or cuts.
func mutate(source *rand.Rand, body []byte) []byte {
	out := bytes.Clone(body)
	if len(out) == 0 {
		return out
	}
	switch source.IntN(4) {
	case 0:
		return out[:source.IntN(len(out))]
	case 1:
		from := source.IntN(len(out))
		return append(out[:from], out[min(len(out), from+1+source.IntN(8)):]...)
	default:
		const interesting = `{}[]":,0n5x\`
		for range 1 + source.IntN(4) {
			at := source.IntN(len(out))
			if source.IntN(2) == 0 {
				out[at] = interesting[source.IntN(len(interesting))]
			} else {
				out[at] ^= 1 << source.IntN(8)
			}
		}
		return out
	}
}

func FuzzTrack(f *testing.F) {
	for name, fixture := range allExchanges(f) {
		if strings.Contains(name, "track") || strings.Contains(name, "alias") || strings.Contains(name, "error") {
			f.Add(fixture.Response.Status, fixture.body())
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		resp := exchange{}.response()
		resp.Status, resp.Body = status, body
		resp.Header.Set("Content-Type", "application/json")
		c := deadList(t, true)
		for _, queries := range [][]tracking.Query{
			{stub("kr.lotte", "000000000000")}, {stub("kr.lotte", "000000000000"), stub("kr.lotte", "000000000001")},
		} {
			for _, r := range readAnswer(t, c, resp, queries...) {
				check(t, r)
			}
		}
	})
}

func FuzzV1(f *testing.F) {
	for _, fixture := range exchanges(f, "v1") {
		f.Add(fixture.Response.Status, fixture.body())
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		resp := exchange{}.response()
		resp.Status, resp.Body = status, body
		resp.Header.Set("Content-Type", "application/json")
		v := old(replies(reply{status: 404}))
		var got oldTrack
		if err := got.read(resp, true, "123456789012"); err == nil {
			p := v.parcel(&ask{id: "kr.cjlogistics", query: stub("kr.cjlogistics", "123456789012")}, &got)
			check(t, tracking.Result{Parcel: p})
		}
	})
}

func FuzzHandle(f *testing.F) {
	f.Add("kr.cjlogistics/000000000000/abc")
	f.Add("a/%2F/b")
	book := newCallbackBook([]string{callback})
	f.Fuzz(func(t *testing.T, handle string) {
		if a, address, err := book.find(handle); err == nil && (address == "" || a.id == "" || a.query.Number == "") {
			t.Errorf("%q: %+v", handle, a)
		}
	})
}
