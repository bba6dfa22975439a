// Package webhook sets Waybill's verification beside that of well-known libraries. It is a module of its own, of tests alone and
// outside the workspace, so that neither an importer nor a test of Waybill ever builds those libraries.
package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-github/v84/github"
	"github.com/slack-go/slack"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	stripe "github.com/stripe/stripe-go/v85/webhook"
	svix "github.com/svix/svix-webhooks/go"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/webhook"
)

// secret is one for all: its own text for some, base64 for the others.
const secret = "test0123456789abcdefexample00abc"

// verifier checks one push, which is always the same one.
type verifier struct {
	name   string
	verify func(body []byte) error
}

// libraries are set up as their documentation has it, each with a push in its own format. All but GitHub's and the last one of Waybill's
// check a time of sending, for which the others take it from the machine's clock.
func libraries(tb testing.TB, body []byte) []verifier {
	tb.Helper()
	now := time.Now()
	wh, err := standard.NewWebhook(secret)
	must(tb, err)
	sv, err := svix.NewWebhook(secret)
	must(tb, err)
	standardSigned := http.Header{}
	signed(tb, webhook.StandardWebhooks(), standardSigned, body, now)
	svixSigned := http.Header{}
	for short, long := range map[string]string{"Svix-Id": "Webhook-Id", "Svix-Timestamp": "Webhook-Timestamp", "Svix-Signature": "Webhook-Signature"} {
		svixSigned.Set(short, standardSigned.Get(long))
	}
	slackSigned := http.Header{"X-Slack-Request-Timestamp": {fmt.Sprint(now.Unix())}}
	slackSigned.Set("X-Slack-Signature", fmt.Sprintf("v0=%x", digest(fmt.Sprintf("v0:%d:", now.Unix()), body)))
	gitHub := fmt.Sprintf("sha256=%x", digest("", body))
	ofStripe := stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: body, Secret: secret, Timestamp: now}).Header

	return []verifier{
		{"stripe-go ValidatePayload", func(body []byte) error { return stripe.ValidatePayload(body, ofStripe, secret) }},
		{"standard-webhooks", func(body []byte) error { return wh.Verify(body, standardSigned) }},
		{"svix", func(body []byte) error { return sv.Verify(body, svixSigned) }},
		{"go-github ValidateSignature", func(body []byte) error { return github.ValidateSignature(gitHub, body, []byte(secret)) }},
		{"slack SecretsVerifier", func(body []byte) error {
			v, err := slack.NewSecretsVerifier(slackSigned, secret)
			if err != nil {
				return err
			}
			if _, err := v.Write(body); err != nil {
				return err
			}
			return v.Ensure()
		}},
		{"Waybill timed HMAC", ours(tb, webhook.TimedHMAC("X-Webhook-Signature", "X-Webhook-Timestamp"), body, now)},
		{"Waybill Standard Webhooks", ours(tb, webhook.StandardWebhooks(), body, now)},
		{"Waybill body HMAC", ours(tb, webhook.BodyHMAC("X-Hub-Signature-256", "sha256="), body, now)},
	}
}

func ours(tb testing.TB, s webhook.Scheme, body []byte, now time.Time) func([]byte) error {
	tb.Helper()
	v, err := webhook.NewVerifier(s, []webhook.Key{{Secret: secret}})
	must(tb, err)
	h := http.Header{}
	signed(tb, s, h, body, now)
	return func(body []byte) error {
		_, err := v.Verify(h, body, time.Now())
		return err
	}
}

func signed(tb testing.TB, s webhook.Scheme, h http.Header, body []byte, now time.Time) {
	tb.Helper()
	signer, err := webhook.NewSigner(s, webhook.Key{Secret: secret})
	must(tb, err)
	signer.Sign(h, body, now, "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W")
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func digest(head string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(head))
	mac.Write(body)
	return mac.Sum(nil)
}

func bodyOf(size int) []byte { return bytes.Repeat([]byte(`{"status":"x"},`), size/15+1)[:size] }

// TestAllVerify: a comparison with one that refuses would say nothing.
func TestAllVerify(t *testing.T) {
	body := bodyOf(1 << 10)
	for _, l := range libraries(t, body) {
		if err := l.verify(body); err != nil {
			t.Errorf("%s: %v", l.name, err)
		}
		body[100] ^= 1
		if err := l.verify(body); err == nil {
			t.Errorf("%s accepts another body", l.name)
		}
		body[100] ^= 1
	}
}

// TestInterchange: what others sign, Waybill understands, and the other way round.
func TestInterchange(t *testing.T) {
	body, now := bodyOf(300), time.Now()
	v, err := webhook.NewVerifier(webhook.StandardWebhooks(), []webhook.Key{{Secret: secret}})
	must(t, err)
	wh, err := standard.NewWebhook(secret)
	must(t, err)
	signature, err := wh.Sign("msg_1", now, body)
	must(t, err)
	h := http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {fmt.Sprint(now.Unix())}, "Webhook-Signature": {signature}}
	if _, err := v.Verify(h, body, now); err != nil {
		t.Errorf("a message of the reference implementation: %v", err)
	}
	signed(t, webhook.StandardWebhooks(), h, body, now)
	if err := wh.Verify(body, h); err != nil {
		t.Errorf("the reference implementation refuses: %v", err)
	}
	hub := http.Header{}
	signed(t, webhook.BodyHMAC("X-Hub-Signature-256", "sha256="), hub, body, now)
	if err := github.ValidateSignature(hub.Get("X-Hub-Signature-256"), body, []byte(secret)); err != nil {
		t.Errorf("go-github refuses: %v", err)
	}
}

// turn is how many bytes one side proves before the next has its turn: little enough for most turns to be over before a busy machine takes
// the processor away.
const turn = 64 << 10

// BenchmarkVerify reports each library as a multiple of the bare HMAC over the body: with a new hash each time, and with one that is reset.
func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10} {
		body := bodyOf(size)
		anew, reused := floortest.HMAC(secret, body)
		for _, l := range libraries(b, body) {
			b.Run(fmt.Sprintf("%s/%dKB", l.name, size>>10), func(b *testing.B) {
				verify := func() error { return l.verify(body) }
				took, ratios, err := floortest.Turns(b.N, turn/size, verify, anew, reused)
				must(b, err)
				b.ReportMetric(took[0], "ns/op")
				b.ReportMetric(took[0]/took[1], "×hmac.New")
				b.ReportMetric(ratios[0], "×Reset")
				b.ReportMetric(testing.AllocsPerRun(100, func() { err = errors.Join(err, verify()) }), "allocs")
			})
		}
	}
}
