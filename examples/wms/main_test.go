package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/webhook"
)

var (
	truthOrders = flag.Int("truth", 40, "how many orders the ledger is held against the truth of")
	truthSeed   = flag.Uint64("truth-seed", 1, "and their seed")
	kills       = flag.Int("kills", 2, "how often the program is killed")
	servers     = flag.Bool("servers", false, "hold the ledger in PostgreSQL and MySQL against the truth, too")
)

// A child is this test as the program: what is killed.
func TestMain(m *testing.M) {
	if os.Getenv("WMS_CHILD") != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// virtual lets a month pass in a bubble, where time goes on only while nobody works.
func virtual(t *testing.T, o options, open func(*testing.T, *month) (ledger, effects)) (r *result, out string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m, err := openMonth(o, past{}, sandbox.NewClock(opening, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		m.remember = func(context.Context, string, string) error { return nil }
		m.glance = time.Hour
		keep, done := open(t, m)
		var stdout bytes.Buffer
		r, err = m.live(t.Context(), keep, done, &stdout)
		if err != nil {
			t.Fatal(err)
		}
		out = stdout.String()
	})
	return r, out
}

func inMemory(*testing.T, *month) (ledger, effects) {
	store := fulfill.NewMemoryStore()
	return ledger{store, store, webhook.NewMemoryInbox()}, &counted{times: map[string]int{}}
}

// inDatabase opens a database by its address; empty is a SQLite file of the test.
func inDatabase(name string) func(*testing.T, *month) (ledger, effects) {
	return func(t *testing.T, m *month) (ledger, effects) {
		if name == "" {
			name = filepath.Join(t.TempDir(), "warehouse.db")
		}
		db, err := openDatabase(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		store, err := sqlstore.New(t.Context(), db.DB, db.dialect, sqlstore.Clock(m.now))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		return ledger{store, store, store.Inbox()}, db
	}
}

// postgres makes a schema of the test's own.
func postgres(t *testing.T) string {
	t.Helper()
	address := os.Getenv("WAYBILL_TEST_POSTGRES")
	name := fmt.Sprintf("wms_%d", os.Getpid())
	own(t, "pgx", address, "CREATE SCHEMA "+name, "DROP SCHEMA "+name+" CASCADE")
	return address + "&search_path=" + name
}

// mySQL makes a database of the test's own.
func mySQL(t *testing.T) string {
	t.Helper()
	address := os.Getenv("WAYBILL_TEST_MYSQL")
	name := fmt.Sprintf("wms_%d", os.Getpid())
	own(t, "mysql", address, "CREATE DATABASE "+name, "DROP DATABASE "+name)
	return "mysql://" + address[:strings.LastIndexByte(address, '/')+1] + name
}

func own(t *testing.T, driver, address, create, drop string) {
	t.Helper()
	if address == "" {
		t.Skip("no address of a " + driver + " server in the environment")
	}
	db, err := sql.Open(driver, address)
	if err == nil {
		_, err = db.ExecContext(t.Context(), create)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), drop); err != nil {
			t.Error(err)
		}
		db.Close()
	})
}

// What the ledger holds in the end is what was published, and what was done is what was to be done: in memory and in a
// database, with everything going well and with everything going wrong.
func TestTheLedgerIsTheTruth(t *testing.T) {
	t.Parallel()
	type run struct {
		open   func(*testing.T, *month) (ledger, effects)
		faults bool
	}
	runs := map[string]run{"memory": {inMemory, false}, "memory, faults": {inMemory, true}, "SQLite, faults": {inDatabase(""), true}}
	if *servers {
		runs["PostgreSQL, faults"], runs["MySQL, faults"] = run{inDatabase(postgres(t)), true}, run{inDatabase(mySQL(t)), true}
	}
	for name, c := range runs {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			o := options{orders: *truthOrders, seed: *truthSeed, days: 60, faults: c.faults, language: report.English}
			r, _ := virtual(t, o, c.open)
			if r.Differences > 0 {
				t.Errorf("%d differences:\n%s", r.Differences, strings.Join(r.Found, "\n"))
			}
			if r.Orders != o.orders || r.Parcels < o.orders/2 || r.Events < 5*r.Parcels || r.Actions < r.Parcels || r.Calls < int64(r.Parcels) {
				t.Errorf("too little happened: %+v", r)
			}
			t.Logf("%d orders, %d parcels, %d scans, %d calls, %d actions in %v", r.Orders, r.Parcels, r.Events, r.Calls, r.Actions, time.Since(began).Round(time.Millisecond))
		})
	}
}

