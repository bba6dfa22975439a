package sqlstore_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// TestWatchesUseIndexes: SQLite goes through no table to claim, to look for what is due next, to record and to prune, and sorts nothing.
func TestWatchesUseIndexes(t *testing.T) {
	db := freshSQLite(t)()
	s := made(t, db, engines[0])
	openMany(t, s.Watches(), 30)
	seen := 0
	for _, text := range sqlstore.Texts(s) {
		if !regexp.MustCompile(`waybill_(watches|shipments|events|raw_answers)`).MatchString(text) || strings.HasPrefix(text, "INSERT") || strings.Contains(text, "waybill_fulfil_") {
			continue
		}
		seen++
		args := make([]any, strings.Count(text, "?"))
		for i := range args {
			args[i] = 1
		}
		for _, step := range explained(t, db, query{text, args}) {
			if !strings.HasPrefix(step, "SEARCH") && step != "CORRELATED SCALAR SUBQUERY 1" {
				t.Errorf("%s\n%s", step, text)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d statements were looked at", seen)
	}
}

// TestListsUseIndexes: pages of watches begin where the page before ended, and a filter by life finds its watches.
func TestListsUseIndexes(t *testing.T) {
	spy := newSpy(t)
	s := made(t, spy.db, engines[0])
	openMany(t, s.Watches(), 5)
	for _, c := range []struct {
		filter poll.Filter
		want   string
	}{
		{poll.Filter{After: watchID(2, "toy")}, "SEARCH w USING INDEX sqlite_autoindex_waybill_watches_1 ((courier,number,generation,carrier,role)>(?,?,?,?,?))"},
		{poll.Filter{Shipment: watchID(2, "toy").Shipment}, "SEARCH w USING INDEX sqlite_autoindex_waybill_watches_1 (courier=? AND number=? AND generation=?)"},
		{poll.Filter{Life: poll.Paused}, "SEARCH w USING INDEX waybill_watches_life (life=?)"},
		{poll.Filter{Life: poll.Paused, Carrier: "toy"}, "SEARCH w USING INDEX waybill_watches_life (life=?)"},
		{poll.Filter{Life: poll.Paused, After: watchID(2, "toy")}, "SEARCH w USING INDEX waybill_watches_life (life=? AND (courier,number,generation,carrier,role)>(?,?,?,?,?))"},
	} {
		spy.queries = nil
		for _, err := range s.Watches().Watches(t.Context(), c.filter) {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range spy.queries {
			if plan := explained(t, spy.db, q); !slices.Contains(plan, c.want) {
				t.Errorf("%+v: %q, want %s", c.filter, plan, c.want)
			}
		}
		if len(spy.queries) == 0 {
			t.Error("no query was seen")
		}
	}
}

// TestClaimPlanOfPostgres: with as many watches as make the difference, and as the server's own statistics are, a claim and the
// look for what is due next begin at one end of the index and stop.
func TestClaimPlanOfPostgres(t *testing.T) {
	e := engines[1]
	if !isSet(e.variable) {
		t.Skipf("%s is not set: NOT TESTED on %s", e.variable, e.dialect)
	}
	s, db := store(t, e)
	fill(t, db, e, 20_000)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	looked := 0
	for _, text := range sqlstore.Texts(s) {
		if !strings.Contains(text, "life = 'active'") || strings.Contains(text, "courier = $") { // those of one shipment
			continue
		}
		looked++
		index := "waybill_watches_ready"
		if strings.Contains(text, "early_at <=") {
			index = "waybill_watches_early"
		}
		beginsAtIndex(t, tx, text, index+" on waybill_watches", "'toy'", fmt.Sprint(noon.Add(48*time.Hour).UnixNano()), "20")
	}
	if looked != 3 {
		t.Errorf("%d statements look for active watches", looked)
	}
}

// beginsAtIndex holds PostgreSQL's plan of a statement, whatever its arguments are: it walks along an index and sorts nothing.
// The statement takes as many of args as it has places for them.
func beginsAtIndex(t *testing.T, tx *sql.Tx, text, index string, args ...string) {
	t.Helper()
	for _, setup := range []string{"SET LOCAL plan_cache_mode = force_generic_plan", "PREPARE looked AS " + text} {
		if _, err := tx.ExecContext(t.Context(), setup); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := tx.QueryContext(t.Context(), "EXPLAIN EXECUTE looked("+strings.Join(args[:strings.Count(text, "$")], ", ")+")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if whole := plan.String(); !strings.Contains(whole, index) || strings.Contains(whole, "Sort") || strings.Contains(whole, "Seq Scan") {
		t.Errorf("%s\n%s", text, whole)
	}
	rows.Close()
	if _, err := tx.ExecContext(t.Context(), "DEALLOCATE looked"); err != nil {
		t.Fatal(err)
	}
}
