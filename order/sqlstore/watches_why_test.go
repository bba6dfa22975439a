package sqlstore_test

import (
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// TestReasonsInTheDatabase: a reason is a short code there, and one that nobody knows makes no watch unreadable.
func TestReasonsInTheDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		db := e.emptied(t)(t)()
		ws := made(t, db, e).Watches()
		id := watchID(1, "toy")
		keep := func(change func(poll.Watch) poll.Watch) poll.Watch {
			w, err := ws.Change(t.Context(), id, change)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		column := func() (code string) {
			if err := db.QueryRowContext(t.Context(), "SELECT why FROM waybill_watches").Scan(&code); err != nil {
				t.Fatal(err)
			}
			return code
		}
		for code, why := range map[string]poll.Why{
			"":                   {},
			"hint":               {Ground: poll.GroundHint},
			"text hint":          {Text: "hint"},
			"DELIVERED 31% 3/10": {Ground: poll.GroundChance, Status: tracking.StatusDelivered, Percent: 31, Count: 3, Cap: 10},
		} {
			keep(func(w poll.Watch) poll.Watch { w = opening(w); w.Why = why; return w })
			if got := column(); got != code {
				t.Errorf("%#v is %q in the database, want %q", why, got, code)
			}
		}
		for _, code := range []string{"MAYBE 31%", "ground-of-tomorrow 7", "because IN_TRANSIT"} {
			if _, err := db.ExecContext(t.Context(), "UPDATE waybill_watches SET why = '"+code+"'"); err != nil {
				t.Fatal(err)
			}
			if w := keep(func(w poll.Watch) poll.Watch { w.Asks++; return w }); w.Life != poll.Active || w.Why != (poll.Why{Text: code}) {
				t.Errorf("%q is read as %#v", code, w.Why)
			}
			if got := column(); got != code {
				t.Errorf("%q became %q", code, got)
			}
		}
	})
}
