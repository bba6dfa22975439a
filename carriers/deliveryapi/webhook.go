package deliveryapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const (
	// The headers of a push (reported by four receivers that agree; no live one was seen).
	signatureHeader = "X-Webhook-Signature"
	timestampHeader = "X-Webhook-Timestamp"

	// defaultPushBody is the cap of a push: 100 parcels with their scans fit into it many times (our decision).
	defaultPushBody = 5 << 20

	webhookOp = "webhook"
)

// WebhookConfig says how to take pushes in. Keys are required; every other field may be left out. It prints without its
// secrets.
type WebhookConfig struct {
	// Keys are the secrets of the endpoints that push here, old and new ones while a secret is changed. A secret's whole
	// text is the key, whsec_ included (reported); it has at least 16 bytes.
	Keys []webhook.Key

	// Name is the source's name, and the path segment that a handler finds it by; give it the name of the Carrier that
	// asks the same account, for evidence of one name is compared as of one source. Empty means DefaultName.
	Name string
	// Tolerance is how far the signed time may lie from the clock, to either side; 0 means 5 minutes (reported).
	Tolerance time.Duration
	// LenientFormat also takes a signature without "sha256=" and upper-case digits, in case the live service differs
	// from what is reported.
	LenientFormat bool
	// Legacy also reads two old forms of payload: {"type":"delivery.…","data":{…}}, and a single parcel without anything
	// around it. Without it they are acknowledged and ignored.
	Legacy bool
	// MaxBody is the largest body taken, in bytes; 0 means 5 MiB.
	MaxBody int64

	// Lookup finds the couriers of the host's open shipments with a number, in the form that courier.Normalize gives, for
	// old payloads that name no courier. What they say counts only if there is exactly one. Nil means that it never does.
	Lookup func(ctx context.Context, number string) ([]tracking.Courier, error)
	// Once reports whether a subscription was registered for a single crawl (Registering.Once), which the provider does
	// not say when it ends one. It is asked for every push. Nil means that none was.
	Once func(ctx context.Context, requestID string) (bool, error)

	// Table says what the provider's words mean. Nil means statusmap.DeliveryAPI().
	Table *statusmap.Table
	// KeepRaw fills Event.Raw with the provider's JSON of each scan, unscrubbed: names and phone numbers of
	// drivers included.
	KeepRaw bool
}

// Format writes what String gives for every verb.
func (c WebhookConfig) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String names the source and counts its keys.
func (c WebhookConfig) String() string {
	return fmt.Sprintf("deliveryapi webhook config %s, %d keys", firstText(c.Name, DefaultName), len(c.Keys))
}

// MarshalText writes what String gives.
func (c WebhookConfig) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// WebhookSource takes in what one account of deliveryapi pushes. It is made by [Webhook] and safe for concurrent use.
type WebhookSource struct {
	mapping
	config   WebhookConfig
	verifier atomic.Pointer[webhook.Verifier]
	fault    error                      // what Validate says
	ping     atomic.Pointer[pingWindow] // nil while only signed requests are taken
}

var (
	_ webhook.Source     = (*WebhookSource)(nil)
	_ tracking.Validator = (*WebhookSource)(nil)
)

// Webhook makes a source. It never fails: see [WebhookSource.Validate].
func Webhook(config WebhookConfig) *WebhookSource {
	s := &WebhookSource{mapping: newMapping(firstText(config.Name, DefaultName), config.Table, config.KeepRaw), config: config}
	verifier, err := s.verifierFor(config.Keys)
	if config.MaxBody < 0 {
		err = errors.Join(err, errors.New("the largest body is negative"))
	}
	if err != nil {
		s.fault = &tracking.Error{Carrier: s.name, Op: webhookOp, Kind: tracking.ErrInvalidRequest, Billed: tracking.No, Err: err}
		return s
	}
	s.verifier.Store(verifier)
	s.config.Keys = nil // the verifier has them
	return s
}

