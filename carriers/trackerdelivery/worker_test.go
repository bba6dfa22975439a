package trackerdelivery

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// TestCallbacksBecomeOneQuestion posts the same body again and again: it is asked once in ten seconds, again when it comes
// later, and never about a stranger's parcel.
func TestCallbacksBecomeOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := hookConfig()
		config.Known = func(_ context.Context, q tracking.Query) (bool, error) { return q.Number == "000000000000", nil }
		inbox, sources := webhook.NewMemoryInbox(), []webhook.Source{Webhook(config)}
		var mu sync.Mutex
		var asked []tracking.Query
		var deliveries []webhook.Delivery
		worker := &webhook.Worker{
			Inbox: inbox, Sources: sources, Concurrency: 1,
			Deliver: func(_ context.Context, d webhook.Delivery) error {
				mu.Lock()
				defer mu.Unlock()
				deliveries = append(deliveries, d)
				return nil
			},
			Ask: func(_ context.Context, q tracking.Query) (*tracking.Parcel, error) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, q)
				return &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: Name, RetrievedAt: time.Now()}, nil
			},
		}
		handler, err := webhook.NewHandler(webhook.Config{Sources: sources, Inbox: inbox, Wake: worker.Wake})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- worker.Run(ctx) }()
		defer func() { cancel(); <-ended }()
		post := func(number string) {
			t.Helper()
			r := httptest.NewRequestWithContext(ctx, "POST", "/webhooks/"+Name+"/"+hookToken, strings.NewReader(`{"carrierId":"kr.cjlogistics","trackingNumber":"`+number+`"}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != 202 {
				t.Errorf("answered %d", w.Code)
			}
		}
		settled := func() ([]tracking.Query, []webhook.Delivery) {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(asked), slices.Clone(deliveries)
		}
		for range 3 {
			post("000000000000")
			post("999999999999")
			time.Sleep(2 * time.Second)
		}
		if early, _ := settled(); len(early) > 0 {
			t.Errorf("asked within ten seconds")
		}
		time.Sleep(time.Minute)
		once, got := settled()
		if len(once) != 1 || once[0].Courier != "cj" || once[0].Number != "000000000000" || len(got) != 1 || len(got[0].Letters) != 3 {
			t.Fatalf("asked about %#v, %d deliveries", once, len(got))
		}
		post("000000000000")
		time.Sleep(time.Minute)
		if twice, got := settled(); len(twice) != 2 || len(got) != 2 {
			t.Errorf("the next news: asked %d times, %d deliveries", len(twice), len(got))
		}
	})
}