// The comparison finds what is wrong: a ledger that is changed in any way differs from the truth.
func TestTheComparisonFindsMistakes(t *testing.T) {
	t.Parallel()
	const orders = 40
	var b *belief
	var m *month
	o := options{orders: orders, seed: 1, days: 60, language: report.English}
	synctest.Test(t, func(t *testing.T) {
		var err error
		if m, err = openMonth(o, past{}, sandbox.NewClock(opening, 1), nil); err != nil {
			t.Fatal(err)
		}
		m.remember, m.glance = func(context.Context, string, string) error { return nil }, time.Hour
		keep, done := inMemory(t, m)
		if _, err := m.live(t.Context(), keep, done, new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
		if b, err = believed(t.Context(), keep, m.ids()); err != nil {
			t.Fatal(err)
		}
	})
	text, err := json.Marshal(b.form)
	if err != nil {
		t.Fatal(err)
	}
	again := func() *belief {
		other := &belief{watches: slices.Clone(b.watches)}
		if err := json.Unmarshal(text, &other.form); err != nil {
			t.Fatal(err)
		}
		return other
	}
	if found := differences(again(), m.world, m.stories); len(found) > 0 {
		t.Fatalf("without a mistake: %v", found)
	}
	for name, spoil := range map[string]func(*belief){
		"a scan is missing":      func(b *belief) { b.Shipments[0].Events = b.Shipments[0].Events[1:] },
		"a scan is made up":      func(b *belief) { b.Shipments[0].Events[0].Text = "배송완료" },
		"a scan at another time": func(b *belief) { b.Shipments[0].Events[1].At = b.Shipments[0].Events[1].At.Add(time.Hour) },
		"a scan seen too early":  func(b *belief) { b.Shipments[0].Events[1].Published = opening.AddDate(0, 0, -1) },
		"another status":         func(b *belief) { b.Shipments[0].Status-- },
		"delivered later":        func(b *belief) { b.Shipments[0].DeliveredAt = b.Shipments[0].DeliveredAt.Add(time.Minute) },
		"another generation":     func(b *belief) { b.Shipments[0].Generation = 2 },
		"a parcel is missing":    func(b *belief) { b.Shipments, b.watches = b.Shipments[1:], b.watches[1:] },
		"a section elsewhere":    func(b *belief) { b.Orders[0].Sections[0].Status-- },
		"a quantity":             func(b *belief) { b.Orders[0].Sections[0].Items[0].Quantity++ },
		"an order is missing":    func(b *belief) { b.Orders = b.Orders[1:] },
		"not done":               func(b *belief) { b.drop("CONFIRM_INVENTORY") },
		"done twice":             func(b *belief) { b.double("CONFIRM_INVENTORY") },
		"taken back":             func(b *belief) { b.undo("NOTIFY_CUSTOMER") },
		"a refund nobody wanted": func(b *belief) {
			b.Actions = append(b.Actions, actionForm{Key: "order/" + string(b.Orders[0].ID) + "/x/REFUND", Action: "REFUND"})
		},
	} {
		spoilt := again()
		spoil(spoilt)
		if found := differences(spoilt, m.world, m.stories); len(found) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}

func (b *belief) first(action string) int {
	for i, a := range b.Actions {
		if a.Action == action && (action != "NOTIFY_CUSTOMER" || strings.Contains(a.Key, "DELIVERED/")) {
			return i
		}
	}
	return 0
}

func (b *belief) drop(action string) {
	i := b.first(action)
	b.Actions = append(b.Actions[:i:i], b.Actions[i+1:]...)
}

func (b *belief) double(action string) {
	a := b.Actions[b.first(action)]
	a.Key = a.Key[:strings.LastIndexByte(a.Key, '/')+1] + "7"
	b.Actions = append(b.Actions, a)
}

func (b *belief) undo(action string) {
	for i := range b.Actions {
		if a := &b.Actions[i]; a.Action == action && strings.Contains(a.Key, "/DELIVERED/") {
			a.Undone = true
			return
		}
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	o := options{orders: 40, seed: 1, days: 60, language: report.Korean}
	_, out := virtual(t, o, inMemory)
	for _, want := range []string{"ORD-20261119-", "배송완료", "주문 40, ", "실제와 다른 것 0."} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	o.asJSON = true
	o.dump = filepath.Join(t.TempDir(), "dump.json")
	_, out = virtual(t, o, inMemory)
	var object map[string]any
	if err := json.Unmarshal([]byte(out), &object); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("not one object: %v", err)
	}
	for _, name := range []string{"orders", "parcels", "events", "actions", "calls", "differences", "peak_rss_mib", "seconds", "report"} {
		if _, ok := object[name]; !ok {
			t.Errorf("the object has no %s", name)
		}
	}
	var dumped form
	if content, err := os.ReadFile(o.dump); err != nil || json.Unmarshal(content, &dumped) != nil || len(dumped.Orders) != 40 {
		t.Errorf("the dump has %d orders (%v)", len(dumped.Orders), err)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-orders", "0"}, {"-lang", "fr"}, {"-days", "0"}, {"-nonsense"}} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, os.Getenv, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}
