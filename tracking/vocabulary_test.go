package tracking

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestStatusNames(t *testing.T) {
	for _, s := range Statuses() {
		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Status
		if err := json.Unmarshal(encoded, &back); err != nil || back != s {
			t.Errorf("%v becomes %s becomes %v (%v)", s, encoded, back, err)
		}
		if s.Korean() == "" {
			t.Errorf("%v has no Korean text", s)
		}
	}
	if len(Statuses()) != 12 {
		t.Errorf("%d statuses, not twelve", len(Statuses()))
	}
	var s Status
	if err := json.Unmarshal([]byte(`"EXPIRED"`), &s); err == nil {
		t.Error("EXPIRED is no parcel status")
	}
	if _, err := Status(200).MarshalText(); err == nil {
		t.Error("a status out of range was written")
	}
	for sub := SubNone; sub <= SubLost; sub++ {
		text, err := sub.MarshalText()
		var back Sub
		if err != nil || back.UnmarshalText(text) != nil || back != sub {
			t.Errorf("%v does not come back", sub)
		}
		if sub != SubNone && sub.Of() == StatusUnknown {
			t.Errorf("%v refines nothing", sub)
		}
	}
}

func TestParcelJSON(t *testing.T) {
	p := answer("2026-11-21 09:00", scan("2026-11-20 09:17", StatusOutForDelivery, "배송출발 (16~18시)", "보은"), scan("", StatusUnknown, "모름", ""))
	p.Doubts = DoubtInferred | DoubtMoved
	encoded, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Parcel
	if err := json.Unmarshal(encoded, &back); err != nil {
		t.Fatal(err)
	}
	if back.Doubts != p.Doubts || back.Status != p.Status || !back.Window.End.Equal(p.Window.End) || back.Events[1].Precision != p.Events[1].Precision {
		t.Errorf("got %+v\nwant %+v", back, p)
	}
}

func TestQueryHidesItself(t *testing.T) {
	q := Query{Courier: "cj", Number: "550000001234", Ref: "ORD-1", Extra: []string{"0000secret"}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		text := fmt.Sprintf(format, q)
		if strings.Contains(text, "5500") || strings.Contains(text, "secret") || !strings.Contains(text, "1234") {
			t.Errorf(format+" shows %s", text, text)
		}
	}
	for text, want := range map[string]string{
		"123456789": "", "5500-0000 1072": "1072", "EE123456789KR": "89KR", "박모래 010-0000-2468": "", "５５００００００１０７２": "",
		"550000001072\n": "", strings.Repeat("5", 101): "",
	} {
		if got := Last4(text); got != want {
			t.Errorf("of %.20q %q is shown, want %q", text, got, want)
		}
	}
	odd := Query{Courier: "cj\r\n010-0000-2468" + Courier(strings.Repeat("x", 1000)), Number: "550000001072"}
	if text := odd.String(); strings.ContainsAny(text, "\r\n") || strings.Contains(text, "0000-2468") || len(text) > 60 {
		t.Errorf("an odd courier shows as %q", text)
	}
}

func TestErrorText(t *testing.T) {
	tests := []struct {
		err  Error
		want string
	}{
		{Error{Carrier: "deliveryapi", Op: "query", Kind: ErrNotFound, Courier: "cj", Last4: "1234", Code: "NOT_FOUND"},
			"deliveryapi query cj …1234: no data for this number [NOT_FOUND]"},
		{Error{Carrier: "x", Op: "query", Kind: ErrRateLimited, HTTPStatus: 429, Retry: RetryAfter, Wait: 90 * time.Second},
			"x query: rate limited [HTTP 429], again in 1m30s"},
		{Error{Kind: ErrUpstream, Masked: true, Err: errors.New("why")}, "provider or courier unavailable (the server hides the cause): why"},
		{Error{Carrier: "x", Op: "query", Err: io.EOF}, "x query: EOF"},
		{Error{Kind: ErrQuotaExhausted, Retry: RetryQuota, ResetAt: at("2026-12-01 00:00")}, "quota exhausted, again at 2026-12-01T00:00:00+09:00"},
		{Error{}, ""},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

func TestErrorMatching(t *testing.T) {
	err := error(&Error{Kind: ErrNotFound, Retry: RetrySlow, Err: io.EOF})
	if !errors.Is(err, ErrNotFound) || !errors.Is(err, io.EOF) || errors.Is(err, ErrUpstream) {
		t.Error("an error is its kind and its cause, and nothing else")
	}
	var typed *Error
	if errors.As(io.EOF, &typed) {
		t.Error("a stranger's error is no *Error")
	}
	if RetryOf(fmt.Errorf("wrapped: %w", err)) != RetrySlow || RetryOf(io.EOF) != RetryNever {
		t.Error("the retry class of an error is that of the *Error in it")
	}
	names := map[string]bool{}
	for _, kind := range kinds {
		if name := KindName(&Error{Kind: kind.err}); name != kind.name || names[name] {
			t.Errorf("%v is called %q", kind.err, name)
		}
		names[kind.name] = true
	}
	if KindName(nil) != "" || KindName(io.EOF) != "other" {
		t.Error("nil has no name, a stranger is other")
	}
	for _, e := range (&Error{}).Unwrap() {
		t.Errorf("an empty error unwraps to %v", e)
	}
}

func TestReason(t *testing.T) {
	if r := Reason("consignee_absent"); r.Owner() != "consignee" || r.Action() != PartyNone {
		t.Errorf("%s: %s, %s", r, r.Owner(), r.Action())
	}
	if r := Reason("courier_lost"); r.Action() != PartySeller {
		t.Errorf("%s calls for %s", r, r.Action())
	}
}
