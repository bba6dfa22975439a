package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const event = `{"event":"tracking.polled","timestamp":"2026-09-28T03:00:00.000Z","items":[{"recipient":"홍길동"}]}`

// ownTerms differ from the defaults in every answer.
func ownTerms() webhook.Terms {
	answer := func(status int, message string) webhook.Answer {
		return webhook.Answer{Status: status, ContentType: "application/json", Body: `{"code":"` + message + `"}`}
	}
	return webhook.Terms{
		MaxBody: 1000, ContentTypes: []string{"application/json", "application/x-www-form-urlencoded"},
		Accepted: answer(200, "success"), TryAgain: answer(200, "fail - try again"), Refused: answer(404, "gone"), Malformed: answer(200, "fail - invalid body"),
	}
}

// handlerCase is a request and what becomes of it.
type handlerCase struct {
	name   string
	config func(*webhook.Config)
	source func(*signedSource)
	change func(r *http.Request)
	body   string // instead of event
	shut   bool

	// Which answer of the terms it gets; a bare status without a body where there is none.
	want   func(webhook.Terms) webhook.Answer
	status int
	header [2]string
	end    bool
	reason error
	kept   int
}

func accepted(t webhook.Terms) webhook.Answer  { return t.Accepted }
func tryAgain(t webhook.Terms) webhook.Answer  { return t.TryAgain }
func refused(t webhook.Terms) webhook.Answer   { return t.Refused }
func malformed(t webhook.Terms) webhook.Answer { return t.Malformed }

func inbox(before func(context.Context, webhook.Message) error) func(*webhook.Config) {
	return func(c *webhook.Config) { c.Inbox.(*fakeInbox).before = before }
}

