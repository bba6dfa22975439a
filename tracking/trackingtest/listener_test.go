package trackingtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// listener gathers everything that comes out of an adapter and a client, in every way in which it can be written.
type listener struct {
	t     *testing.T
	texts pen  // may name parcels: what a host asked for
	quiet pen  // errors, logs and hooks: may not
	raw   bool // a raw event named the driver

	mu   sync.Mutex
	told map[reflect.Type]int
}

// pen is a buffer that several may write to at a time, as hooks and logs do.
type pen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *pen) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *pen) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// thorough is how many values of a type are written in every way; how a type is written does not depend on the value.
const thorough = 3

// tell writes a value in every way there is, or if there were many of its kind, in the ways that show most.
func (l *listener) tell(to *pen, what string, value any) {
	verbs := []string{"%+v"}
	if l.count(value) <= thorough {
		verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"}
	}
	var b bytes.Buffer
	for _, verb := range verbs {
		fmt.Fprintf(&b, verb+"\n", value)
	}
	if err := json.NewEncoder(&b).Encode(value); err != nil {
		fmt.Fprintln(&b, err)
	}
	if len(verbs) > 1 {
		for _, verb := range verbs {
			fmt.Fprintf(&b, verb+"\n", []any{struct{ V any }{value}})
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "value", value)
	}
	fmt.Fprintf(to, "\n== %s\n%s", what, b.Bytes())
}

// count tells how many values of this kind there were, this one included.
func (l *listener) count(value any) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told == nil {
		l.told = make(map[reflect.Type]int)
	}
	of := reflect.TypeOf(value)
	l.told[of]++
	return l.told[of]
}

func (l *listener) value(what string, value any) { l.tell(&l.texts, what, value) }

// failure tells an error and everything inside it.
func (l *listener) failure(what string, err error) {
	if err == nil {
		return
	}
	l.tell(&l.quiet, what, err)
	var e *tracking.Error
	if errors.As(err, &e) {
		l.tell(&l.quiet, what+", by value", *e)
	}
	switch outer := err.(type) { //nolint:errorlint // the very layers are looked for
	case interface{ Unwrap() error }:
		l.failure(what, outer.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range outer.Unwrap() {
			l.failure(what, inner)
		}
	}
}

// result tells a result, and the parcel behind its pointer.
func (l *listener) result(what string, r tracking.Result) {
	l.failure(what, r.Err)
	l.parcel(what, r.Parcel)
	r.Err = nil
	l.value(what, r)
}

// parcel tells a parcel. What a host asked to be kept raw is its own business, and taken out.
func (l *listener) parcel(what string, p *tracking.Parcel) {
	if p == nil {
		return
	}
	for i := range p.Events {
		l.raw = l.raw || slices.ContainsFunc(sandbox.Canaries(), func(name string) bool { return strings.Contains(p.Events[i].Raw, name) })
		p.Events[i].Raw = ""
	}
	l.value(what, *p)
}

// outcome tells what an operation gave.
func (l *listener) outcome(what string, value any, err error) {
	l.failure(what, err)
	switch value := value.(type) {
	case tracking.Result:
		l.result(what, value)
		return
	case []deliveryapi.Tracked:
		for _, tracked := range value {
			l.parcel(what, tracked.Parcel)
		}
	case deliveryapi.Subscription:
		for _, tracked := range value.Parcels {
			l.parcel(what, tracked.Parcel)
		}
	}
	l.value(what, value)
}

// attach makes a site tell the listener what adapter and client tell a host besides.
func (l *listener) attach(s site) site {
	level := &slog.HandlerOptions{Level: slog.LevelDebug}
	s.logger = slog.New(slog.NewMultiHandler(slog.NewTextHandler(&l.quiet, level), slog.NewJSONHandler(&l.quiet, level)))
	s.hooks = transport.Hooks{
		Start: func(ctx context.Context, a transport.AttemptStart) context.Context {
			l.tell(&l.quiet, "an attempt begins", a)
			return ctx
		},
		End: func(_ context.Context, a transport.Attempt) {
			l.tell(&l.quiet, "an attempt", a)
			l.failure("an attempt's error", a.Err)
		},
	}
	return s
}

// client makes a client that the listener hears.
func (l *listener) client(s site, carriers ...tracking.Carrier) *tracking.Client {
	config := tracking.Config{Carriers: carriers, Logger: s.logger, Hooks: tracking.Hooks{
		CallStart: func(ctx context.Context, c tracking.CallStart) context.Context {
			l.tell(&l.quiet, "a call begins", c)
			return ctx
		},
		CallEnd: func(_ context.Context, c tracking.CallEnd) {
			l.tell(&l.quiet, "a call", c)
			l.failure("a call's error", c.Err)
		},
	}}
	l.value("a client's config", config)
	client, err := tracking.NewClient(config)
	if err != nil {
		l.t.Fatal(err)
	}
	l.value("a client", client)
	return client
}

// check looks for what must not be in what was told: some texts anywhere, whole numbers where nobody asked for them.
func (l *listener) check(everywhere, numbers []string) {
	l.t.Helper()
	texts, quiet := l.texts.String(), l.quiet.String()
	for _, needle := range everywhere {
		l.lookFor(needle, texts)
		l.lookFor(needle, quiet)
	}
	shown := make(map[string]bool)
	for run := range strings.FieldsFuncSeq(quiet, func(r rune) bool { return r < '0' || r > '9' }) {
		shown[run] = true
	}
	for _, number := range numbers {
		if shown[number] || strings.Contains(number, "-") {
			l.lookFor(number, quiet)
		}
	}
}

func (l *listener) lookFor(needle, text string) {
	l.t.Helper()
	at := strings.Index(text, needle)
	if at < 0 {
		return
	}
	what, _, _ := strings.Cut(text[strings.LastIndex(text[:at], "\n== ")+1:], "\n")
	l.t.Errorf("%q shows %d times, first in %s: …%.160s…", needle, strings.Count(text, needle), what, text[max(0, at-80):])
}
