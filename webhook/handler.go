package webhook

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
)

// A Handler receives the pushes of all its sources: it verifies, writes to the inbox, and answers. It decodes nothing.
// It is safe for concurrent use.
//
// # Mounting
//
// The first segment of the path that is a source's name chooses the source, and what follows it is the source's own, such
// as a token. It does not matter what stands before it, nor whether a mux or a proxy strips that:
//
//	mux.Handle("POST /webhooks/", handler) // providers call /webhooks/deliveryapi and /webhooks/sweettracker/TOKEN
//
// Middleware that reads the body has to stand behind the handler, or to put back what it read: what is signed is the body
// to the byte. A body that was read already is [ErrBodyConsumed], and the provider is told to try again.
// Middleware that unpacks bodies breaks signatures; [Terms].Gzip does without it.
// What is in the path must be kept out of access logs.
//
// How long a body may take to arrive is for the server to say: set [http.Server].ReadTimeout.
//
// # Answers
//
// Where nothing else is said, answers have no body.
//
//	404            no source of that name
//	405            not a POST
//	415            a content type, or a content encoding, that the source does not take
//	413            the body is over the source's limit; the connection ends
//	Terms.Refused  not authenticated, or refused by the policy, or the source panicked: always the same bytes
//	Terms.Malformed  authenticated, and no message of this provider
//	Terms.TryAgain   not stored, or not certainly: the inbox failed, panicked or took too long; the body was consumed or
//	                 broken off; the policy panicked; the handler is shut down
//	Terms.Accepted   stored, now or before, or a ping. The source's own answer if it is a [Responder]
//
// # Promise
//
// What was answered as accepted is in the inbox. What was not may be there as well: then the provider sends it again, and
// the inbox knows it by its key. No answer waits longer for code of the host than Config.InboxTimeout and the 200 ms of a
// [Responder], policy and hooks apart. What is late goes on by itself until it returns, and is waited for by Shutdown.
type Handler struct {
	mounts       map[string]*mount
	store        func(context.Context, Message) (fresh bool, err error) // Put of the inbox
	policy       Policy
	inboxTimeout time.Duration
	stored       func(fresh bool) // after every store that succeeded
	now          func() time.Time
	log          *slog.Logger
	hooks        Hooks
	unmounted    error // what is said of a path without a source
	running      running
}