func setHeader(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

func setBody(body io.Reader) func(*http.Request) {
	return func(r *http.Request) { r.Body = io.NopCloser(body) }
}

var errHost = errors.New("dial 10.0.0.1: 기사: 홍길동 010-0000-1234\nin https://canary.example/x")

func handlerCases() []handlerCase {
	method := [2]string{"Allow", "POST"}
	plain := [2]string{"Accept-Encoding", "identity"}
	return []handlerCase{
		{name: "accepted", want: accepted, kept: 1},
		{name: "ping", body: "ping", want: accepted},
		{name: "no source", change: func(r *http.Request) { r.URL.Path = "/hooks/other/" + testToken }, status: 404, reason: webhook.ErrNoSource},
		{name: "root", change: func(r *http.Request) { r.URL.Path = "/" }, status: 404, reason: webhook.ErrNoSource},
		{name: "no path", change: func(r *http.Request) { r.URL.Path = "" }, status: 404, reason: webhook.ErrNoSource},
		{name: "GET", change: func(r *http.Request) { r.Method = "GET" }, status: 405, header: method, reason: webhook.ErrMethod},
		{name: "HEAD", change: func(r *http.Request) { r.Method = "HEAD" }, status: 405, header: method, reason: webhook.ErrMethod},
		{name: "post in lower case", change: func(r *http.Request) { r.Method = "post" }, status: 405, header: method, reason: webhook.ErrMethod},
		{name: "gzip unasked", change: setHeader("Content-Encoding", "gzip"), status: 415, header: plain, reason: webhook.ErrEncoding},
		{name: "another encoding", source: func(s *signedSource) { s.terms.Gzip = true }, change: setHeader("Content-Encoding", "br"),
			status: 415, header: [2]string{"Accept-Encoding", "gzip, identity"}, reason: webhook.ErrEncoding},
		{name: "encoded twice", source: func(s *signedSource) { s.terms.Gzip = true }, change: setHeader("Content-Encoding", "gzip, gzip"),
			status: 415, header: [2]string{"Accept-Encoding", "gzip, identity"}, reason: webhook.ErrEncoding},
		{name: "two encodings", source: func(s *signedSource) { s.terms.Gzip = true }, change: setHeader("Content-Encoding", "gzip", "identity"),
			status: 415, header: [2]string{"Accept-Encoding", "gzip, identity"}, reason: webhook.ErrEncoding},
		{name: "identity", change: setHeader("Content-Encoding", "Identity"), want: accepted, kept: 1},
		{name: "type with parameter", change: setHeader("Content-Type", "Application/JSON ; charset=utf-8"), want: accepted, kept: 1},
		{name: "another type", source: jsonOnly, change: setHeader("Content-Type", "text/xml"), status: 415, reason: webhook.ErrContentType},
		{name: "no type", source: jsonOnly, change: setHeader("Content-Type"), status: 415, reason: webhook.ErrContentType},
		{name: "two types", source: jsonOnly, change: setHeader("Content-Type", "application/json", "text/xml"), status: 415, reason: webhook.ErrContentType},
		{name: "announced too large", change: func(r *http.Request) { r.ContentLength = 2 << 20 }, status: 413, end: true, reason: webhook.ErrBodyTooLarge},
		{name: "too large unannounced", body: strings.Repeat("x", 1<<20+1), change: func(r *http.Request) { r.ContentLength = -1 },
			status: 413, end: true, reason: webhook.ErrBodyTooLarge},
		{name: "too large for the host", change: func(r *http.Request) { r.Body = http.MaxBytesReader(nil, r.Body, 10) },
			status: 413, end: true, reason: webhook.ErrBodyTooLarge},
		{name: "broken off", change: setBody(io.MultiReader(strings.NewReader("{"), failing{io.ErrUnexpectedEOF})), want: tryAgain, end: true, reason: webhook.ErrBodyBroken},
		{name: "gives nothing for ever", change: setBody(failing{nil}), want: tryAgain, end: true, reason: webhook.ErrBodyBroken},
		{name: "consumed", change: setBody(strings.NewReader("")), want: tryAgain, reason: webhook.ErrBodyConsumed},
		{name: "consumed, no body at all", change: func(r *http.Request) { r.Body = nil }, want: tryAgain, reason: webhook.ErrBodyConsumed},
		{name: "consumed in part", change: setBody(strings.NewReader(event[3:])), want: tryAgain, reason: webhook.ErrBodyConsumed},
		{name: "consumed, length unknown", change: func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, -1 }, want: tryAgain, reason: webhook.ErrBodyConsumed},
		{name: "closed", change: setBody(failing{http.ErrBodyReadAfterClose}), want: tryAgain, reason: webhook.ErrBodyConsumed},
		{name: "parsed", change: func(r *http.Request) {
			r.Body, r.ContentLength, r.PostForm = http.NoBody, 0, map[string][]string{"fid": {"1"}}
		}, want: tryAgain, reason: webhook.ErrBodyConsumed},
		{name: "replaced", change: setBody(strings.NewReader(event + " ")), want: refused, reason: webhook.ErrSignatureMismatch},
		{name: "not signed", change: func(r *http.Request) { r.Header.Del("X-Signature") }, want: refused, reason: webhook.ErrSignatureMissing},
		{name: "signed twice", change: func(r *http.Request) {
			r.Header["X-Signature"] = append(r.Header["X-Signature"], r.Header["X-Signature"]...)
		},
			want: refused, reason: webhook.ErrSignatureMissing},
		{name: "signature malformed", change: setHeader("X-Signature", "sha256=0"), want: refused, reason: webhook.ErrSignatureFormat},
		{name: "signature wrong", change: setHeader("X-Signature", "sha256="+strings.Repeat("0", 64)), want: refused, reason: webhook.ErrSignatureMismatch},
		{name: "no time", change: func(r *http.Request) { r.Header.Del("X-Timestamp") }, want: refused, reason: webhook.ErrTimestampInvalid},
		{name: "another time", change: setHeader("X-Timestamp", strconv.FormatInt(noon.Unix()+1, 10)), want: refused, reason: webhook.ErrSignatureMismatch},
		{name: "stale", config: func(c *webhook.Config) { c.Now = func() time.Time { return noon.Add(time.Hour) } }, want: refused, reason: webhook.ErrTimestampStale},
		{name: "source panics", source: failVerify(nil), want: refused, reason: webhook.ErrPanic},
		{name: "source has its own error", source: failVerify(errHost), want: refused, reason: errHost},
		{name: "source proves nothing", source: verifyAs(webhook.Receipt{Key: webhook.Digest{1}}), want: refused, reason: webhook.ErrRefused},
		{name: "a ping without proof", source: verifyAs(webhook.Receipt{Ping: true}), config: func(c *webhook.Config) {
			c.Policy = func(string, tracking.Proof) webhook.Trust { return webhook.Refuse }
		}, want: accepted},
		{name: "malformed", source: failVerify(fmt.Errorf("%w: no items", webhook.ErrMalformed)), want: malformed, reason: webhook.ErrMalformed},
		{name: "policy refuses", config: func(c *webhook.Config) {
			c.Policy = func(string, tracking.Proof) webhook.Trust { return webhook.Refuse }
		}, want: refused, reason: webhook.ErrRefused},
		{name: "policy asks", config: func(c *webhook.Config) {
			c.Policy = func(string, tracking.Proof) webhook.Trust { return webhook.Ask }
		}, want: accepted, kept: 1},
		{name: "policy panics", config: func(c *webhook.Config) {
			c.Policy = func(string, tracking.Proof) webhook.Trust { panic(event) }
		}, want: tryAgain, reason: webhook.ErrPanic},
		{name: "inbox fails", config: inbox(func(context.Context, webhook.Message) error { return errHost }), want: tryAgain, reason: webhook.ErrInbox},
		{name: "inbox panics", config: inbox(func(_ context.Context, m webhook.Message) error { panic(string(m.Body)) }), want: tryAgain, reason: webhook.ErrPanic},
		{name: "inbox leaves", config: inbox(func(context.Context, webhook.Message) error { runtime.Goexit(); return nil }), want: tryAgain, reason: webhook.ErrInbox},
		{name: "inbox gives up", config: inbox(func(ctx context.Context, _ webhook.Message) error { <-ctx.Done(); return ctx.Err() }),
			want: tryAgain, reason: webhook.ErrInbox},
		{name: "shut down", shut: true, want: tryAgain, reason: webhook.ErrClosed},
	}
}

