package trackerdelivery

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// largestCallback bounds the body of a callback, in bytes: our decision. A real one has less than 100.
const largestCallback = 64 << 10

// WebhookConfig says how the callbacks of the managed service are received. Tokens are required. Printing it shows no
// secret.
type WebhookConfig struct {
	// Name is what the source is called, and the path segment in front of the token; empty means "trackerdelivery". Two
	// projects need two names.
	Name string

	// Tokens are the secrets that callback addresses end in, 22 characters or more each (see [webhook.NewTokens]): nothing
	// else proves a callback. The first is that of new registrations, see [WebhookConfig.Callbacks]. Keep a token until
	// the last registration with it has run out: 49 hours after it was replaced, with the lifetime that Subscribe takes by
	// itself.
	Tokens []webhook.Key

	// Known reports whether a parcel is the host's. What is not is dropped, so that an address that became known to
	// others cannot be used to spend the quota. nil means that all are. It must be safe for concurrent use, and mind
	// the context.
	Known func(ctx context.Context, q tracking.Query) (bool, error)
}

// Callbacks gives the addresses to configure at the asking side ([Config].Callbacks), for a handler that is mounted at
// base, such as https://shop.example/webhooks: the source's name and a token follow it, one address for each token, in
// their order. They are secrets.
func (c WebhookConfig) Callbacks(base string) []string {
	addresses := make([]string, 0, len(c.Tokens))
	for _, token := range c.Tokens {
		addresses = append(addresses, strings.TrimRight(base, "/")+"/"+c.name()+"/"+token.Secret)
	}
	return addresses
}

func (c WebhookConfig) name() string {
	if c.Name == "" {
		return Name
	}
	return c.Name
}

// WebhookSource receives callbacks, each of which names one parcel and says nothing about it (documented). It is a
// [webhook.Source], made by [Webhook], and safe for concurrent use.
//
// All that is proved is that the sender knows the address. So a callback is a hint, whatever the policy: the parcel has to
// be asked about, which this never does itself. Repeats, delays and disorder do no harm. The provider wants its answer
// within a second, 202 recommended (documented), and sends again whatever is answered otherwise (reported).
type WebhookSource struct {
	name    string
	tokens  *webhook.Tokens
	known   func(ctx context.Context, q tracking.Query) (bool, error)
	invalid error // what Validate says
}

var (
	_ webhook.Source     = (*WebhookSource)(nil)
	_ tracking.Validator = (*WebhookSource)(nil)
)

// Webhook makes a source. It never fails: what is wrong with c is told by [WebhookSource.Validate], which
// [webhook.NewHandler] calls, and such a source refuses everything.
func Webhook(c WebhookConfig) *WebhookSource {
	s := &WebhookSource{name: c.name(), known: c.Known}
	var err error
	if s.tokens, err = webhook.NewTokens(c.Tokens); err != nil {
		s.invalid = fmt.Errorf("trackerdelivery: WebhookConfig.Tokens: %w", err)
	}
	return s
}

// Name is [WebhookConfig].Name.
func (s *WebhookSource) Name() string { return s.name }

// Validate reports every fault of the configuration at once.
func (s *WebhookSource) Validate() error { return s.invalid }

// Format writes the name, whatever the verb.
func (s *WebhookSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.name+" webhook") }

// Terms are a JSON body of 64 KiB, and the answers that the provider's documentation and its repeats ask for, all of them
// empty. A wrong token is answered like a path that does not exist.
func (s *WebhookSource) Terms() webhook.Terms {
	return webhook.Terms{
		MaxBody: largestCallback, ContentTypes: []string{"application/json"},
		Accepted:  webhook.Answer{Status: http.StatusAccepted},
		TryAgain:  webhook.Answer{Status: http.StatusServiceUnavailable},
		Refused:   webhook.Answer{Status: http.StatusNotFound},
		Malformed: webhook.Answer{Status: http.StatusBadRequest},
	}
}

// Verify checks the token, and that the body is a callback; one that is not is [webhook.ErrMalformed].
//
// The key is drawn at random. Every callback for a parcel has the same body, with neither time nor id, and each may mean
// news: with a key made of the body, the first would make duplicates of all that follow. A callback that is sent again is
// thus stored again, which costs no more than a row, for hints about one parcel are joined before anybody is asked.
func (s *WebhookSource) Verify(r *webhook.Request) (webhook.Receipt, error) {
	if s.invalid != nil {
		return webhook.Receipt{}, s.invalid
	}
	receipt, err := s.tokens.Verify(r.Rest, nil)
	if err != nil {
		return webhook.Receipt{}, err
	}
	if _, _, err := readCallback(r.Body); err != nil {
		return webhook.Receipt{}, err
	}
	_, _ = rand.Read(receipt.Key[:]) // never fails
	return receipt, nil
}

// Read gives one hint, with the courier's code of our directory, or "trackerdelivery:" with the provider's id. What can be no
// number of that courier, or is not [WebhookConfig].Known, is ignored.
func (s *WebhookSource) Read(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
	if s.invalid != nil {
		return webhook.Reading{}, s.invalid
	}
	id, number, err := readCallback(m.Body)
	if err != nil {
		return webhook.Reading{}, err
	}
	c, _ := courier.FromProvider(courier.TrackerDelivery, id)
	a, err := prepare(Name, "webhook", ModeManaged, tracking.Query{Courier: c, Number: number})
	if err != nil || !isName(id) || !isName(number) {
		return webhook.Reading{Ignored: "no number of that courier"}, nil //nolint:nilerr // it is nobody's parcel
	}
	if s.known != nil {
		ours, err := s.known(ctx, a.query)
		if err != nil {
			return webhook.Reading{}, knownError{err}
		}
		if !ours {
			return webhook.Reading{Ignored: "not one of our parcels"}, nil
		}
	}
	return webhook.Reading{Hints: []tracking.Query{a.query}}, nil
}

// knownError is an error of the host's own function. Its text is kept out of ours, for nobody knows what it holds.
type knownError struct{ err error }

func (knownError) Error() string   { return "trackerdelivery: the Known function failed" }
func (f knownError) Unwrap() error { return f.err }

// longestName bounds the two texts of a callback, in bytes: our decision. No id and no number is nearly so long.
const longestName = 100

// readCallback reads the two fields of a callback, which are texts. Further ones do no harm; without either of these, it is
// none. Whether they name a parcel is not asked here: what is nobody's is accepted and dropped, or it would be sent again.
func readCallback(body []byte) (id, number string, err error) {
	var called struct {
		CarrierID      string `json:"carrierId"`
		TrackingNumber string `json:"trackingNumber"`
	}
	if json.Unmarshal(body, &called) != nil || called.CarrierID == "" || called.TrackingNumber == "" {
		return "", "", errNoCallback
	}
	return called.CarrierID, called.TrackingNumber, nil
}

var errNoCallback = fmt.Errorf("trackerdelivery: %w: not the two fields of a callback", webhook.ErrMalformed)

// isName reports whether a text can be an id or a number at all: short, and nothing but visible ASCII. It goes into stores,
// and back to the provider.
func isName(text string) bool {
	invisible := func(r rune) bool { return r <= ' ' || r > '~' }
	return len(text) <= longestName && !strings.ContainsFunc(text, invisible)
}
