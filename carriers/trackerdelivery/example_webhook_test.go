package trackerdelivery_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// The addresses that are registered and the tokens that are checked come from one configuration.
func ExampleWebhook() {
	hook := trackerdelivery.WebhookConfig{
		Tokens: []webhook.Key{
			{ID: "2026-03", Secret: "kW8yV3xQ2mD5nB7tR1pZ6a"}, // new registrations have this one
			{ID: "2026-02", Secret: "uT4cH9sL0fJ6gE2wX8vN3b"}, // until they all have
		},
		Known: func(_ context.Context, q tracking.Query) (bool, error) {
			return q.Number == "680123456782", nil // out of the host's store
		},
	}
	carrier := trackerdelivery.New(trackerdelivery.Config{
		ClientID: "id", ClientSecret: "secret", Callbacks: hook.Callbacks("https://shop.example/webhooks"),
	})
	defer carrier.Close()
	handler, err := webhook.NewHandler(webhook.Config{
		Sources: []webhook.Source{trackerdelivery.Webhook(hook)}, Inbox: webhook.NewMemoryInbox(),
	})
	if err != nil || carrier.Validate() != nil {
		fmt.Println(err, carrier.Validate())
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/", handler)

	// The provider calls:
	for _, address := range append(hook.Callbacks("/webhooks"), "/webhooks/trackerdelivery/guessed") {
		r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(`{"carrierId":"kr.cjlogistics","trackingNumber":"680123456782"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 202
	// 202
	// 404
}