func jsonOnly(s *signedSource) { s.terms.ContentTypes = []string{"application/json"} }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func failVerify(err error) func(*signedSource) {
	return func(s *signedSource) {
		s.verify = func(r *webhook.Request) (webhook.Receipt, error) {
			if err == nil {
				panic(string(r.Body))
			}
			return webhook.Receipt{}, err
		}
	}
}

func verifyAs(receipt webhook.Receipt) func(*signedSource) {
	return func(s *signedSource) {
		s.verify = func(*webhook.Request) (webhook.Receipt, error) { return receipt, nil }
	}
}

func TestHandlerAnswers(t *testing.T) {
	for _, terms := range []struct {
		name  string
		terms webhook.Terms
		whole webhook.Terms // with the defaults that the documentation names
	}{
		{"default", webhook.Terms{}, webhook.Terms{
			Accepted: webhook.Answer{Status: 200}, TryAgain: webhook.Answer{Status: 503}, Refused: webhook.Answer{Status: 401}, Malformed: webhook.Answer{Status: 400},
		}},
		{"own", ownTerms(), ownTerms()},
	} {
		for _, c := range handlerCases() {
			t.Run(terms.name+"/"+c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { c.run(t, terms.terms, terms.whole) })
			})
		}
	}
}

func (c handlerCase) run(t *testing.T, terms, whole webhook.Terms) {
	source := newSigned(t, "provider", terms)
	if c.source != nil {
		c.source(source)
	}
	s := newStage(t, c.config, source)
	body := event
	if c.body != "" {
		body = c.body
	}
	r := signed(t, "/hooks/provider", body, noon)
	if c.change != nil {
		c.change(r)
	}
	if c.shut {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w := send(s, r)
	want := webhook.Answer{Status: c.status}
	if c.want != nil {
		want = c.want(whole)
	}
	got := webhook.Answer{Status: w.Code, ContentType: w.Header().Get("Content-Type"), Body: w.Body.String()}
	if got != want {
		t.Errorf("answered %+v, want %+v", got, want)
	}
	if c.header[0] != "" && w.Header().Get(c.header[0]) != c.header[1] {
		t.Errorf("header %s is %q, want %q", c.header[0], w.Header().Get(c.header[0]), c.header[1])
	}
	if (w.Header().Get("Connection") == "close") != c.end {
		t.Errorf("the connection ends: %v", !c.end)
	}
	report := s.reports.last(t)
	if report.Status != want.Status || !errors.Is(report.Err, c.reason) || (c.reason == nil) != (report.Err == nil) {
		t.Errorf("reported %d, %v; want %v", report.Status, report.Err, c.reason)
	}
	if kept, _, _ := s.inbox.counts(); kept != c.kept || report.Stored != (kept > 0) {
		t.Errorf("%d messages are kept, want %d; reported %v", kept, c.kept, report.Stored)
	}
	checkSecrecy(t, s.log.String())
	if report.Err != nil && c.reason != errHost { // an error of the host's own source is the host's
		checkSecrecy(t, report.Err.Error())
		if strings.Contains(report.Err.Error(), "\n") {
			t.Errorf("the reason has several lines: %v", report.Err)
		}
	}
	if !strings.Contains(s.log.String(), "status="+strconv.Itoa(want.Status)) {
		t.Errorf("the log does not tell: %s", s.log)
	}
}

// TestRefusalsAreAlike compares what goes over the network, to the byte.
func TestRefusalsAreAlike(t *testing.T) {
	for _, terms := range []webhook.Terms{{}, ownTerms()} {
		answers := map[string]string{}
		for _, c := range handlerCases() {
			if c.want == nil || c.want(ownTerms()) != ownTerms().Refused || c.name == "replaced" {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				source := newSigned(t, "provider", terms)
				if c.source != nil {
					c.source(source)
				}
				s := newStage(t, c.config, source)
				net := newWire(t, s)
				defer net.stop()
				r := signed(t, "/hooks/provider", event, noon)
				if c.change != nil {
					c.change(r)
				}
				r.Header.Set("Content-Length", strconv.Itoa(len(event)))
				answers[c.name] = net.raw(t, rawRequest("POST", "/hooks/provider", event, r.Header))
			})
		}
		first := ""
		for name, answer := range answers {
			if first == "" {
				first = answer
			}
			if answer != first || !strings.HasPrefix(answer, "HTTP/1.1 40") {
				t.Errorf("%s: %q, others %q", name, answer, first)
			}
		}
		if len(answers) < 9 {
			t.Errorf("only %d refusals were compared", len(answers))
		}
	}
}
