package sweettracker

import (
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

// pushOf is a recorded callback for the suite of sources.
func pushOf(t *testing.T, name string) webhooktest.Push {
	t.Helper()
	r := posted(t, loadFixture(t, name))
	return webhooktest.Push{Name: name, Header: r.Header, Rest: r.Rest, Body: r.Body, At: r.At, Proof: tracking.ProofURL}
}

func TestWebhookContract(t *testing.T) {
	h := webhooktest.SourceHarness{
		New:     func(*testing.T) webhook.Source { return Webhook(hookConfig()) },
		Invalid: func(*testing.T) webhook.Source { return Webhook(WebhookConfig{}) },
		Forged:  []webhooktest.Push{pushOf(t, "callback-reply-wrong-token")},
		Secrets: []string{hookToken, "홍길동", "010-0000-0000", "02-000-0000"},
	}
	for _, name := range fixtureNames(t, "callback-json-", "callback-form-", "callback-reply-invoice-mismatch") {
		h.Good = append(h.Good, pushOf(t, name))
	}
	unknown, broken := pushOf(t, "callback-reply-unknown-fid"), pushOf(t, "callback-reply-unreadable-body")
	unknown.Read, broken.Read = webhook.ErrUnmatched, webhook.ErrMalformed
	h.Good = append(h.Good, unknown, broken)
	webhooktest.RunSource(t, h)
}
