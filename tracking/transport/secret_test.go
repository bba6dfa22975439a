package transport_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

const canary = "s3cr3t-canary/+"

// Everything that fails, with the secret everywhere it can be: no error, log record or hook shows it, nor an address or a line
// break.
func TestNothingLeaks(t *testing.T) {
	carriesIt := &url.Error{Op: "Get", URL: "https://token.example/?key=" + canary, Err: fmt.Errorf("key %s\nrefused", canary)}
	echo := func(kind error) func(*transport.Response) *tracking.Error {
		return func(r *transport.Response) *tracking.Error {
			return &tracking.Error{Kind: kind, Code: canary + "\n", Err: fmt.Errorf("provider says: %s", r.Body)}
		}
	}
	page := "<html>" + canary + strings.Repeat(" https://gateway.example/"+canary, 100)
	cases := []struct {
		name     string
		reply    reply
		classify func(*transport.Response) *tracking.Error
	}{
		{name: "transport", reply: reply{err: carriesIt}},
		{name: "nested", reply: reply{err: fmt.Errorf("oauth2: %w", carriesIt)}},
		{name: "hang", reply: reply{hang: true}},
		{name: "page", reply: answer(502, page)},
		{name: "redirect", reply: answer(302, page, "Location", "https://elsewhere.example/"+canary)},
		{name: "unreadable redirect", reply: answer(302, page, "Location", "https://%zz/"+canary)},
		{name: "echo", reply: answer(400, canary), classify: echo(tracking.ErrCredentials)},
		{name: "echo of a page", reply: answer(200, page), classify: echo(tracking.ErrProtocol)},
		{name: "limited", reply: answer(429, canary, "Retry-After", "86400", "X-Key", canary)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen bytes.Buffer
				logger := slog.New(slog.NewJSONHandler(&seen, &slog.HandlerOptions{Level: slog.LevelDebug}))
				calls := newTransport(t, replies(c.reply), func(config *transport.Config) {
					config.Logger, config.Secrets = logger, func() []string { return []string{canary} }
					config.Hooks.Start = func(ctx context.Context, a transport.AttemptStart) context.Context {
						fmt.Fprintf(&seen, "%+v\n", a)
						return ctx
					}
					config.Hooks.End = func(_ context.Context, a transport.Attempt) { fmt.Fprintf(&seen, "%+v\n", a) }
				})
				req := transport.Request{
					Method: "POST", URL: address + "?key=" + url.QueryEscape(canary),
					Header: http.Header{"Authorization": {"Bearer " + canary}}, Body: []byte("key=" + canary),
				}
				op := reads(2)
				op.Classify = c.classify
				_, err := calls.Do(t.Context(), op, req)
				if err == nil {
					t.Fatal("no error")
				}
				fmt.Fprintf(&seen, "%v %+v %#v %v %+v\n", err, err, err, req, calls)
				for e := range walk(err) {
					fmt.Fprintf(&seen, "%v %+v\n", e, e)
					if strings.Contains(e.Error(), "\n") {
						t.Errorf("more than a line: %q", e)
					}
				}
				var leaked *url.Error
				if errors.As(err, &leaked) {
					t.Errorf("a *url.Error can be reached: %v", leaked)
				}
				encoded, _ := json.Marshal(req)
				seen.Write(encoded)
				for _, bad := range []string{"s3cr3t", "https://", "token.example", "elsewhere.example"} {
					if strings.Contains(seen.String(), bad) {
						t.Errorf("%q shows in %s", bad, seen.String())
					}
				}
			})
		})
	}
}

// walk gives an error and all that it wraps.
func walk(err error) func(func(error) bool) {
	return func(yield func(error) bool) {
		if err == nil || !yield(err) {
			return
		}
		var inner []error
		switch e := err.(type) { //nolint:errorlint // one layer at a time
		case interface{ Unwrap() error }:
			inner = []error{e.Unwrap()}
		case interface{ Unwrap() []error }:
			inner = e.Unwrap()
		}
		for _, e := range inner {
			for found := range walk(e) {
				if !yield(found) {
					return
				}
			}
		}
	}
}

// What a fault came from can be asked about all the same.
func TestFaultMatches(t *testing.T) {
	refused := reply{err: &url.Error{Op: "Get", URL: address, Err: fmt.Errorf("dial: %w", syscall.ECONNREFUSED)}}
	_, err := newTransport(t, replies(refused)).Do(t.Context(), reads(1), get())
	typed(t, err, tracking.ErrUpstream)
	if !errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v", err)
	}
	var timed interface{ Timeout() bool }
	if !errors.As(err, &timed) || timed.Timeout() {
		t.Errorf("%v is not a time-out", err)
	}
	// A RoundTripper with a time limit of its own must not pass for the caller's.
	_, err = newTransport(t, replies(reply{err: context.DeadlineExceeded})).Do(t.Context(), reads(1), get())
	typed(t, err, tracking.ErrUpstream)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v looks like the caller's", err)
	}
}

// Errors that an adapter made keep their type when there was nothing to take out.
func TestAdapterErrorsAreKept(t *testing.T) {
	own := &itemError{"item 3"}
	op := reads(1)
	op.Classify = func(*transport.Response) *tracking.Error {
		return &tracking.Error{Kind: tracking.ErrInvalidRequest, Err: own}
	}
	calls := newTransport(t, replies(ok()), func(c *transport.Config) { c.Secrets = func() []string { return []string{"hidden", ""} } })
	_, err := calls.Do(t.Context(), op, get())
	var found *itemError
	if !errors.As(err, &found) || found != own {
		t.Errorf("%v", err)
	}
	own.text = "hidden item"
	if _, err = calls.Do(t.Context(), op, get()); strings.Contains(err.Error(), "hidden") || !errors.Is(err, own) {
		t.Errorf("%v", err)
	}
}

type itemError struct{ text string }

func (s *itemError) Error() string { return s.text }

// A11: errors.As finds our types only where they are.
func TestErrorTypesDoNotMatchEverything(t *testing.T) {
	var interrupted *transport.InterruptedError
	if errors.As(io.EOF, &interrupted) {
		t.Error("io.EOF is an InterruptedError")
	}
}

func TestLogIsSilentByDefaultAndTerse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		calls := newTransport(t, replies(answer(429, "{}", "Retry-After", "2"), ok()), func(c *transport.Config) {
			c.Logger = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		if _, err := calls.Do(t.Context(), reads(2), get()); err != nil {
			t.Fatal(err)
		}
		var got []map[string]any
		for decoder := json.NewDecoder(&out); ; {
			var record map[string]any
			if decoder.Decode(&record) != nil {
				break
			}
			delete(record, "time")
			got = append(got, record)
		}
		want := []string{
			"map[attempt:1 carrier:test level:WARN msg:rate limited op:query status:429 took:0 wait:2e+09]",
			"map[attempt:1 carrier:test level:DEBUG msg:attempt op:query status:429 took:0 wait:0]",
			"map[attempt:2 carrier:test level:DEBUG msg:attempt op:query status:200 took:0 wait:2e+09]",
		}
		if len(got) != len(want) {
			t.Fatalf("%v", got)
		}
		for i := range want {
			if fmt.Sprint(got[i]) != want[i] {
				t.Errorf("got %v, want %s", got[i], want[i])
			}
		}
	})
}