func (s *WebhookSource) verifierFor(keys []webhook.Key) (*webhook.Verifier, error) {
	scheme := webhook.TimedHMAC(signatureHeader, timestampHeader)
	scheme.Tolerance, scheme.Lenient = s.config.Tolerance, s.config.LenientFormat
	return webhook.NewVerifier(scheme, keys)
}

// SetKeys puts other keys in the place of all that were valid, so that a secret can be changed while pushes come in. Keys that
// [Webhook] would not take are refused, and the old ones stay valid. The order of a change that loses no push:
//
//  1. make a secret, and call SetKeys with it and the old one, in every process that receives
//  2. call [Carrier.RotateSecret] with it: from then on pushes are signed with it alone
//  3. two hours later, when nothing signed with the old one can be on its way, call SetKeys without the old one
//
// A receiver that knows one secret at a time refuses what is on its way during the change, and the provider does not
// send it again (documented).
func (s *WebhookSource) SetKeys(keys []webhook.Key) error {
	if s.fault != nil {
		return s.fault
	}
	verifier, err := s.verifierFor(keys)
	if err != nil {
		return &tracking.Error{Carrier: s.name, Op: webhookOp, Kind: tracking.ErrInvalidRequest, Billed: tracking.No, Err: err}
	}
	s.verifier.Store(verifier)
	return nil
}

// Validate tells what is wrong with the configuration. A source with a fault takes nothing in.
func (s *WebhookSource) Validate() error { return s.fault }

// Name is that of the configuration, "deliveryapi" unless it says otherwise.
func (s *WebhookSource) Name() string { return s.name }

// Terms are 200 with {"received":true} for what was taken in, as the provider's sample answers (documented); a 401 that says
// nothing for what is not authentic; and 503 for what could not be stored. No content type is asked for.
func (s *WebhookSource) Terms() webhook.Terms {
	terms := webhook.Terms{
		MaxBody:  s.config.MaxBody,
		Accepted: received(http.StatusOK, "true"),
		TryAgain: received(http.StatusServiceUnavailable, "false"),
		Refused:  received(http.StatusUnauthorized, "false"),
	}
	if terms.MaxBody <= 0 {
		terms.MaxBody = defaultPushBody
	}
	// A repeat would not make a message readable that is signed, and failures count towards switching the endpoint off (reported).
	terms.Malformed = terms.Accepted
	return terms
}

func received(status int, taken string) webhook.Answer {
	return webhook.Answer{Status: status, ContentType: "application/json", Body: `{"received":` + taken + `}`}
}

// Verify checks the signature, over the time and the body, against every key. The body is not decoded.
//
// A message is known by its body, which has a time in it; one without (older payloads) also by the header's time, for two such
// bodies may be equal and both true.
func (s *WebhookSource) Verify(r *webhook.Request) (webhook.Receipt, error) {
	if s.fault != nil {
		return webhook.Receipt{}, s.fault
	}
	receipt, err := s.verifier.Load().Verify(r.Header, r.Body, r.At)
	if err != nil {
		if s.pinged(r.At) {
			return webhook.Receipt{Ping: true}, nil
		}
		return webhook.Receipt{}, err
	}
	s.endPing()
	receipt.Key = keyOf(r)
	return receipt, nil
}

var timestampMember = []byte(`"timestamp"`)

func keyOf(r *webhook.Request) webhook.Digest {
	if bytes.Contains(r.Body, timestampMember) {
		return sha256.Sum256(r.Body)
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, signedTime(r.Header)+".")
	_, _ = sum.Write(r.Body)
	var key webhook.Digest
	sum.Sum(key[:0])
	return key
}

// signedTime finds the header that was verified: in any case, as the verifier does.
func signedTime(h http.Header) string {
	if text := h.Get(timestampHeader); text != "" {
		return text
	}
	for name, values := range h {
		if strings.EqualFold(name, timestampHeader) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// Format writes what String gives for every verb.
func (s *WebhookSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String names the source and shows no secret.
func (s *WebhookSource) String() string { return "webhook source " + s.name }

// MarshalText writes what String gives.
func (s *WebhookSource) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
