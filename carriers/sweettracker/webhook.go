package sweettracker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// largestCallback bounds the body of a callback, in bytes: our decision. A real one has less than 1 KiB.
const largestCallback = 64 << 10

// WebhookConfig says how the callbacks of the trace API (추적 API) are received. Tokens and Lookup are required. Printing it
// shows no secret.
type WebhookConfig struct {
	// Name is what the source is called, and the path segment in front of the token; empty means "sweettracker". Two
	// accounts need two names.
	Name string

	// Tokens are the secrets that callback addresses end in, 22 characters or more each (see [webhook.NewTokens]): nothing
	// else proves a callback. The first is that of [WebhookConfig.Callback]. A registration is not known to end, so keep a
	// token for 30 days after it was replaced.
	Tokens []webhook.Key

	// Lookup finds the parcel that a fid ([tracking.Subscription].Ref) was registered for; found is false for a fid that is
	// not the host's, or not yet. Couriers and numbers of callbacks are not trusted: this is where they come from. It is
	// asked while the provider waits, for the answer depends on it, and again when the callback is worked. It must be safe
	// for concurrent use, and mind the context.
	Lookup func(ctx context.Context, fid string) (c tracking.Courier, number string, found bool, err error)

	// Table says what levels and status words mean; nil means the built-in one. Take the one of [Config]: a scan that is
	// mapped in two ways changes its meaning with the door it came by last.
	Table *statusmap.Table
}

// Callback gives the address to register ([TraceConfig].Callback), for a handler that is mounted at base, such as
// https://shop.example/webhooks: the source's name and the first token follow it. It is a secret. Without a token it is
// empty.
func (c WebhookConfig) Callback(base string) string {
	if len(c.Tokens) == 0 {
		return ""
	}
	return strings.TrimRight(base, "/") + "/" + c.name() + "/" + c.Tokens[0].Secret
}

func (c WebhookConfig) name() string {
	if c.Name == "" {
		return Name
	}
	return c.Name
}

// WebhookSource receives callbacks of the trace API, one scan of one parcel each. It is a [webhook.Source] and a
// [webhook.Responder], made by [Webhook], and safe for concurrent use.
//
// All that is proved is that the sender knows the address. So the fid has to be one of the host's and the number that of
// this fid; the courier is taken from the host's record. The provider wants to hear in the answer whether that fits
// (documented), but every callback with a valid token is stored before, whatever is in it: it can come before the host has
// committed the registration, and is then matched later.
//
// What is read is [tracking.KindFact] material: one event, mapped as [Carrier.Query] maps the same scan, so that a scan
// that comes by both doors is one. Unlike there, level 6 is DELIVERED by itself, for a callback has no summary beside
// it. Level −99 (a scan error) is an event that decides nothing, whatever its text says. Late, repeated and reordered callbacks
// move nothing backwards: [tracking.Derive] orders scans by their own time. Names, phones and addresses are not
// decoded, and scrubbed where a courier put them into its text.
type WebhookSource struct {
	name    string
	tokens  *webhook.Tokens
	lookup  func(ctx context.Context, fid string) (tracking.Courier, string, bool, error)
	reader  *reader
	invalid error // what Validate says
}

var (
	_ webhook.Source     = (*WebhookSource)(nil)
	_ webhook.Responder  = (*WebhookSource)(nil)
	_ tracking.Validator = (*WebhookSource)(nil)
)

// Webhook makes a source. It never fails: what is wrong with c is told by [WebhookSource.Validate], which
// [webhook.NewHandler] calls, and such a source refuses everything.
func Webhook(c WebhookConfig) *WebhookSource {
	var found []mistake
	tokens, err := webhook.NewTokens(c.Tokens)
	if err != nil {
		found = append(found, mistake{tracking.ErrInvalidRequest, "WebhookConfig.Tokens: " + err.Error()})
	}
	if c.Lookup == nil {
		found = append(found, mistake{tracking.ErrInvalidRequest, "WebhookConfig.Lookup is missing"})
	}
	return &WebhookSource{
		name: c.name(), tokens: tokens, lookup: c.Lookup, reader: newReader(c.Table, false), invalid: joinMistakes(found),
	}
}

// Name is [WebhookConfig].Name.
func (s *WebhookSource) Name() string { return s.name }

// Validate reports every fault of the configuration at once.
func (s *WebhookSource) Validate() error { return s.invalid }

// Format writes the name, whatever the verb.
func (s *WebhookSource) Format(f fmt.State, _ rune) { writePlain(f, s.name+" webhook") }

// The answers that the provider understands, by what is in the body; the status is 200 for all of them. The texts of the
// first two are documented, the others are ours in the same form.
var (
	answerAccepted       = callbackAnswer(true, "success")
	answerInvalidFID     = callbackAnswer(false, "fail - invalid fid")
	answerInvalidInvoice = callbackAnswer(false, "fail - invalid invoice")
	answerInvalidBody    = callbackAnswer(false, "fail - invalid body")
	answerTryAgain       = callbackAnswer(false, "fail - try again")
)

func callbackAnswer(ok bool, message string) webhook.Answer {
	return webhook.Answer{
		Status: http.StatusOK, ContentType: "application/json; charset=utf-8",
		Body: fmt.Sprintf(`{"code":%t,"message":%q}`, ok, message),
	}
}

// Terms are a body of 64 KiB, of any content type, and the provider's own answers. A wrong token is answered like a path that
// does not exist.
func (s *WebhookSource) Terms() webhook.Terms {
	return webhook.Terms{
		MaxBody:  largestCallback,
		Accepted: answerAccepted, TryAgain: answerTryAgain, Malformed: answerInvalidBody,
		Refused: webhook.Answer{Status: http.StatusNotFound},
	}
}

// Verify checks the token and nothing else: a body that cannot be read is kept too, for a person to look at. The key is
// the hash of the body.
func (s *WebhookSource) Verify(r *webhook.Request) (webhook.Receipt, error) {
	if s.invalid != nil {
		return webhook.Receipt{}, s.invalid
	}
	return s.tokens.Verify(r.Rest, r.Body)
}

// Respond answers as the provider documents it: success when fid and number fit, else what does not. When Lookup fails the
// answer is success, for the callback is stored and will be worked.
func (s *WebhookSource) Respond(ctx context.Context, m webhook.Message) webhook.Answer {
	if s.invalid != nil {
		return answerAccepted
	}
	_, _, err := s.match(ctx, m)
	switch {
	case errors.Is(err, errFID), errors.Is(err, webhook.ErrUnmatched):
		return answerInvalidFID
	case errors.Is(err, webhook.ErrMalformed):
		return answerInvalidBody
	case errors.Is(err, errInvoice):
		return answerInvalidInvoice
	}
	return answerAccepted
}

// Read gives the parcel with its one event. A fid that the host does not know is [webhook.ErrUnmatched], a body that cannot
// be read [webhook.ErrMalformed]; a number that is not the fid's is ignored. Event is the level.
func (s *WebhookSource) Read(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
	if s.invalid != nil {
		return webhook.Reading{}, s.invalid
	}
	called, q, err := s.match(ctx, m)
	if errors.Is(err, errInvoice) {
		return webhook.Reading{Event: called.event(), Ignored: errInvoice.Error()}, nil
	}
	if err != nil {
		return webhook.Reading{}, fmt.Errorf("sweettracker: %w", err)
	}
	return webhook.Reading{Event: called.event(), Parcels: []tracking.Parcel{s.reader.pushed(q, called, m.ReceivedAt)}}, nil
}
