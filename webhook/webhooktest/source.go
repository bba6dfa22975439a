package webhooktest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// SourceHarness says how to get at a source and what its provider sends. New and Good are required.
type SourceHarness struct {
	// New makes the source, a fresh one each time, with the keys that the pushes below are made with. Give the pushes
	// fixed times: a source has no clock of its own.
	New func(t *testing.T) webhook.Source

	// Invalid makes one that is configured wrongly, for a source with a Validate method.
	Invalid func(t *testing.T) webhook.Source

	Good      []Push // what the provider sends; at least two with different bodies tell most
	Forged    []Push // what it never sent, beside the changes to Good that the suite makes itself
	Malformed []Push // what it did send, and Verify itself already finds to be no message

	// Unique says that every push is a message of its own, though it may equal another to the byte.
	Unique bool

	// Secrets are texts that must appear in no error: keys, tokens, and the names and phones in Good.
	Secrets []string
}

// Push is a request, and what is to be thought of it.
type Push struct {
	Name   string
	Header http.Header
	Rest   string // of the path, behind the source's name
	Body   []byte
	At     time.Time // when it is received

	Proof tracking.Proof // what is authentic of a good one
	Ping  bool           // whether a good one only tests the address
	Read  error          // what reading a good one fails with, such as [webhook.ErrUnmatched]
}

// request is the push as a request of its own.
func (p Push) request() *webhook.Request {
	return &webhook.Request{Header: p.Header.Clone(), Rest: p.Rest, Body: bytes.Clone(p.Body), At: p.At}
}

// message is the push as it would be stored.
func (p Push) message(name string, r webhook.Receipt) webhook.Message {
	return webhook.Message{
		Source: name, Key: r.Key, Body: bytes.Clone(p.Body), ContentType: p.Header.Get("Content-Type"),
		Proof: r.Proof, KeyID: r.KeyID, SentAt: r.SentAt, ReceivedAt: p.At,
	}
}

// A sourceClause is one sentence of the contract of a source.
type sourceClause struct {
	name  string
	needs func(h SourceHarness) (what string, have bool) // nil: nothing beyond New and Good
	hold  func(t *testing.T, h SourceHarness)
}

// RunSource holds a source against the contract of [webhook.Source], one subtest a clause.
func RunSource(t *testing.T, h SourceHarness) {
	t.Helper()
	if h.New == nil || len(h.Good) == 0 {
		t.Fatal("webhooktest: SourceHarness.New and SourceHarness.Good are required")
	}
	for _, c := range slices.Concat(termClauses(), verifyClauses(), readClauses()) {
		t.Run(c.name, func(t *testing.T) {
			if c.needs != nil {
				if what, have := c.needs(h); !have {
					t.Skipf("the harness has no %s", what)
				}
			}
			c.hold(t, h)
		})
	}
}

func needsInvalid(h SourceHarness) (string, bool)   { return "Invalid", h.Invalid != nil }
func needsForged(h SourceHarness) (string, bool)    { return "Forged", len(h.Forged) > 0 }
func needsMalformed(h SourceHarness) (string, bool) { return "Malformed", len(h.Malformed) > 0 }
func needsSecrets(h SourceHarness) (string, bool)   { return "Secrets", len(h.Secrets) > 0 }

// messages are the good pushes that a worker gets to see, verified by the source.
func (h SourceHarness) messages(t *testing.T, s webhook.Source) []webhook.Message {
	t.Helper()
	var all []webhook.Message
	for _, p := range h.Good {
		r, err := s.Verify(p.request())
		if err != nil {
			t.Fatalf("%s is refused: %v", p.Name, err)
		}
		if !p.Ping {
			all = append(all, p.message(s.Name(), r))
		}
	}
	return all
}

// A change is a request that differs from a good one in what was authentic of it.
type change struct {
	name    string
	request *webhook.Request
}

