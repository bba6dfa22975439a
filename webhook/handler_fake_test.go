package webhook_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

// noon is when the tests' pushes are sent, and when the clocks of their handlers start.
var noon = time.Date(2026, 9, 28, 3, 0, 0, 0, time.UTC)

const (
	testSecret = "canary-secret-0123456789abcdef"
	testToken  = "canary-token-0123456789abcdef"
)

// signedSource is a provider that signs time and body.
type signedSource struct {
	name     string
	terms    webhook.Terms
	verifier *webhook.Verifier
	verify   func(*webhook.Request) (webhook.Receipt, error) // instead, where it is set
	invalid  error
}

func newSigned(tb testing.TB, name string, terms webhook.Terms) *signedSource {
	tb.Helper()
	verifier, err := webhook.NewVerifier(testScheme(), []webhook.Key{{ID: "k1", Secret: testSecret}})
	if err != nil {
		tb.Fatal(err)
	}
	return &signedSource{name: name, terms: terms, verifier: verifier}
}

func testScheme() webhook.Scheme { return webhook.TimedHMAC("X-Signature", "X-Timestamp") }

func (s *signedSource) Name() string         { return s.name }
func (s *signedSource) Terms() webhook.Terms { return s.terms }
func (s *signedSource) Validate() error      { return s.invalid }

func (s *signedSource) Verify(r *webhook.Request) (webhook.Receipt, error) {
	if s.verify != nil {
		return s.verify(r)
	}
	receipt, err := s.verifier.Verify(r.Header, r.Body, r.At)
	receipt.Ping = err == nil && string(r.Body) == "ping"
	return receipt, err
}

func (s *signedSource) Read(context.Context, webhook.Message) (webhook.Reading, error) {
	return webhook.Reading{}, nil
}

// tokenSource is a provider that is known by its address.
type tokenSource struct {
	signedSource
	tokens *webhook.Tokens
}

func newToken(tb testing.TB, name string) *tokenSource {
	tb.Helper()
	tokens, err := webhook.NewTokens([]webhook.Key{{ID: "t1", Secret: testToken}})
	if err != nil {
		tb.Fatal(err)
	}
	s := &tokenSource{signedSource{name: name, terms: webhook.Terms{
		MaxBody: 64 << 10, Accepted: webhook.Answer{Status: 202}, Refused: webhook.Answer{Status: 404},
	}}, tokens}
	s.verify = func(r *webhook.Request) (webhook.Receipt, error) { return s.tokens.Verify(r.Rest, r.Body) }
	return s
}

// answeringSource has an answer of its own for every message.
type answeringSource struct {
	*signedSource
	respond func(context.Context, webhook.Message) webhook.Answer
}

func (s answeringSource) Respond(ctx context.Context, m webhook.Message) webhook.Answer {
	return s.respond(ctx, m)
}

// fakeInbox keeps messages by key and does before that what it is told to.
type fakeInbox struct {
	before func(ctx context.Context, m webhook.Message) error // may block, fail, panic
	after  func(m webhook.Message) error                      // fails although the message is kept

	mu      sync.Mutex
	kept    map[webhook.LetterID]webhook.Message
	puts    int
	running int
}

func (in *fakeInbox) Put(ctx context.Context, m webhook.Message) (bool, error) {
	in.mu.Lock()
	in.puts++
	in.running++
	in.mu.Unlock()
	defer func() {
		in.mu.Lock()
		in.running--
		in.mu.Unlock()
	}()
	if in.before != nil {
		if err := in.before(ctx, m); err != nil {
			return false, err
		}
	}
	fresh := in.keep(m)
	if in.after != nil {
		if err := in.after(m); err != nil {
			return false, err
		}
	}
	return fresh, nil
}

func (in *fakeInbox) keep(m webhook.Message) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	id := webhook.LetterID{Source: m.Source, Key: m.Key}
	if _, ok := in.kept[id]; ok {
		return false
	}
	if in.kept == nil {
		in.kept = make(map[webhook.LetterID]webhook.Message)
	}
	in.kept[id] = m
	return true
}

func (in *fakeInbox) Claim(context.Context, time.Time, int, time.Duration) ([]webhook.Claim, error) {
	return nil, nil
}
func (in *fakeInbox) Finish(context.Context, webhook.Claim, webhook.Finding) error { return nil }

func (in *fakeInbox) bodies() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	var bodies []string
	for _, m := range in.kept {
		bodies = append(bodies, string(m.Body))
	}
	slices.Sort(bodies)
	return bodies
}

func (in *fakeInbox) keys() []webhook.Digest {
	in.mu.Lock()
	defer in.mu.Unlock()
	var keys []webhook.Digest
	for id := range in.kept {
		keys = append(keys, id.Key)
	}
	return keys
}

func (in *fakeInbox) counts() (kept, puts, running int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.kept), in.puts, in.running
}

// reports collects what a handler tells.
type reports struct {
	mu  sync.Mutex
	all []webhook.Report
}

func (r *reports) hooks() webhook.Hooks {
	return webhook.Hooks{Answered: func(_ context.Context, report webhook.Report) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, report)
	}}
}

func (r *reports) snapshot() []webhook.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func (r *reports) last(t *testing.T) webhook.Report {
	t.Helper()
	all := r.snapshot()
	if len(all) == 0 {
		t.Fatal("the hook was not called")
	}
	return all[len(all)-1]
}

// stage is a handler with everything around it.
type stage struct {
	*webhook.Handler
	inbox   *fakeInbox
	reports *reports
	log     *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newStage makes a handler whose clock starts at noon; change may alter its configuration.
func newStage(tb testing.TB, change func(*webhook.Config), sources ...webhook.Source) *stage {
	tb.Helper()
	start := time.Now()
	s := &stage{inbox: &fakeInbox{}, reports: &reports{}, log: &lockedBuffer{}}
	config := webhook.Config{
		Sources: sources, Inbox: s.inbox, Hooks: s.reports.hooks(),
		Now:    func() time.Time { return noon.Add(time.Since(start)) },
		Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&config)
	}
	h, err := webhook.NewHandler(config)
	if err != nil {
		tb.Fatal(err)
	}
	s.Handler = h
	return s
}

// signed makes a POST as signedSource wants it, sent at the time given.
func signed(tb testing.TB, target, body string, at time.Time) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	sign(tb, r.Header, body, at)
	return r
}

func sign(tb testing.TB, h http.Header, body string, at time.Time) {
	tb.Helper()
	signer, err := webhook.NewSigner(testScheme(), webhook.Key{Secret: testSecret})
	if err != nil {
		tb.Fatal(err)
	}
	signer.Sign(h, []byte(body), at, "")
}

// send lets a handler work a request without a server.
func send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// checkSecrecy fails unless a text, such as a log, is free of all secrets of the tests.
func checkSecrecy(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testSecret, testToken, "canary", "sha256=", "홍길동"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q shows in %s", secret, text)
		}
	}
}
