package webhooktest_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

// sourcePuppet is a source whose methods can be exchanged one by one.
type sourcePuppet struct {
	name     func() string
	terms    func() webhook.Terms
	verify   func(r *webhook.Request) (webhook.Receipt, error)
	read     func(ctx context.Context, m webhook.Message) (webhook.Reading, error)
	respond  func(ctx context.Context, m webhook.Message) webhook.Answer
	validate func() error
}

func (p *sourcePuppet) Name() string         { return p.name() }
func (p *sourcePuppet) Terms() webhook.Terms { return p.terms() }
func (p *sourcePuppet) Validate() error      { return p.validate() }
func (p *sourcePuppet) Verify(r *webhook.Request) (webhook.Receipt, error) {
	return p.verify(r)
}
func (p *sourcePuppet) Read(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
	return p.read(ctx, m)
}
func (p *sourcePuppet) Respond(ctx context.Context, m webhook.Message) webhook.Answer {
	return p.respond(ctx, m)
}

const (
	signingSecret = "an-invented-secret-of-32-letters"
	urlToken      = "Invented0Token0Of0Many0Letters"
)

var (
	signingKeys = []webhook.Key{{ID: "k1", Secret: signingSecret}}
	scheme      = webhook.TimedHMAC("X-Signature", "X-Timestamp")
)

// pushed is the body of the puppets' provider.
type pushed struct {
	Number string `json:"number"`
	At     string `json:"at"`
}

// newSource is a sound puppet of either kind.
func newSource(signed bool) *sourcePuppet {
	p := &sourcePuppet{
		name:     func() string { return "puppet" },
		terms:    func() webhook.Terms { return webhook.Terms{ContentTypes: []string{"application/json"}} },
		respond:  func(context.Context, webhook.Message) webhook.Answer { return webhook.Answer{} },
		validate: func() error { return nil },
	}
	if signed {
		verifier, err := webhook.NewVerifier(scheme, signingKeys)
		if err != nil {
			panic(err)
		}
		p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
			receipt, err := verifier.Verify(r.Header, r.Body, r.At)
			if err == nil && len(r.Body) < 3 {
				return webhook.Receipt{}, fmt.Errorf("%w: it is too short", webhook.ErrMalformed)
			}
			if err == nil {
				receipt.Key = sha256.Sum256(r.Body)
			}
			return receipt, err
		}
		p.read = readPushed
		return p
	}
	tokens, err := webhook.NewTokens([]webhook.Key{{ID: "t1", Secret: urlToken}})
	if err != nil {
		panic(err)
	}
	var pushes atomic.Uint32
	p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
		receipt, err := tokens.Verify(r.Rest, r.Body)
		if err == nil {
			n := pushes.Add(1)
			receipt.Key[0], receipt.Key[1] = byte(n), byte(n>>8)
		}
		return receipt, err
	}
	p.read = func(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
		r, err := readPushed(ctx, m)
		for _, parcel := range r.Parcels {
			r.Hints = append(r.Hints, tracking.Query{Courier: parcel.Courier, Number: parcel.Number})
		}
		r.Parcels = nil
		return r, err
	}
	return p
}

func readPushed(_ context.Context, m webhook.Message) (webhook.Reading, error) {
	var body pushed
	if json.Unmarshal(m.Body, &body) != nil || body.Number == "" {
		return webhook.Reading{}, webhook.ErrMalformed
	}
	if body.Number == "100000000404" {
		return webhook.Reading{}, webhook.ErrUnmatched
	}
	at, err := time.Parse(time.RFC3339, body.At)
	if err != nil {
		return webhook.Reading{Faults: []error{errors.New("no readable time")}}, nil
	}
	p := tracking.Parcel{
		Courier: "truckers", Number: body.Number, Source: "puppet", RetrievedAt: m.ReceivedAt,
		Events: []tracking.Event{{At: at, Status: tracking.StatusInTransit, Text: "간선상차"}},
	}
	p.Settle(tracking.Context{})
	return webhook.Reading{Event: "moved", Parcels: []tracking.Parcel{p}}, nil
}

var pushedAt = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func body(number string) []byte {
	return fmt.Appendf(nil, `{"number":%q,"at":"2026-03-02T18:20:00+09:00"}`, number)
}

// signed is a push with a signature.
func signed(name string, body []byte) webhooktest.Push {
	signer, err := webhook.NewSigner(scheme, signingKeys[0])
	if err != nil {
		panic(err)
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"puppet/1"}}
	signer.Sign(header, body, pushedAt, "")
	return webhooktest.Push{Name: name, Header: header, Body: body, At: pushedAt, Proof: tracking.ProofBody | tracking.ProofTime}
}

// addressed is a push to a secret address.
func addressed(name string, body []byte) webhooktest.Push {
	return webhooktest.Push{
		Name: name, Header: http.Header{"Content-Type": {"application/json"}}, Rest: urlToken, Body: body, At: pushedAt, Proof: tracking.ProofURL,
	}
}

func sourceHarness(isSigned bool, spoil func(p *sourcePuppet)) webhooktest.SourceHarness {
	push := addressed
	if isSigned {
		push = signed
	}
	unmatched := push("a push about an unknown parcel", body("100000000404"))
	unmatched.Read = webhook.ErrUnmatched
	forged := push("a push of somebody else", body("100000000003"))
	forged.Header, forged.Rest = http.Header{"X-Signature": {"sha256=" + strings.Repeat("0", 64)}}, "another"
	h := webhooktest.SourceHarness{
		New: func(*testing.T) webhook.Source {
			p := newSource(isSigned)
			spoil(p)
			return p
		},
		Invalid: func(*testing.T) webhook.Source {
			p := newSource(isSigned)
			p.validate = func() error { return errors.New("no key") }
			p.verify = func(*webhook.Request) (webhook.Receipt, error) { return webhook.Receipt{}, p.Validate() }
			spoil(p)
			return p
		},
		Good:    []webhooktest.Push{push("a push", body("100000000001")), push("another push", body("100000000002")), unmatched},
		Forged:  []webhooktest.Push{forged},
		Unique:  !isSigned,
		Secrets: []string{signingSecret, urlToken, "100000000001"},
	}
	if isSigned {
		h.Malformed = []webhooktest.Push{signed("two bytes", []byte("{}"))}
	}
	return h
}