// changes are the ways of forging a push that follow from what is said to be authentic of it.
func changes(s webhook.Source, p Push) []change {
	var all []change
	add := func(name string, edit func(r *webhook.Request)) {
		r := p.request()
		edit(r)
		all = append(all, change{p.Name + ", " + name, r})
	}
	if p.Proof&tracking.ProofURL != 0 {
		for name, rest := range map[string]string{"in capitals": strings.ToUpper(p.Rest), "in small letters": strings.ToLower(p.Rest)} {
			if rest != p.Rest {
				add("the address "+name, func(r *webhook.Request) { r.Rest = rest })
			}
		}
		for name, rest := range forgedTexts(p.Rest) {
			add("the address "+name, func(r *webhook.Request) { r.Rest = rest })
		}
	}
	if p.Proof&tracking.ProofBody != 0 {
		for name, body := range forgedBodies(p.Body) {
			add("the body "+name, func(r *webhook.Request) { r.Body = body })
		}
	}
	if p.Proof&tracking.ProofTime != 0 {
		add("a day early", func(r *webhook.Request) { r.At = r.At.Add(-24 * time.Hour) })
		add("a day late", func(r *webhook.Request) { r.At = r.At.Add(24 * time.Hour) })
	}
	if p.Proof&^tracking.ProofURL != 0 {
		add("without headers", func(r *webhook.Request) { r.Header = nil })
	}
	for _, key := range neededHeaders(s, p) {
		add("without "+key, func(r *webhook.Request) { r.Header.Del(key) })
		add(key+" twice", func(r *webhook.Request) { r.Header[key] = append(r.Header[key], r.Header[key]...) })
		for name, value := range forgedTexts(p.Header.Get(key)) {
			add(key+" "+name, func(r *webhook.Request) { r.Header.Set(key, value) })
		}
	}
	return all
}

// accepts reports whether a request would be stored. A test of the address is not, whoever makes it.
func accepts(s webhook.Source, r *webhook.Request) bool {
	receipt, err := s.Verify(r)
	return err == nil && !receipt.Ping
}

// neededHeaders are those without which a push is refused.
func neededHeaders(s webhook.Source, p Push) (needed []string) {
	for key := range p.Header {
		r := p.request()
		r.Header.Del(key)
		if !accepts(s, r) {
			needed = append(needed, key)
		}
	}
	slices.Sort(needed)
	return needed
}

// forgedTexts are other texts than a right one.
func forgedTexts(right string) map[string]string {
	all := map[string]string{"empty": "", "cut": right[:max(len(right)-1, 0)], "longer": right + "0", "with another before it": "0" + right}
	for i := range right {
		b := []byte(right)
		b[i] ^= 1
		all[fmt.Sprintf("wrong at %d", i)] = string(b)
	}
	delete(all, right)
	return all
}

// forgedBodies are other bodies than a right one: a bit in each byte of small ones, in some of large ones.
func forgedBodies(right []byte) map[string][]byte {
	all := map[string][]byte{
		"longer":               append(bytes.Clone(right), ' '),
		"with a mark before":   append([]byte("\xef\xbb\xbf"), right...),
		"with another line in": append([]byte("\n"), right...),
	}
	if len(right) > 0 {
		all["empty"], all["cut"] = nil, bytes.Clone(right[:len(right)-1])
	}
	for i := 0; i < len(right); i += 1 + len(right)/500 {
		b := bytes.Clone(right)
		b[i] ^= 1 << (i % 8)
		all[fmt.Sprintf("wrong at %d", i)] = b
	}
	return all
}

// refusals are the errors of everything that is to be refused.
func (h SourceHarness) refusals(t *testing.T, s webhook.Source, hold func(what string, err error)) {
	t.Helper()
	for _, p := range h.Good {
		for _, c := range changes(s, p) {
			_, err := s.Verify(c.request)
			hold(c.name, err)
		}
	}
	for _, p := range h.Forged {
		_, err := s.Verify(p.request())
		hold(p.Name, err)
	}
	_, err := s.Verify(&webhook.Request{At: h.Good[0].At})
	hold("an empty request", err)
}
