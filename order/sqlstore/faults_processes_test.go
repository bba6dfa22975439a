//go:build unix

package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A member is a process of its own with an engine. What it needs besides the database is at the parent: the time, the
// parcels, and where actions have their effects.
type member struct {
	Driver, Address, Host string
	Dialect               sqlstore.Dialect
	Begin                 time.Time
}

const memberVariable = "WAYBILL_TEST_MEMBER"

// TestMember is the other process of [TestProcessesShareTheWork]; it ends with its standard input.
func TestMember(t *testing.T) {
	if !isSet(memberVariable) {
		return
	}
	var m member
	if err := json.Unmarshal([]byte(os.Getenv(memberVariable)), &m); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	clock := sandbox.NewClock(m.Begin, 0)
	go m.follow(ctx, clock)
	s, err := sqlstore.New(ctx, opened(t, m.Driver, m.Address), m.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := newWeekFrom(t, 0, m.Begin, clock)
	w.look = 20 * time.Minute
	c := w.config()
	c.Store, c.Carriers, c.Now, c.Wait = s, []tracking.Carrier{m}, clock.Now, clock.Sleep
	c.Actions.ConfirmInventory = func(ctx context.Context, a fulfill.Action) error { return m.post(ctx, "/do", a, nil) }
	act := c.Actions.ConfirmInventory
	c.Actions.NotifyCustomer, c.Actions.CreateReturnInbound, c.Actions.AlertOperations = act, act, act
	for name := range c.Actions.Others {
		c.Actions.Others[name] = act
	}
	c.Undo = c.Actions
	c.Night.Told = func(r fulfill.Report) {
		if r.Err == nil && r.Refused == 0 { // a try that failed, such as for an order that another process was changing, is made again
			_ = m.post(ctx, "/told", night(r), nil)
		}
	}
	c.Poll.Hooks.StoreFailed = func(op string, err error) {
		_ = m.post(context.WithoutCancel(ctx), "/failed", op+": "+err.Error(), nil)
	}
	c.Outbox.Hooks.StoreFailed = c.Poll.Hooks.StoreFailed
	// What comes due within an hour comes at once, and nobody is there who would fill up a call.
	c.Poll.Fill, c.Poll.Lease, c.Outbox.Lease, c.Night.Lease = -1, 1000*time.Hour, 1000*time.Hour, 1000*time.Hour
	e, err := fulfill.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// follow keeps the parent's time.
func (m member) follow(ctx context.Context, clock *sandbox.Clock) {
	for {
		var now time.Time
		if err := m.post(ctx, "/now", nil, &now); err == nil && now.After(clock.Now()) {
			clock.Set(now)
		}
		if pass(ctx, 2*time.Millisecond) != nil {
			return
		}
	}
}

func (m member) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Host+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", answer.Status)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(out)
}

func (m member) Name() string            { return "sandbox" }
func (m member) Limits() tracking.Limits { return tracking.Limits{Batch: 10} }

func (m member) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	var parcels []*tracking.Parcel
	if err := m.post(ctx, "/query", qs, &parcels); err != nil {
		return nil, err
	}
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		results[i] = tracking.Result{Query: q, Carrier: m.Name(), Parcel: parcels[i]}
		if parcels[i] == nil {
			results[i].Err = &tracking.Error{Carrier: m.Name(), Op: "query", Kind: tracking.ErrNotFound}
		}
	}
	return results, nil
}

// host is the parent's side.
func (w *week) host(failed func(string)) http.Handler {
	mux := http.NewServeMux()
	serve(mux, "/now", func(context.Context, any) (time.Time, error) { return w.world.Clock().Now(), nil })
	serve(mux, "/do", func(ctx context.Context, a fulfill.Action) (bool, error) { return true, w.sink.do(ctx, a) })
	serve(mux, "/told", func(_ context.Context, night string) (bool, error) { w.told(night); return true, nil })
	serve(mux, "/failed", func(_ context.Context, what string) (bool, error) { failed(what); return true, nil })
	serve(mux, "/query", func(ctx context.Context, qs []tracking.Query) (parcels []*tracking.Parcel, err error) {
		results, err := w.window.Query(ctx, qs)
		for _, r := range results {
			parcels = append(parcels, r.Parcel)
		}
		return parcels, err
	})
	return mux
}

