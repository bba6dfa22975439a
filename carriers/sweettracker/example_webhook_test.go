package sweettracker_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// The address that is registered and the token that is checked come from one configuration.
func ExampleWebhook() {
	hook := sweettracker.WebhookConfig{
		Tokens: []webhook.Key{{ID: "2026-03", Secret: "kW8yV3xQ2mD5nB7tR1pZ6a"}}, // rand.Text() in earnest
		Lookup: func(_ context.Context, fid string) (tracking.Courier, string, bool, error) {
			return courier.CJ, "550000001234", fid == "D20260302000017", nil // out of the host's store
		},
	}
	trace := sweettracker.NewTrace(sweettracker.TraceConfig{
		Tier: "your tier", Key: "your key", BaseURL: "https://trace.example", // the host in your contract
		Callback: hook.Callback("https://shop.example/webhooks"),
	})
	handler, err := webhook.NewHandler(webhook.Config{
		Sources: []webhook.Source{sweettracker.Webhook(hook)}, Inbox: webhook.NewMemoryInbox(),
	})
	if err != nil || trace.Validate() != nil {
		fmt.Println(err, trace.Validate())
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/", handler)

	// The provider calls:
	for _, body := range []string{
		"fid=D20260302000017&invoice_no=550000001234&level=5&time_trans=2026-03-03+09%3A05%3A00&details=%EB%B0%B0%EC%86%A1%EC%B6%9C%EB%B0%9C",
		"fid=D20260302000018&invoice_no=550000001234&level=5",
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, hook.Callback("/webhooks"), strings.NewReader(body)))
		answer, _ := io.ReadAll(w.Body)
		fmt.Println(w.Code, string(answer))
	}
	// Output:
	// 200 {"code":true,"message":"success"}
	// 200 {"code":false,"message":"fail - invalid fid"}
}
