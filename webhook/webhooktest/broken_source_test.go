package webhooktest_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// A sourceBreakage breaks a puppet; caught are the clauses that must say so.
type sourceBreakage struct {
	name   string
	signed bool
	spoil  func(p *sourcePuppet)
	caught []string
}

// accepting has a puppet take requests for good that it refuses, when they are changed back in some way.
func accepting(repair func(r *webhook.Request)) func(p *sourcePuppet) {
	return func(p *sourcePuppet) {
		if p.validate() != nil {
			return
		}
		verify := p.verify
		p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
			receipt, err := verify(r)
			if err == nil || errors.Is(err, webhook.ErrMalformed) {
				return receipt, err
			}
			other := *r
			other.Header = r.Header.Clone()
			repair(&other)
			if again, againErr := verify(&other); againErr == nil {
				return again, nil
			}
			return receipt, err
		}
	}
}

// refusing changes the errors of requests that are refused.
func refusing(change func(r *webhook.Request, err error) error) func(p *sourcePuppet) {
	return func(p *sourcePuppet) {
		verify := p.verify
		p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
			receipt, err := verify(r)
			if err != nil {
				err = change(r, err)
			}
			return receipt, err
		}
	}
}

// receiving changes the receipts of requests that are accepted.
func receiving(change func(r *webhook.Request, receipt *webhook.Receipt)) func(p *sourcePuppet) {
	return func(p *sourcePuppet) {
		verify := p.verify
		p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
			receipt, err := verify(r)
			if err == nil {
				change(r, &receipt)
			}
			return receipt, err
		}
	}
}

// reading changes what is read.
func reading(change func(m webhook.Message, r *webhook.Reading, err *error)) func(p *sourcePuppet) {
	return func(p *sourcePuppet) {
		read := p.read
		p.read = func(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
			r, err := read(ctx, m)
			change(m, &r, &err)
			return r, err
		}
	}
}

func promising(change func(t *webhook.Terms)) func(p *sourcePuppet) {
	return func(p *sourcePuppet) {
		terms := p.terms
		p.terms = func() webhook.Terms {
			t := terms()
			change(&t)
			return t
		}
	}
}

func termBreakages() []sourceBreakage {
	return []sourceBreakage{
		{"a name in upper case", true, func(p *sourcePuppet) { p.name = func() string { return "Puppet" } }, []string{"the name is short, lower case and constant"}},
		{"a name of two segments", true, func(p *sourcePuppet) { p.name = func() string { return "puppet/1" } }, []string{"the name is short, lower case and constant"}},
		{"a name that changes", true, func(p *sourcePuppet) {
			var asked atomic.Int32
			p.name = func() string { return fmt.Sprintf("puppet-%d", asked.Add(1)) }
		}, []string{"the name is short, lower case and constant"}},
		{"terms that change", true, func(p *sourcePuppet) {
			var asked atomic.Int64
			p.terms = func() webhook.Terms { return webhook.Terms{MaxBody: 1000 + asked.Add(1)} }
		}, []string{"terms are constant"}},
		{"a negative limit", true, promising(func(t *webhook.Terms) { t.MaxBody = -1 }), []string{"good pushes fit the terms", "terms make sense"}},
		{"a content type with parameters", true, promising(func(t *webhook.Terms) {
			t.ContentTypes = append(t.ContentTypes, "text/plain; charset=utf-8")
		}), []string{"terms make sense"}},
		{"an answer of 99", true, promising(func(t *webhook.Terms) { t.TryAgain.Status = 99 }), []string{"terms make sense"}},
		{"an answer without a type", true, promising(func(t *webhook.Terms) { t.Refused = webhook.Answer{Status: 401, Body: "no"} }), []string{"terms make sense"}},
		{"an answer with the secret", true, promising(func(t *webhook.Terms) {
			t.Refused = webhook.Answer{Status: 401, ContentType: "text/plain", Body: "not " + signingSecret}
		}), []string{"terms make sense"}},
		{"an error for what is accepted", true, promising(func(t *webhook.Terms) { t.Accepted.Status = 302 }), []string{"terms make sense"}},
		{"try again sounds like accepted", true, promising(func(t *webhook.Terms) { t.TryAgain.Status = 200 }), []string{"answers can be told apart"}},
		{"refused sounds like accepted", true, promising(func(t *webhook.Terms) { t.Refused.Status = 200 }), []string{"answers can be told apart"}},
		{"a limit that the provider exceeds", true, promising(func(t *webhook.Terms) { t.MaxBody = 10 }), []string{"good pushes fit the terms"}},
		{"the provider's content type is not taken", true, promising(func(t *webhook.Terms) { t.ContentTypes = []string{"text/xml"} }), []string{"good pushes fit the terms"}},
		{"its configuration is faulty", true, func(p *sourcePuppet) {
			p.validate = func() error { return errors.New("no key") }
		}, []string{"its configuration is valid"}},
		{"a fault is not noticed", true, func(p *sourcePuppet) { p.validate = func() error { return nil } }, []string{"a faulty configuration refuses everything"}},
		{"a faulty source accepts", true, func(p *sourcePuppet) {
			if p.validate() != nil {
				p.verify = newSource(true).verify
			}
		}, []string{"a faulty configuration refuses everything"}},
	}
}

