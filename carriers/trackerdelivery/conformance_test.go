package trackerdelivery

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

func TestWebhookContract(t *testing.T) {
	pushOf := func(name string) webhooktest.Push {
		r := callbacks(t)[name].request(t)
		return webhooktest.Push{
			Name: name, Header: r.Header, Rest: r.Rest, Body: r.Body,
			At: time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC), Proof: tracking.ProofURL,
		}
	}
	webhooktest.RunSource(t, webhooktest.SourceHarness{
		New:       func(*testing.T) webhook.Source { return Webhook(hookConfig()) },
		Invalid:   func(*testing.T) webhook.Source { return Webhook(WebhookConfig{}) },
		Good:      []webhooktest.Push{pushOf("callback-inbound"), pushOf("callback-unregistered-number")},
		Forged:    []webhooktest.Push{pushOf("callback-wrong-token")},
		Malformed: []webhooktest.Push{pushOf("callback-bad-body")},
		Unique:    true,
		Secrets:   []string{hookToken, "000000000000", "999999999999"},
	})
}