// NewHandler makes a handler, or reports every fault of the configuration, those of its sources included, at once.
func NewHandler(c Config) (*Handler, error) {
	mounts, err := c.mounts()
	if err != nil {
		return nil, err
	}
	h := &Handler{
		mounts: make(map[string]*mount, len(mounts)),
		store:  c.Inbox.Put, policy: c.Policy, inboxTimeout: c.InboxTimeout, stored: wakeFor(c.Wake), now: c.Now, log: c.Logger, hooks: c.Hooks,
	}
	names := make([]string, len(mounts))
	for i, m := range mounts {
		h.mounts[m.name], names[i] = m, m.name
	}
	h.unmounted = fmt.Errorf("%w: its sources are %s; mount it above their names, as in mux.Handle(%q, handler), "+
		"have providers call %q, and let no mux and no proxy strip the name", ErrNoSource, strings.Join(names, ", "),
		"/webhooks/", "/webhooks/"+names[0])
	if h.inboxTimeout == 0 {
		h.inboxTimeout = defaultInboxTimeout
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return h, nil
}

// String names the sources and nothing of their configuration.
func (h *Handler) String() string {
	names := make([]string, 0, len(h.mounts))
	for name := range h.mounts {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Sprintf("webhook.Handler(%s)", strings.Join(names, ", "))
}

// GoString is String: %#v shows no more than %v.
func (h *Handler) GoString() string { return h.String() }

// Shutdown has all further requests told to try again, and waits for those that are being worked and for calls of the
// inbox that outlasted theirs, or until ctx ends: then it gives its error. It may be called again.
//
// Shut the server down first, which waits for the answers to be sent, then the handler, then the worker.
func (h *Handler) Shutdown(ctx context.Context) error { return h.running.drain(ctx) }

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	open := h.running.enter()
	if open {
		defer h.running.leave()
	}
	at := h.now()
	var report Report
	answer := h.receive(r, at, open, &report)
	report.Status = answer.Status
	answer.write(w, r)
	h.tell(r.Context(), at, &report)
}

// A reply is an answer with what HTTP has to say besides.
type reply struct {
	Answer
	header, value string // one more header; none where it is empty
	end           bool   // the connection ends with the answer
}

func status(code int) reply { return reply{Answer: Answer{Status: code}} }

func (a *reply) write(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	if a.ContentType != "" {
		header.Set("Content-Type", a.ContentType)
	}
	if a.header != "" {
		header.Set(a.header, a.value)
	}
	if a.end && r.ProtoMajor < 2 { // from then on only the stream ends, not what else runs over the connection
		header.Set("Connection", "close")
	}
	w.WriteHeader(a.Status)
	if a.Body != "" {
		_, _ = io.WriteString(w, a.Body) // who does not get the answer sends again
	}
}

// receive works a request up to the answer, and reports how.
func (h *Handler) receive(r *http.Request, at time.Time, open bool, report *Report) reply {
	m, rest := h.route(r.URL.Path)
	if m == nil {
		report.Err = h.unmounted
		return status(http.StatusNotFound)
	}
	report.Source = m.name
	encoding, refusal, err := m.admit(r)
	switch {
	case err != nil:
		report.Err = err
		return refusal
	case !open:
		report.Err = ErrClosed
		return reply{Answer: m.terms.TryAgain}
	}
	in := openArrival()
	defer in.release()
	err = in.read(r, m.terms.MaxBody)
	report.Size = len(in.body)
	switch {
	case errors.Is(err, ErrBodyTooLarge):
		report.Err = err
		return reply{Answer: Answer{Status: http.StatusRequestEntityTooLarge}, end: true}
	case err != nil:
		report.Err = err
		return reply{Answer: m.terms.TryAgain, end: errors.Is(err, ErrBodyBroken)}
	}
	in.request = Request{Header: r.Header, Rest: rest, Body: in.body, At: at}
	receipt, malformed, err := h.verify(r.Context(), m, &in.request)
	if err != nil {
		report.Err = in.explain(r, err)
		if malformed {
			return reply{Answer: m.terms.Malformed}
		}
		return reply{Answer: m.terms.Refused}
	}
	report.Proof, report.KeyID, report.Key, report.Ping = receipt.Proof, receipt.KeyID, receipt.Key, receipt.Ping
	if refused, err := h.refuses(r.Context(), m.name, receipt); err != nil {
		report.Err = err
		if refused {
			return reply{Answer: m.terms.Refused}
		}
		return reply{Answer: m.terms.TryAgain}
	}
	if receipt.Ping {
		return reply{Answer: m.terms.Accepted}
	}
	if receipt.Key == (Digest{}) { // or every message of the source would be the same one, and all but the first lost
		receipt.Key = sha256.Sum256(in.body)
		report.Key = receipt.Key
	}
	return h.keep(r.Context(), m, in, Message{
		Source: m.name, Key: receipt.Key, ContentType: r.Header.Get("Content-Type"), Encoding: encoding,
		Proof: receipt.Proof, KeyID: receipt.KeyID, SentAt: receipt.SentAt, ReceivedAt: at,
	}, report)
}

// route finds the source in a path, and what follows its name.
func (h *Handler) route(path string) (m *mount, rest string) {
	for path != "" {
		var segment string
		segment, path, _ = strings.Cut(path, "/")
		if m := h.mounts[segment]; m != nil {
			return m, strings.Trim(path, "/")
		}
	}
	return nil, ""
}

// keep writes a message to the inbox and gives the answer for it.
func (h *Handler) keep(ctx context.Context, m *mount, in *arrival, message Message, report *Report) reply {
	// The inbox gets a copy of its own, of the right size; the buffer serves the next push.
	message.Body = make([]byte, len(in.body))
	copy(message.Body, in.body)
	fresh, err := h.put(ctx, message)
	if err != nil {
		report.Err = err
		return reply{Answer: m.terms.TryAgain}
	}
	report.Stored, report.Duplicate = fresh, !fresh
	if m.responder == nil {
		return reply{Answer: m.terms.Accepted}
	}
	message.Body = in.body
	answer, err := h.respond(ctx, m, message)
	if err != nil {
		in.lend() // it may still be read
		h.log.LogAttrs(ctx, slog.LevelError, "webhook: the source's own answer is missing, it was answered as accepted",
			slog.String("source", m.name), slog.String("reason", err.Error()))
		return reply{Answer: m.terms.Accepted}
	}
	return reply{Answer: answer}
}

// verify asks the source. One that panics refuses: whoever can make it panic shall not see that in the answer.
func (h *Handler) verify(ctx context.Context, m *mount, r *Request) (receipt Receipt, malformed bool, err error) {
	defer func() {
		if value := recover(); value != nil {
			receipt, malformed, err = Receipt{}, false, h.panicked(ctx, m.name, "Source.Verify", value)
		}
	}()
	receipt, err = m.source.Verify(r)
	return receipt, err != nil && errors.Is(err, ErrMalformed), err
}

// refuses asks the policy. One that panics lets nothing pass, and is the host's to repair: the push is to come again.
func (h *Handler) refuses(ctx context.Context, source string, r Receipt) (refused bool, err error) {
	if h.policy == nil {
		return false, nil
	}
	defer func() {
		if value := recover(); value != nil {
			refused, err = false, h.panicked(ctx, source, "Policy", value)
		}
	}()
	if h.policy(source, r.Proof) == Refuse {
		return true, ErrRefused
	}
	return false, nil
}

// panicked makes an error of a panic, and gives its stack to the log. The value itself may hold what was pushed.
func (h *Handler) panicked(ctx context.Context, source, where string, value any) error {
	h.log.LogAttrs(ctx, slog.LevelError, "webhook: panic", slog.String("source", source), slog.String("in", where),
		slog.String("value", fmt.Sprintf("%T", value)), slog.String("stack", string(debug.Stack())))
	return fmt.Errorf("%w: %s", ErrPanic, where)
}

// tell gives a report to log and hooks.
func (h *Handler) tell(ctx context.Context, at time.Time, report *Report) {
	defer func() {
		if value := recover(); value != nil {
			_ = h.panicked(ctx, report.Source, "Hooks.Answered, or a reason", value)
		}
	}()
	if h.hooks.Answered != nil {
		report.Took = h.now().Sub(at)
		h.hooks.Answered(ctx, *report)
	}
	level, text := slog.LevelDebug, "webhook: accepted"
	switch err := report.Err; {
	case err == nil:
	case errors.Is(err, ErrInbox), errors.Is(err, ErrPanic), errors.Is(err, ErrBodyConsumed):
		level, text = slog.LevelError, "webhook: not accepted"
	default:
		level, text = slog.LevelWarn, "webhook: not accepted"
	}
	if !h.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("source", report.Source), slog.Int("status", report.Status), slog.Int("size", report.Size)}
	if report.Proof != 0 || report.Ping {
		attrs = append(attrs, slog.String("message", report.Key.String()), slog.String("key", report.KeyID),
			slog.Bool("duplicate", report.Duplicate), slog.Bool("ping", report.Ping))
	}
	if report.Err != nil {
		attrs = append(attrs, slog.String("reason", mask.Remark(report.Err.Error(), nil, longestReason)))
	}
	h.log.LogAttrs(ctx, level, text, attrs...)
}