func verifyBreakages() []sourceBreakage {
	wrong := webhook.Digest{9}
	return []sourceBreakage{
		{"a proof of more than is proved", true, receiving(func(_ *webhook.Request, r *webhook.Receipt) { r.Proof |= tracking.ProofIdentity }), []string{"a good push is accepted"}},
		{"every push is a ping", true, receiving(func(_ *webhook.Request, r *webhook.Receipt) { r.Ping = true }), []string{"a good push is accepted"}},
		{"no time of sending", true, receiving(func(_ *webhook.Request, r *webhook.Receipt) { r.SentAt = time.Time{} }), []string{"a good push is accepted"}},
		{"a signature that nobody needs", true, func(p *sourcePuppet) {
			verify := p.verify
			p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
				if len(r.Header["X-Signature"]) == 0 || len(r.Header["X-Timestamp"]) == 0 {
					return webhook.Receipt{Key: sha256.Sum256(r.Body), Proof: tracking.ProofBody | tracking.ProofTime, SentAt: pushedAt}, nil
				}
				return verify(r)
			}
		}, []string{"a forged push is refused", "a proof is carried by something", "what is authentic cannot be changed"}},
		{"a signature of zeros", true, func(p *sourcePuppet) {
			verify := p.verify
			p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
				if strings.Trim(r.Header.Get("X-Signature"), "0") == "sha256=" {
					return webhook.Receipt{Key: sha256.Sum256(r.Body)}, nil
				}
				return verify(r)
			}
		}, []string{"a forged push is refused"}},
		{"the last byte of the body is not signed", true, accepting(func(r *webhook.Request) {
			if len(r.Body) > 0 {
				r.Body = append(r.Body[:len(r.Body)-1:len(r.Body)-1], '}')
			}
		}), []string{"what is authentic cannot be changed"}},
		{"space around the body is not signed", true, accepting(func(r *webhook.Request) {
			r.Body = []byte(strings.TrimSpace(string(r.Body)))
		}), []string{"what is authentic cannot be changed"}},
		{"old pushes are taken", true, accepting(func(r *webhook.Request) {
			if r.At.After(pushedAt) {
				r.At = pushedAt
			}
		}), []string{"what is authentic cannot be changed"}},
		{"pushes from the future are taken", true, accepting(func(r *webhook.Request) {
			if r.At.Before(pushedAt) {
				r.At = pushedAt
			}
		}), []string{"what is authentic cannot be changed"}},
		{"of two signatures the first counts", true, accepting(func(r *webhook.Request) {
			if s := r.Header["X-Signature"]; len(s) > 1 {
				r.Header["X-Signature"] = s[:1]
			}
		}), []string{"what is authentic cannot be changed"}},
		{"a signature may go on", true, accepting(func(r *webhook.Request) {
			if s := r.Header.Get("X-Signature"); len(s) > 71 {
				r.Header.Set("X-Signature", s[:71])
			}
		}), []string{"what is authentic cannot be changed"}},
		{"a token in any case", false, accepting(func(r *webhook.Request) {
			if strings.EqualFold(r.Rest, urlToken) {
				r.Rest = urlToken
			}
		}), []string{"what is authentic cannot be changed"}},
		{"the beginning of a token", false, accepting(func(r *webhook.Request) {
			if r.Rest != "" && strings.HasPrefix(urlToken, r.Rest) {
				r.Rest = urlToken
			}
		}), []string{"what is authentic cannot be changed"}},
		{"no token at all", false, accepting(func(r *webhook.Request) {
			if r.Rest == "" {
				r.Rest = urlToken
			}
		}), []string{"what is authentic cannot be changed"}},
		{"a wrong signature is called malformed", true, refusing(func(_ *webhook.Request, err error) error {
			return fmt.Errorf("%w: %w", webhook.ErrMalformed, err)
		}), []string{"a refusal is not called malformed"}},
		{"a malformed message is refused", true, refusing(func(_ *webhook.Request, err error) error {
			if errors.Is(err, webhook.ErrMalformed) {
				return webhook.ErrRefused
			}
			return err
		}), []string{"what is authentic but no message is malformed"}},
		{"a malformed message is accepted", true, func(p *sourcePuppet) {
			verify := p.verify
			p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
				receipt, err := verify(r)
				if errors.Is(err, webhook.ErrMalformed) {
					err = nil
				}
				return receipt, err
			}
		}, []string{"what is authentic but no message is malformed"}},
		{"all messages have one key", true, receiving(func(_ *webhook.Request, r *webhook.Receipt) { r.Key = wrong }), []string{"keys tell messages apart"}},
		{"a message has no key", true, receiving(func(_ *webhook.Request, r *webhook.Receipt) { r.Key = webhook.Digest{} }), []string{"a good push is accepted", "keys tell messages apart"}},
		{"a message has another key each time", true, func(p *sourcePuppet) {
			var pushes atomic.Uint32
			receiving(func(_ *webhook.Request, r *webhook.Receipt) { r.Key[0] = byte(pushes.Add(1)) })(p)
		}, []string{"keys tell messages apart", "nothing of a request is kept", "verifying is safe for concurrent use"}},
		{"equal messages have one key", false, receiving(func(r *webhook.Request, receipt *webhook.Receipt) { receipt.Key = sha256.Sum256(r.Body) }), []string{"keys tell messages apart"}},
		{"the secret is in an error", true, refusing(func(_ *webhook.Request, err error) error {
			return fmt.Errorf("%w, with %s", err, signingSecret)
		}), []string{"errors show nothing"}},
		{"an error of two lines", true, refusing(func(_ *webhook.Request, err error) error { return fmt.Errorf("%w\nsorry", err) }), []string{"errors show nothing"}},
		{"the body is in an error", true, refusing(func(r *webhook.Request, err error) error { return fmt.Errorf("%w: %s", err, r.Body) }), []string{"errors show nothing"}},
		{"the body is in an error of Read", true, reading(func(m webhook.Message, _ *webhook.Reading, err *error) {
			if *err != nil {
				*err = fmt.Errorf("%w: %.100q", *err, m.Body)
			}
		}), []string{"errors show nothing"}},
		{"a field is in a fault", true, reading(func(m webhook.Message, r *webhook.Reading, _ *error) {
			var body pushed
			json.Unmarshal(m.Body, &body)
			for i := range r.Faults {
				r.Faults[i] = fmt.Errorf("%q is no time", body.At)
			}
		}), []string{"errors show nothing"}},
		{"the body is decoded in place", true, func(p *sourcePuppet) {
			verify := p.verify
			p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
				receipt, err := verify(r)
				if len(r.Body) > 0 {
					r.Body[0] = 'x'
				}
				return receipt, err
			}
		}, []string{"a request is not changed"}},
		{"a header is taken away", true, func(p *sourcePuppet) {
			verify := p.verify
			p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
				receipt, err := verify(r)
				r.Header.Del("User-Agent")
				return receipt, err
			}
		}, []string{"a request is not changed"}},
		{"the body of the last push is kept", true, func(p *sourcePuppet) {
			var last atomic.Pointer[[]byte]
			receiving(func(r *webhook.Request, _ *webhook.Receipt) { last.Store(&r.Body) })(p)
			read := p.read
			p.read = func(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
				if body := last.Load(); body != nil && strings.HasPrefix(string(*body), "!") {
					m.Body = *body
				}
				return read(ctx, m)
			}
			verify := p.verify
			var kept atomic.Pointer[[]byte]
			p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
				if body := kept.Load(); body != nil && strings.HasPrefix(string(*body), "!") {
					return webhook.Receipt{}, webhook.ErrSignatureMismatch
				}
				kept.Store(&r.Body)
				return verify(r)
			}
		}, []string{"nothing of a request is kept"}},
		{"a second caller is refused", true, func(p *sourcePuppet) {
			verify := p.verify
			var calls sync.Map
			p.verify = func(r *webhook.Request) (webhook.Receipt, error) {
				n, _ := calls.LoadOrStore(string(r.Body), new(atomic.Int32))
				if n.(*atomic.Int32).Add(1) == 7 {
					return webhook.Receipt{}, webhook.ErrRefused
				}
				return verify(r)
			}
		}, []string{"verifying is safe for concurrent use"}},
	}
}

