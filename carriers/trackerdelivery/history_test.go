package trackerdelivery

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

func TestFullHistory(t *testing.T) {
	all := allExchanges(t)
	server := replies(all["managed-track-page1-of-2"].reply(), all["managed-track-page2-of-2"].reply())
	p, err := one(t, managed(server), tracking.Query{Courier: "cj", Number: "000000000000", FullHistory: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Events) != 22 || p.Partial {
		t.Fatalf("%d events, partial %v", len(p.Events), p.Partial)
	}
	for i, ev := range p.Events {
		if want := fmt.Sprintf("%d번HUB", i+1); ev.Place != want || ev.Pos != i {
			t.Errorf("event %d: %s at %d", i, ev.Place, ev.Pos)
		}
	}
	sent := server.seen()
	want := map[string]any{"carrierId": "kr.cjlogistics", "trackingNumber": "000000000000", "last": 20.0, "before": "eyJpbmRleCI6Mn0="}
	if diff := cmp.Diff(want, sent[1].variables); len(sent) != 2 || sent[1].operation() != "TrackOlder" || diff != "" {
		t.Errorf("%v\n%s", server.operations(), diff)
	}
}

// TestNewestPageOnly: older pages cost calls and are followed only when wanted.
func TestNewestPageOnly(t *testing.T) {
	server := replies(allExchanges(t)["managed-track-page1-of-2"].reply())
	p, err := one(t, managed(server), tracking.Query{Courier: "cj", Number: "000000000000"})
	if err != nil || len(p.Events) != 20 || p.Partial || len(server.seen()) != 1 {
		t.Errorf("%v, %d calls", err, len(server.seen()))
	}
}

// longParcel is a server that pages a history of n events as the observed one does: at most 20, cursors by index,
// pageInfo cursors outside the list.
func longParcel(n int, disturb func(page int, answer string) string) *server {
	page := 0
	return &server{answer: func(s sent) reply {
		page++
		end := n
		if before, ok := s.variables["before"].(string); ok {
			text, _ := base64.StdEncoding.DecodeString(before)
			if _, err := fmt.Sscanf(string(text), `{"index":%d}`, &end); err != nil {
				return jsonReply(`{"data":{"track":{"events":{"edges":null}}},"errors":[{"message":"Internal error","path":["track","events","edges"],"extensions":{"code":"INTERNAL"}}]}`)
			}
		}
		begin := max(end-20, 0)
		var edges []string
		for i := begin; i < end; i++ {
			cursor := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"index":%d}`, i))
			edges = append(edges, fmt.Sprintf(`{"cursor":%q,"node":{"time":"2026-03-%02dT%02d:00:00.000+09:00","status":{"code":"IN_TRANSIT","name":"간선상차"},"description":"#%d"}}`, cursor, 1+i/24, i%24, i))
		}
		last := `null`
		if end > 0 {
			last = strings.SplitN(edges[len(edges)-1], `"node":`, 2)[1]
			last = strings.TrimSuffix(last, "}")
		}
		answer := fmt.Sprintf(`{"data":{"track":{"lastEvent":%s,"events":{"edges":[%s],"pageInfo":{"hasPreviousPage":%v,"startCursor":"eyJpbmRleCI6LTk5fQ=="}}}}}`,
			last, strings.Join(edges, ","), begin > 0)
		if disturb != nil {
			answer = disturb(page, answer)
		}
		return jsonReply("%s", answer)
	}}
}

func TestPaging(t *testing.T) {
	same := func(page int, answer string) string {
		if page > 1 { // the same page for ever
			return `{"data":{"track":{"events":{"edges":[{"cursor":"eyJpbmRleCI6NX0=","node":{"status":{"code":"IN_TRANSIT"}}}],"pageInfo":{"hasPreviousPage":true}}}}}`
		}
		return answer
	}
	fails := func(page int, answer string) string {
		if page == 2 {
			return `{"data":{"track":{"events":null}},"errors":[{"message":"","path":["track","events"],"extensions":{"code":"INTERNAL"}}]}`
		}
		return answer
	}
	lastFails := func(page int, answer string) string {
		if page == 2 {
			return `{"data":{"track":null},"errors":[{"message":"","path":["track"],"extensions":{"code":"INTERNAL"}}]}`
		}
		return answer
	}
	tests := []struct {
		name    string
		events  int
		disturb func(int, string) string
		want    int
		partial bool
		calls   int
	}{
		{"none", 0, nil, 0, false, 1},
		{"one page exactly", 20, nil, 20, false, 1},
		{"one more", 21, nil, 21, false, 2},
		{"many", 137, nil, 137, false, 7},
		{"as many as are read", 200, nil, 200, false, 10},
		{"more than are read", 201, nil, 200, true, 10},
		{"a page that repeats itself", 25, same, 20, true, 2},
		{"an older page fails in part", 45, fails, 20, true, 2},
		{"an older page fails", 45, lastFails, 20, true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := longParcel(tt.events, tt.disturb)
				q := stub("kr.cjlogistics", "000000000000")
				q.FullHistory = true
				p, err := one(t, managed(server), q)
				if err != nil {
					t.Fatal(err)
				}
				if len(p.Events) != tt.want || p.Partial != tt.partial || len(server.seen()) != tt.calls {
					t.Errorf("%d events, partial %v, %d calls; want %d, %v, %d", len(p.Events), p.Partial, len(server.seen()), tt.want, tt.partial, tt.calls)
				}
				for i := 1; i < len(p.Events); i++ {
					if p.Events[i].At.Before(p.Events[i-1].At) {
						t.Fatalf("event %d is out of order", i)
					}
				}
			})
		})
	}
}

// TestOlderPagesOfABatch follow singly, and only for those that want them.
func TestOlderPagesOfABatch(t *testing.T) {
	long := longParcel(25, nil)
	server := &server{answer: func(s sent) reply {
		if s.operation() != "TrackBatch" {
			return long.answer(s)
		}
		text := string(long.answer(sent{}).body)
		track := strings.TrimSuffix(strings.TrimPrefix(text, `{"data":{"track":`), `}}`)
		return jsonReply(`{"data":{"t0":%s,"t1":%s}}`, track, track)
	}}
	queries := []tracking.Query{stub("a.a", "1111111111"), stub("a.a", "2222222222")}
	queries[1].FullHistory = true
	results, err := selfHosted(server).Query(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	if got := [2]int{len(results[0].Parcel.Events), len(results[1].Parcel.Events)}; got != [2]int{20, 25} {
		t.Errorf("events %v", got)
	}
	if got := strings.Join(server.operations(), " "); got != "TrackBatch TrackOlder" {
		t.Error(got)
	}
}

// TestObservedCursors: pages as captured, with cursors outside the list and the silent cap of 20.
func TestObservedCursors(t *testing.T) {
	tests := []struct {
		fixture string
		edges   int
		before  bool
	}{
		{"selfhosted-events-last100-of-25-clamped", 20, true},
		{"selfhosted-events-last20-of-25", 20, true},
		{"selfhosted-events-last20-before5-of-25", 5, false},
		{"selfhosted-events-first10-of-6-pageinfo", 6, false},
		{"selfhosted-events-last10-of-6-pageinfo", 6, false},
		{"selfhosted-events-last10-of-0-pageinfo", 0, false},
		{"selfhosted-events-after-end", 0, true},
		{"selfhosted-events-first20-of-25", 20, false},
		{"selfhosted-events-first20-after19-of-25", 5, true},
	}
	all := allExchanges(t)
	for _, tt := range tests {
		var got answer[tracks]
		if err := got.read(all[tt.fixture].response()); err != nil {
			t.Errorf("%s: %v", tt.fixture, err)
			continue
		}
		page := (*got.Data)["track"].Events
		if page.Edges == nil || len(page.Edges) != tt.edges || page.PageInfo.HasPreviousPage != tt.before {
			t.Errorf("%s: %d edges, before %v", tt.fixture, len(page.Edges), page.PageInfo.HasPreviousPage)
		}
	}
	for _, name := range []string{"selfhosted-events-garbage-cursor", "selfhosted-events-no-args"} {
		page, _, ok := selfHosted(replies(all[name].reply())).readPage(t.Context(), &ask{id: "x", query: tracking.Query{Number: "1"}}, "!")
		if ok {
			t.Errorf("%s: page %+v", name, page)
		}
	}
}
