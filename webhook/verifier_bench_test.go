package webhook_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/webhook"
)

// proof is a push to verify, and the two floors: the HMAC over its body and nothing else, with a new hash for each, and with one
// that is kept and reset.
type proof struct {
	name                 string
	verify, anew, reused func() error
}

// proofs are the schemes with a body of so many bytes, the first key fitting; and timed HMAC with two keys, the second fitting.
func proofs(tb testing.TB, size int) []proof {
	tb.Helper()
	body := bytes.Repeat([]byte(`{"status":"x"},`), size/15+1)[:size]
	anew, reused := floortest.HMAC(oneKey.Secret, body)
	other := webhook.Key{ID: "other", Secret: "other0123456789abcdefexample0abc"}
	timed, at := webhook.TimedHMAC("X-Webhook-Signature", "X-Webhook-Timestamp"), time.Unix(sent, 0)
	var all []proof
	add := func(name string, s webhook.Scheme, keys ...webhook.Key) {
		v, err := webhook.NewVerifier(s, keys)
		if err != nil {
			tb.Fatal(err)
		}
		signer, err := webhook.NewSigner(s, oneKey)
		if err != nil {
			tb.Fatal(err)
		}
		h := http.Header{
			"Accept-Encoding": {"gzip"}, "Content-Length": {fmt.Sprint(size)}, "Content-Type": {"application/json"}, "User-Agent": {"example"},
			"X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"https"},
		}
		signer.Sign(h, body, at, "msg_2KWPBgLlAfxdpx2AI54p")
		all = append(all, proof{name, func() error { _, err := v.Verify(h, body, at); return err }, anew, reused})
	}
	add("timed HMAC", timed, oneKey)
	add("timed HMAC, second of two keys", timed, other, oneKey)
	add("Standard Webhooks", webhook.StandardWebhooks(), oneKey)
	add("body HMAC", webhook.BodyHMAC("X-Hub-Signature-256", "sha256="), oneKey)
	return all
}

// turn is how many bytes one side proves before the next has its turn. It is over before a busy machine takes the processor away, so that
// most turns are whole, and their median says what it takes.
const turn = 64 << 10

// BenchmarkVerify reports a verification as a multiple of two floors: ×hmac.New is against hmac.New, Write and Sum; ×Reset against Reset,
// Write and Sum of a hash that is kept.
func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10} {
		for _, p := range proofs(b, size) {
			b.Run(fmt.Sprintf("%s/%dKB", p.name, size>>10), func(b *testing.B) {
				took, ratios, err := floortest.Turns(b.N, turn/size, p.verify, p.anew, p.reused)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(took[0], "ns/op")
				b.ReportMetric(took[0]/took[1], "×hmac.New")
				b.ReportMetric(ratios[0], "×Reset")
				b.ReportMetric(testing.AllocsPerRun(100, func() { _ = p.verify() }), "allocs")
			})
		}
	}
}
