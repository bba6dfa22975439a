package trackingtest

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
)

// failureClauses are about the errors of a carrier.
func failureClauses() []clause {
	return []clause{
		{name: "errors have the right sentinel", needs: needsFailing, hold: holdFailing},
		{name: "an error is one line around one sentinel", hold: holdErrors},
	}
}

// holdFailing takes a new carrier for each failure: one may rightly remember that its key was refused.
func holdFailing(t *testing.T, h Harness, _ tracking.Carrier) {
	for _, f := range h.Failing {
		if r := ask(t, h.New(t), f.Query); !errors.Is(r.Err, f.Want) {
			t.Errorf("%v: got %v, want %v", f.Query, r.Err, f.Want)
		}
	}
}

// holdErrors looks at the errors of every kind of answer, each from a new carrier.
func holdErrors(t *testing.T, h Harness, _ tracking.Carrier) {
	for _, q := range h.queries() {
		c := h.New(t)
		if err := queryError(t.Context(), c, q); err != nil {
			checkError(t, c, q, err)
		}
	}
}

func checkError(t *testing.T, c tracking.Carrier, q tracking.Query, err error) {
	t.Helper()
	var typed *tracking.Error
	if !errors.As(err, &typed) {
		t.Errorf("%v: an error is a *tracking.Error, got %T: %v", q, err, err)
		return
	}
	if typed.Carrier != c.Name() {
		t.Errorf("%v: Error.Carrier is %q, want %q", q, typed.Carrier, c.Name())
	}
	if found := sentinelsIn(err); len(found) != 1 {
		t.Errorf("%v: an error wraps exactly one sentinel, got %q in %v", q, found, err)
	}
	checkText(t, q, err.Error())
}

var errHollow = errors.New("a nil pointer in an error; keep a *tracking.Error that may be nil out of variables of type error")

// solid replaces an error that is a nil pointer, whose methods would panic.
func solid(err error) error {
	if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.IsNil() {
		return errHollow
	}
	return err
}

const longestError = 500 // bytes

func checkText(t *testing.T, q tracking.Query, text string) {
	t.Helper()
	switch {
	case strings.ContainsAny(text, "\r\n") || len(text) > longestError:
		t.Errorf("%v: an error is one readable line, got %d bytes: %.200q", q, len(text), text)
	case strings.Contains(text, "://"):
		t.Errorf("%v: an error shows an address: %.200q", q, text)
	case tracking.Last4(q.Number) != "" && strings.Contains(text, q.Number):
		t.Errorf("%v: an error shows the whole number: %.200q", q, text)
	}
}

// sentinelsIn gives the names of the sentinels that an error wraps.
func sentinelsIn(err error) []string {
	var found []string
	for _, sentinel := range []error{
		tracking.ErrNotFound, tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrDailyCap,
		tracking.ErrRateLimited, tracking.ErrQuotaExhausted, tracking.ErrCredentials, tracking.ErrForbidden,
		tracking.ErrUpstream, tracking.ErrProtocol, tracking.ErrInvalidRequest, tracking.ErrConflict, tracking.ErrUnsupported,
	} {
		if errors.Is(err, sentinel) {
			found = append(found, tracking.KindName(sentinel))
		}
	}
	return found
}

// causes lists an error and everything that it wraps.
func causes(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch wrapper := err.(type) { //nolint:errorlint // the very layers are looked for
	case interface{ Unwrap() error }:
		all = append(all, causes(wrapper.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			all = append(all, causes(inner)...)
		}
	}
	return all
}