func serve[In, Out any](mux *http.ServeMux, path string, f func(context.Context, In) (Out, error)) {
	mux.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
		var in In
		err := json.NewDecoder(r.Body).Decode(&in)
		if err == nil {
			var out Out
			if out, err = f(r.Context(), in); err == nil {
				err = json.NewEncoder(rw).Encode(out)
			}
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	})
}

// TestProcessesShareTheWork: two processes on one database, and people at a third, come to the end that one engine comes to,
// with no more asks; no parcel is asked about and no action done twice. The clock goes on when nothing is left to be done.
func TestProcessesShareTheWork(t *testing.T) {
	const orders = 8
	want, asks := undisturbed(t, orders)
	onEach(t, func(t *testing.T, e engine) {
		m := member{Driver: "sqlite", Address: filepath.Join(t.TempDir(), "warehouse.db") + fast + "&_pragma=busy_timeout(5000)", Dialect: e.dialect}
		if private, ok := servers[e.dialect]; ok {
			server := private(t, folderFor(t))
			m.Driver, m.Address = server.driver, server.address
		}
		m.Begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // that of a bubble
		clock := sandbox.NewClock(m.Begin, 0)
		w := newWeekFrom(t, orders, m.Begin, clock)
		w.window.takes, w.sink.takes = time.Millisecond, time.Millisecond
		var failed []string
		host := httptest.NewServer(w.host(func(what string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			failed = append(failed, what)
		}))
		defer host.Close()
		m.Host = host.URL
		db := opened(t, m.Driver, m.Address)
		s := made(t, db, e)
		c := w.config()
		c.Store, c.Now, c.Wait = s, clock.Now, clock.Sleep
		desk, err := fulfill.New(c)
		if err != nil {
			t.Fatal(err)
		}
		stop := m.begin(t, 2)
		todo := w.road.desk
		for end := m.Begin.Add(w.road.end); clock.Now().Before(end); {
			for len(todo) > 0 && !m.Begin.Add(todo[0].after).After(clock.Now()) {
				i := todo[0]
				todo, i.command.At = todo[1:], m.Begin.Add(i.after)
				if _, _, err := desk.Execute(t.Context(), i.order, i.command); err != nil {
					t.Fatalf("%s, %v: %v", i.order, i.command.Event, err)
				}
			}
			clock.Advance(time.Hour)
			idle(t, db, e, clock)
		}
		stop()
		sameEnd(t, w.end(s), want)
		t.Logf("%d asks, %d of one engine; %d actions repeated; failures %q", w.window.total(), asks, w.sink.again(), failed)
		if n := w.window.total(); n > asks || n < asks/2 { // fewer, for each waits for the clock's next step
			t.Errorf("%d asks, %d of one engine", n, asks)
		}
		if w.sink.again() > 0 || len(failed) > 0 {
			t.Errorf("%d actions repeated; the store failed: %q", w.sink.again(), failed)
		}
		for job, times := range w.nights {
			if times != 1 {
				t.Errorf("%s was done %d times", job, times)
			}
		}
	})
}

// begin begins processes, and gives what ends them.
func (m member) begin(t *testing.T, n int) (stop func()) {
	t.Helper()
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var stops []func()
	for range n {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMember$")
		c.Env = append(os.Environ(), memberVariable+"="+string(data))
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		in, err := c.StdinPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		stops = append(stops, func() {
			in.Close()
			if err := c.Wait(); err != nil {
				t.Errorf("a process ended with %v\n%s", err, &out)
			}
		})
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// idle waits until nothing is due or being done. Should nobody look for a while, for they found each other in the way, the
// clock moves on a little.
func idle(t *testing.T, db *sql.DB, e engine, clock *sandbox.Clock) {
	t.Helper()
	text := e.mark("SELECT (SELECT COUNT(*) FROM waybill_watches WHERE life = '" + string(poll.Active) + "' AND (ready_at <= ? OR leased = 1)) + " +
		"(SELECT COUNT(*) FROM waybill_streams WHERE ready_at <= ? OR leased = 1)")
	for n := 1; ; n++ {
		now := clock.Now().UnixNano()
		if count(t, db, text, now, now) == 0 {
			return
		}
		if n%100 == 0 {
			clock.Advance(time.Second)
		}
		if n > 60_000 {
			t.Fatal("something is due, and nobody does it")
		}
		_ = pass(t.Context(), time.Millisecond)
	}
}
