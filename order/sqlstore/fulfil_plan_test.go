package sqlstore_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// TestFulfilUsesIndexes: SQLite goes through no table to claim, to settle, to promote who is next and to find what belongs to
// an order; and it sorts nothing of the outbox.
func TestFulfilUsesIndexes(t *testing.T) {
	db := freshSQLite(t)()
	s := made(t, db, engines[0])
	seen, claims := 0, 0
	for _, text := range sqlstore.Texts(s) {
		if !regexp.MustCompile(`waybill_(outbox|streams|fulfil_\w+)`).MatchString(text) || strings.Contains(text, "VALUES (") {
			continue
		}
		seen++
		args := make([]any, strings.Count(text, "?"))
		for i := range args {
			args[i] = 1
		}
		plan := explained(t, db, query{text, args})
		few := regexp.MustCompile(`fulfil_(links|traces)`).MatchString(text) // those of one order
		for _, step := range plan {
			if !few && !strings.HasPrefix(step, "SEARCH") && !strings.HasPrefix(step, "SCALAR SUBQUERY") || strings.HasPrefix(step, "SCAN") && step != "SCAN k" {
				t.Errorf("%s\n%s\n%q", step, text, plan)
			}
		}
		if strings.Contains(text, "ready_at <= ?") {
			claims++
			want := []string{
				"SEARCH s USING INDEX waybill_streams_ready (ready_at<?)", "SEARCH o USING INDEX sqlite_autoindex_waybill_outbox_1 (task_key=?)",
			}
			if !slices.Equal(plan, want) {
				t.Errorf("a claim: %q, want %q", plan, want)
			}
		}
	}
	if seen < 20 || claims != 1 {
		t.Errorf("only %d statements were looked at, %d claims", seen, claims)
	}
}

// TestFulfilListsUseIndexes: pages begin where the page before ended, and a filter finds its rows.
func TestFulfilListsUseIndexes(t *testing.T) {
	spy := newSpy(t)
	s := made(t, spy.db, engines[0])
	for _, c := range []struct {
		filter fulfill.TaskFilter
		want   string
	}{
		{fulfill.TaskFilter{}, "SEARCH o USING INDEX sqlite_autoindex_waybill_outbox_1 (task_key>?)"},
		{fulfill.TaskFilter{State: fulfill.Dead}, "SEARCH o USING INDEX waybill_outbox_state (state=? AND task_key>?)"},
		{fulfill.TaskFilter{Order: "O-1", State: fulfill.Waiting}, "SEARCH o USING INDEX waybill_outbox_stream (stream=?)"},
	} {
		spy.queries = nil
		for _, err := range s.Tasks(t.Context(), c.filter) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(spy.queries) != 1 {
			t.Fatalf("%d queries", len(spy.queries))
		}
		if plan := explained(t, spy.db, spy.queries[0]); !slices.Contains(plan, c.want) {
			t.Errorf("%+v: %q, want %s", c.filter, plan, c.want)
		}
	}
}
