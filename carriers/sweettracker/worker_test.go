package sweettracker

import (
	"bytes"
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// working runs a handler and a worker on one inbox, in fake time, until f returns.
func working(t *testing.T, source *WebhookSource, change func(*webhook.Worker), f func(t *testing.T, post func(name string) string, delivered func() []webhook.Delivery)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var deliveries []webhook.Delivery
		inbox, sources := webhook.NewMemoryInbox(), []webhook.Source{source}
		worker := &webhook.Worker{
			Inbox: inbox, Sources: sources, Concurrency: 1,
			Deliver: func(_ context.Context, d webhook.Delivery) error {
				mu.Lock()
				defer mu.Unlock()
				deliveries = append(deliveries, d)
				return nil
			},
		}
		change(worker)
		handler, err := webhook.NewHandler(webhook.Config{Sources: sources, Inbox: inbox, Wake: worker.Wake})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- worker.Run(ctx) }()
		post := func(name string) string {
			r := posted(t, loadFixture(t, name))
			req := httptest.NewRequestWithContext(ctx, "POST", "/webhooks/"+Name+"/"+r.Rest, bytes.NewReader(r.Body))
			req.Header = r.Header
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, req)
			return w.Body.String()
		}
		f(t, post, func() []webhook.Delivery {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(deliveries)
		})
		cancel()
		if err := <-ended; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
}

// TestCallbackBeforeTheCommit lets a callback come before the host has written down what it registered.
func TestCallbackBeforeTheCommit(t *testing.T) {
	var committed atomic.Bool
	config := hookConfig()
	config.Lookup = func(ctx context.Context, fid string) (tracking.Courier, string, bool, error) {
		if !committed.Load() {
			return "", "", false, nil
		}
		return ownParcel(ctx, fid)
	}
	working(t, Webhook(config), func(*webhook.Worker) {}, func(t *testing.T, post func(string) string, delivered func() []webhook.Delivery) {
		if got := post("callback-form-level5"); !strings.Contains(got, "invalid fid") {
			t.Errorf("answered %s", got)
		}
		time.Sleep(time.Minute)
		if got := delivered(); len(got) != 0 {
			t.Fatalf("delivered %d of an unknown parcel", len(got))
		}
		committed.Store(true)
		time.Sleep(2 * time.Minute)
		got := delivered()
		if len(got) != 1 || len(got[0].Observations) != 1 {
			t.Fatalf("%d deliveries", len(got))
		}
		o := got[0].Observations[0]
		if o.Door != tracking.DoorPush || o.Kind != tracking.KindFact || o.Proof != tracking.ProofURL || o.Carrier != Name || o.Parcel.Status != tracking.StatusOutForDelivery {
			t.Errorf("%+v", o)
		}
		if got := post("callback-form-level5"); !strings.Contains(got, "success") {
			t.Errorf("sent again, answered %s", got)
		}
		post("callback-reply-invoice-mismatch")
		post("callback-reply-unreadable-body")
		time.Sleep(time.Minute)
		if got := delivered(); len(got) != 1 {
			t.Errorf("%d deliveries after a repeat, a wrong number and a broken body", len(got))
		}
	})
}

// TestCallbacksAskedAbout lets a policy believe no callback: the parcel is asked about instead.
func TestCallbacksAskedAbout(t *testing.T) {
	var asked []tracking.Query
	change := func(w *webhook.Worker) {
		w.Policy = webhook.AskUnlessSigned
		w.Ask = func(_ context.Context, q tracking.Query) (*tracking.Parcel, error) {
			asked = append(asked, q)
			return nil, tracking.ErrNotFound
		}
	}
	working(t, Webhook(hookConfig()), change, func(t *testing.T, post func(string) string, delivered func() []webhook.Delivery) {
		post("callback-json-level5")
		post("callback-json-level6")
		time.Sleep(time.Minute)
		if got := delivered(); len(got) != 0 || len(asked) != 1 || asked[0].Courier != "cj" || asked[0].Number != "550000001234" {
			t.Errorf("%d deliveries, asked about %#v", len(got), asked)
		}
	})
}