func readBreakages() []sourceBreakage {
	return []sourceBreakage{
		{"nothing is read", true, reading(func(_ webhook.Message, r *webhook.Reading, err *error) { *r, *err = webhook.Reading{}, nil }), []string{"a good push is read as promised"}},
		{"an unmatched message is malformed", true, reading(func(_ webhook.Message, _ *webhook.Reading, err *error) {
			if errors.Is(*err, webhook.ErrUnmatched) {
				*err = webhook.ErrMalformed
			}
		}), []string{"a good push is read as promised"}},
		{"every message is unmatched", true, reading(func(_ webhook.Message, _ *webhook.Reading, err *error) {
			if *err == nil {
				*err = webhook.ErrUnmatched
			}
		}), []string{"a good push is read as promised"}},
		{"a parcel without a courier", true, reading(func(_ webhook.Message, r *webhook.Reading, _ *error) {
			for i := range r.Parcels {
				r.Parcels[i].Courier = ""
			}
		}), []string{"parcels are named"}},
		{"a hint without a number", false, reading(func(_ webhook.Message, r *webhook.Reading, _ *error) {
			for i := range r.Hints {
				r.Hints[i].Number = ""
			}
		}), []string{"parcels are named"}},
		{"a parcel that is not settled", true, reading(func(_ webhook.Message, r *webhook.Reading, _ *error) {
			for i := range r.Parcels {
				r.Parcels[i].Status = tracking.StatusDelivered
			}
		}), []string{"parcels are read settled"}},
		{"a scan of nobody", true, reading(func(_ webhook.Message, r *webhook.Reading, _ *error) {
			for i := range r.Parcels {
				r.Parcels[i].Source = ""
				for j := range r.Parcels[i].Events {
					r.Parcels[i].Events[j].Carrier = ""
				}
			}
		}), []string{"parcels are read settled"}},
		{"an event that changes", true, func(p *sourcePuppet) {
			var reads atomic.Int32
			reading(func(_ webhook.Message, r *webhook.Reading, _ *error) { r.Event = fmt.Sprint("moved ", reads.Add(1)) })(p)
		}, []string{"nothing of a request is kept", "reading twice gives the same"}},
		{"the message is decoded in place", true, func(p *sourcePuppet) {
			read := p.read
			p.read = func(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
				r, err := read(ctx, m)
				if len(m.Body) > 0 {
					m.Body[len(m.Body)-1] = ' '
				}
				return r, err
			}
		}, []string{"a message is neither changed nor kept"}},
		{"a fault that points into the body", true, reading(func(m webhook.Message, r *webhook.Reading, err *error) {
			if *err == nil {
				r.Faults = append(r.Faults, lazy(m.Body))
			}
		}), []string{"a message is neither changed nor kept"}},
		{"an empty body makes it panic", true, func(p *sourcePuppet) {
			read := p.read
			p.read = func(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
				if m.Body[0] == 0xff {
					return webhook.Reading{}, webhook.ErrMalformed
				}
				return read(ctx, m)
			}
		}, []string{"no stored body makes it panic"}},
		{"another type makes it panic", true, func(p *sourcePuppet) {
			read := p.read
			p.read = func(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
				var value map[string]any
				if json.Unmarshal(m.Body, &value) == nil && len(value) == 2 {
					_ = value["number"].(string)
				}
				return read(ctx, m)
			}
		}, []string{"no stored body makes it panic"}},
		{"an answer that is none", true, func(p *sourcePuppet) {
			p.respond = func(context.Context, webhook.Message) webhook.Answer {
				return webhook.Answer{Status: 7, Body: http.StatusText(200)}
			}
		}, []string{"errors show nothing", "no stored body makes it panic"}},
	}
}

// lazy is an error that reads its text when it is asked for it. It shows how long it is, and whether it was written over.
type lazy []byte

func (l lazy) Error() string {
	return fmt.Sprint(len(l), " bytes, changed: ", len(l) > 0 && l[0] == '!')
}
