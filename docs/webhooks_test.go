package docs_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// docPush is a source with the default terms that says what it is told to.
type docPush struct {
	receipt webhook.Receipt
	err     error
}

func (docPush) Name() string { return "provider" }
func (docPush) Terms() webhook.Terms {
	return webhook.Terms{MaxBody: 100, ContentTypes: []string{"application/json"}}
}
func (p docPush) Verify(*webhook.Request) (webhook.Receipt, error) { return p.receipt, p.err }
func (docPush) Read(context.Context, webhook.Message) (webhook.Reading, error) {
	return webhook.Reading{}, nil
}

// docDown is an inbox that is down.
type docDown struct{ webhook.Inbox }

func (docDown) Put(context.Context, webhook.Message) (bool, error) { return false, errors.New("down") }

// docWebhookAnswers sends pushes to a handler and tells what was answered and reported.
func docWebhookAnswers(t *testing.T, _ []string) string {
	closed := func(h *webhook.Handler) { _ = h.Shutdown(t.Context()) }
	cases := []struct {
		title   string
		push    docPush
		down    bool
		policy  webhook.Policy
		prepare func(h *webhook.Handler)
		change  func(r *http.Request)
		again   bool
	}{
		{title: "stored · 저장됨"},
		{title: "stored before · 이미 저장됨", prepare: func(h *webhook.Handler) { h.ServeHTTP(httptest.NewRecorder(), docPost()) }},
		{title: "a ping · 등록 확인", push: docPush{receipt: webhook.Receipt{Ping: true}}},
		{title: "not authenticated · 인증 실패", push: docPush{err: webhook.ErrSignatureMismatch}},
		{title: "refused by the policy · 정책상 거부", policy: func(string, tracking.Proof) webhook.Trust { return webhook.Refuse }},
		{title: "authenticated, unreadable · 인증됐으나 해석 불가", push: docPush{err: webhook.ErrMalformed}},
		{title: "inbox down or slow · 저장 실패", down: true, again: true},
		{title: "body read before · 본문을 이미 읽음", change: func(r *http.Request) { r.Body = http.NoBody }, again: true},
		{title: "shut down · 종료 중", prepare: closed, again: true},
		{title: "no such source · 소스 없음", change: func(r *http.Request) { r.URL.Path = "/webhooks/" }},
		{title: "not a POST · POST 아님", change: func(r *http.Request) { r.Method = http.MethodGet }},
		{title: "another content type · 다른 형식", change: func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }},
		{title: "packed, not asked for · 압축됨", change: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }},
		{title: "body too large · 너무 큼", change: func(r *http.Request) { r.ContentLength = 1000 }},
	}
	table := newDocTable("what happened", "answer", "reason in hook and log", "sent again")
	for _, c := range cases {
		var told webhook.Report
		config := webhook.Config{
			Sources: []webhook.Source{c.push}, Inbox: webhook.NewMemoryInbox(), Policy: c.policy, Now: func() time.Time { return time.Time{} },
			Hooks: webhook.Hooks{Answered: func(_ context.Context, r webhook.Report) { told = r }},
		}
		if c.down {
			config.Inbox = docDown{}
		}
		h, err := webhook.NewHandler(config)
		if err != nil {
			t.Fatal(err)
		}
		if c.prepare != nil {
			c.prepare(h)
		}
		r := docPost()
		if c.change != nil {
			c.change(r)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		reason := ""
		if told.Err != nil {
			reason = docRefusal(t, told.Err)
		}
		if again := w.Code == http.StatusServiceUnavailable; again != c.again {
			t.Errorf("%s is answered %d", c.title, w.Code)
		}
		table.row(c.title, strconv.Itoa(w.Code), reason, docYes(c.again))
	}
	return table.String()
}

func docPost() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/provider", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// docRefusal names what a refusal wraps.
func docRefusal(t *testing.T, err error) string {
	t.Helper()
	for name, sentinel := range map[string]error{
		"ErrSignatureMismatch": webhook.ErrSignatureMismatch, "ErrRefused": webhook.ErrRefused, "ErrMalformed": webhook.ErrMalformed,
		"ErrInbox": webhook.ErrInbox, "ErrBodyConsumed": webhook.ErrBodyConsumed, "ErrClosed": webhook.ErrClosed, "ErrNoSource": webhook.ErrNoSource,
		"ErrMethod": webhook.ErrMethod, "ErrContentType": webhook.ErrContentType, "ErrEncoding": webhook.ErrEncoding, "ErrBodyTooLarge": webhook.ErrBodyTooLarge,
	} {
		if errors.Is(err, sentinel) {
			return docCode("webhook." + name)
		}
	}
	t.Fatalf("nothing names %v", err)
	return ""
}
