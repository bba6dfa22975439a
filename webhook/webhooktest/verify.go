package webhooktest

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

func verifyClauses() []sourceClause {
	return []sourceClause{
		{name: "a good push is accepted", hold: holdGood},
		{name: "a proof is carried by something", hold: holdCarried},
		{name: "a forged push is refused", needs: needsForged, hold: holdForged},
		{name: "what is authentic cannot be changed", hold: holdChanges},
		{name: "a refusal is not called malformed", hold: holdOracle},
		{name: "what is authentic but no message is malformed", needs: needsMalformed, hold: holdMalformed},
		{name: "keys tell messages apart", hold: holdKeys},
		{name: "errors show nothing", needs: needsSecrets, hold: holdErrors},
		{name: "a request is not changed", hold: holdUnchanged},
		{name: "nothing of a request is kept", hold: holdNotKept},
		{name: "verifying is safe for concurrent use", hold: holdConcurrent},
	}
}

func holdGood(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Good {
		r, err := s.Verify(p.request())
		switch {
		case err != nil:
			t.Errorf("%s is refused: %v", p.Name, err)
		case r.Ping != p.Ping:
			t.Errorf("%s only tests the address: %v, want %v", p.Name, r.Ping, p.Ping)
		case p.Ping:
		case r.Proof != p.Proof:
			t.Errorf("%s: the proof is %v, want %v", p.Name, r.Proof, p.Proof)
		case r.Key == webhook.Digest{}:
			t.Errorf("%s has no key", p.Name)
		case r.Proof&tracking.ProofTime != 0 && r.SentAt.IsZero():
			t.Errorf("%s: the time of sending is authentic, and there is none", p.Name)
		}
	}
}

// holdCarried: what is claimed to be authentic has to stand somewhere.
func holdCarried(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Good {
		if p.Ping {
			continue
		}
		if p.Proof == 0 {
			t.Errorf("%s: nothing of it is authentic", p.Name)
		}
		if p.Proof&^tracking.ProofURL != 0 && len(neededHeaders(s, p)) == 0 {
			t.Errorf("%s: it is accepted without any one of its headers, so that none can hold its proof", p.Name)
		}
	}
}

func holdForged(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Forged {
		if accepts(s, p.request()) {
			t.Errorf("%s is accepted", p.Name)
		}
	}
}

func holdChanges(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Good {
		for _, c := range changes(s, p) {
			if accepts(s, c.request) {
				t.Errorf("%s: accepted", c.name)
			}
		}
	}
	if accepts(s, &webhook.Request{At: h.Good[0].At}) {
		t.Error("an empty request is accepted")
	}
}

// holdOracle: a sender that is not who it should be always gets the same answer.
func holdOracle(t *testing.T, h SourceHarness) {
	h.refusals(t, h.New(t), func(what string, err error) {
		if errors.Is(err, webhook.ErrMalformed) {
			t.Errorf("%s: %v, which has an answer of its own", what, err)
		}
	})
}

func holdMalformed(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Malformed {
		if _, err := s.Verify(p.request()); !errors.Is(err, webhook.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", p.Name, err)
		}
	}
}

func holdKeys(t *testing.T, h SourceHarness) {
	s := h.New(t)
	bodies := map[webhook.Digest][]byte{}
	for _, p := range h.Good {
		if p.Ping {
			continue
		}
		first, err := s.Verify(p.request())
		if err != nil {
			t.Fatalf("%s is refused: %v", p.Name, err)
		}
		if body, taken := bodies[first.Key]; taken && (h.Unique || !bytes.Equal(body, p.Body)) {
			t.Errorf("%s has the key of another message", p.Name)
		}
		bodies[first.Key] = p.Body
		again, err := s.Verify(p.request())
		switch {
		case err != nil:
			t.Errorf("%s is refused when it comes again: %v", p.Name, err)
		case h.Unique && again.Key == first.Key:
			t.Errorf("%s is another message when it comes again, and has the same key", p.Name)
		case !h.Unique && again.Key != first.Key:
			t.Errorf("%s has another key when it comes again", p.Name)
		}
		bodies[again.Key] = p.Body
	}
}

// holdErrors looks for secrets, and for canaries in bodies that are none of the provider's.
func holdErrors(t *testing.T, h SourceHarness) {
	s := h.New(t)
	told := map[string]bool{}
	check := func(what string, err error) {
		if err == nil || told[err.Error()] {
			return
		}
		text := err.Error()
		told[text] = true
		if strings.Contains(text, "\n") || len(text) > 1000 {
			t.Errorf("%s: the error is longer than a line: %q", what, text)
		}
		for _, secret := range append(h.Secrets, canary) {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the error shows a secret, or what is in the body", what)
			}
		}
	}
	h.refusals(t, s, check)
	for _, p := range h.Malformed {
		_, err := s.Verify(p.request())
		check(p.Name, err)
	}
	for _, m := range h.strange(t, s) {
		r, _, err := readStrange(t, s, m)
		check("reading a strange body", err)
		for _, fault := range r.Faults {
			check("a fault of a strange body", fault)
		}
	}
}

func holdUnchanged(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Good {
		r := p.request()
		if _, err := s.Verify(r); err != nil {
			t.Fatalf("%s is refused: %v", p.Name, err)
		}
		if !bytes.Equal(r.Body, p.Body) || !maps.EqualFunc(r.Header, p.Header, equalValues) || r.Rest != p.Rest || !r.At.Equal(p.At) {
			t.Errorf("%s is not what it was before Verify", p.Name)
		}
	}
}

func equalValues(a, b []string) bool { return reflect.DeepEqual(a, b) }

// holdNotKept writes over requests after they were verified, as the handler does, and has them verified and read again.
func holdNotKept(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Good {
		r := p.request()
		before, err := s.Verify(r)
		if err != nil {
			t.Fatalf("%s is refused: %v", p.Name, err)
		}
		for i := range r.Body {
			r.Body[i] = '!'
		}
		for key := range r.Header {
			r.Header.Set(key, "!")
		}
		after, err := s.Verify(p.request())
		if h.Unique {
			after.Key = before.Key
		}
		if err != nil || after != before {
			t.Errorf("%s is verified otherwise after an earlier request was written over: %v", p.Name, err)
		}
		if p.Ping {
			continue
		}
		want, wantErr := h.New(t).Read(t.Context(), p.message(s.Name(), before))
		got, gotErr := s.Read(t.Context(), p.message(s.Name(), before))
		if shown(got, gotErr) != shown(want, wantErr) {
			t.Errorf("%s is read otherwise after its request was written over", p.Name)
		}
	}
}

func holdConcurrent(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, p := range h.Good {
		want, err := s.Verify(p.request())
		if err != nil {
			t.Fatalf("%s is refused: %v", p.Name, err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				got, err := s.Verify(p.request())
				if h.Unique {
					got.Key = want.Key
				}
				if err != nil || got != want {
					t.Errorf("%s is verified otherwise among others: %v", p.Name, err)
				}
				if !p.Ping {
					_, _ = s.Read(t.Context(), p.message(s.Name(), want))
				}
			})
		}
		wg.Wait()
	}
}
