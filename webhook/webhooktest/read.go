package webhooktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

func readClauses() []sourceClause {
	return []sourceClause{
		{name: "a good push is read as promised", hold: holdRead},
		{name: "parcels are named", hold: holdNamed},
		{name: "parcels are read settled", hold: holdSettled},
		{name: "reading twice gives the same", hold: holdRepeatable},
		{name: "a message is neither changed nor kept", hold: holdMessage},
		{name: "no stored body makes it panic", hold: holdStrange},
	}
}

// readings reads all good messages.
func (h SourceHarness) readings(t *testing.T, hold func(p Push, m webhook.Message, r webhook.Reading, err error)) {
	t.Helper()
	s := h.New(t)
	for _, p := range h.Good {
		if p.Ping {
			continue
		}
		receipt, err := s.Verify(p.request())
		if err != nil {
			t.Fatalf("%s is refused: %v", p.Name, err)
		}
		m := p.message(s.Name(), receipt)
		r, err := s.Read(t.Context(), m)
		hold(p, m, r, err)
	}
}

func holdRead(t *testing.T, h SourceHarness) {
	h.readings(t, func(p Push, _ webhook.Message, r webhook.Reading, err error) {
		switch {
		case !errors.Is(err, p.Read):
			t.Errorf("%s: reading it gives %v, want %v", p.Name, err, p.Read)
		case err == nil && len(r.Parcels)+len(r.Hints)+len(r.Ended)+len(r.Faults) == 0 && r.Ignored == "":
			t.Errorf("%s says nothing, not even why it is ignored", p.Name)
		}
	})
}

func holdNamed(t *testing.T, h SourceHarness) {
	h.readings(t, func(p Push, _ webhook.Message, r webhook.Reading, _ error) {
		var named []tracking.Query
		for _, parcel := range r.Parcels {
			named = append(named, tracking.Query{Courier: parcel.Courier, Number: parcel.Number})
		}
		for _, end := range r.Ended {
			named = append(named, end.Open...)
		}
		for _, q := range append(named, r.Hints...) {
			if q.Courier == "" || q.Number == "" {
				t.Errorf("%s speaks of a parcel without a courier, or without a number", p.Name)
			}
		}
	})
}

func holdSettled(t *testing.T, h SourceHarness) {
	h.readings(t, func(p Push, m webhook.Message, r webhook.Reading, _ error) {
		for _, parcel := range r.Parcels {
			again := parcel
			again.Events, again.Verdicts = slices.Clone(parcel.Events), slices.Clone(parcel.Verdicts)
			again.Settle(tracking.Context{})
			if !reflect.DeepEqual(again, parcel) {
				t.Errorf("%s: settling a parcel changes it, from %v to %v", p.Name, parcel.Status, again.Status)
			}
			for _, e := range parcel.Events {
				if e.Carrier == "" || e.AnswerAt.IsZero() {
					t.Errorf("%s: a scan does not say who brought it, or when", p.Name)
				}
			}
		}
	})
}

func holdRepeatable(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for i, m := range h.messages(t, s) {
		own := m
		own.Body = bytes.Clone(m.Body)
		if shown(s.Read(t.Context(), m)) != shown(s.Read(t.Context(), own)) {
			t.Errorf("message %d is read in one way, and then in another", i+1)
		}
	}
}

// shown is everything that a reading says, to be compared.
func shown(r webhook.Reading, err error) string {
	faults := make([]string, len(r.Faults))
	for i, fault := range r.Faults {
		faults[i] = fmt.Sprint(fault)
	}
	r.Faults = nil
	text, jsonErr := json.Marshal(r)
	return fmt.Sprint(string(text), faults, err, jsonErr)
}

func holdMessage(t *testing.T, h SourceHarness) {
	h.readings(t, func(p Push, m webhook.Message, r webhook.Reading, err error) {
		if !bytes.Equal(m.Body, p.Body) {
			t.Errorf("%s is not what it was before it was read", p.Name)
		}
		before := shown(r, err)
		for i := range m.Body {
			m.Body[i] = '!'
		}
		if shown(r, err) != before {
			t.Errorf("%s: what was read changes with the body", p.Name)
		}
	})
}

func holdStrange(t *testing.T, h SourceHarness) {
	s := h.New(t)
	for _, m := range h.strange(t, s) {
		if _, panicked, _ := readStrange(t, s, m); panicked != nil {
			t.Errorf("it panics over a body of %d bytes that begins with %.20q (%v)", len(m.Body), m.Body, panicked)
		}
	}
}

// readStrange reads a message, and has it answered, if the source does that.
func readStrange(t *testing.T, s webhook.Source, m webhook.Message) (r webhook.Reading, panicked any, err error) {
	t.Helper()
	defer func() { panicked = recover() }()
	r, err = s.Read(t.Context(), m)
	if responder, ok := s.(webhook.Responder); ok {
		if a := responder.Respond(t.Context(), m); a != (webhook.Answer{}) && (a.Status < 200 || a.Status > 599) {
			t.Errorf("Respond answers a body of %d bytes with the status %d", len(m.Body), a.Status)
		}
	}
	return r, nil, err
}

// canary stands in bodies where a person could.
const canary = "Canary Kim 010-9999-7777"

// strange are messages whose bodies may stand in a store: of another version, cut, mixed up, of somebody else.
func (h SourceHarness) strange(t *testing.T, s webhook.Source) []webhook.Message {
	t.Helper()
	bodies := [][]byte{
		nil, []byte(" "), []byte("\x00\xff\xfe"), []byte(canary), []byte(`"` + canary + `"`), []byte(`null`), []byte(`[]`), []byte(`{}`),
		[]byte(`[null]`), []byte(`{"` + canary + `":"` + canary + `"}`), []byte(`{"a":` + strings.Repeat("[", 20_000)),
		[]byte(strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)), []byte(`{"a":1e999}`), []byte("a=%zz&b=" + canary),
		[]byte("<html><body>" + canary + "</body></html>"), []byte("\x1f\x8b\x08\x00"), bytes.Repeat([]byte("x"), 1<<16),
	}
	messages := h.messages(t, s)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // repeatable on purpose
	for _, m := range messages {
		for i := 0; i < len(m.Body); i += 1 + len(m.Body)/60 {
			bodies = append(bodies, m.Body[:i:i], m.Body[i:])
			b := bytes.Clone(m.Body)
			b[random.IntN(len(b))] = byte(random.Uint32())
			bodies = append(bodies, b)
		}
		bodies = append(bodies, retyped(m.Body)...)
	}
	strange := make([]webhook.Message, 0, 2*len(bodies))
	for i, body := range bodies {
		like := webhook.Message{Source: s.Name(), ReceivedAt: h.Good[0].At}
		if len(messages) > 0 {
			like = messages[i%len(messages)]
		}
		like.Body = bytes.Clone(body)
		packed := like
		packed.Encoding = "gzip"
		strange = append(strange, like, packed)
	}
	return strange
}

// retyped are the bodies that are left of a JSON body when all its values are of another type.
func retyped(body []byte) (bodies [][]byte) {
	for _, other := range []any{canary, float64(-1), true, nil, []any{canary}, map[string]any{"x": canary}} {
		var value any
		if json.Unmarshal(body, &value) != nil {
			return nil
		}
		text, err := json.Marshal(withLeaves(value, other))
		if err == nil {
			bodies = append(bodies, text)
		}
	}
	return bodies
}

// withLeaves puts another value in the place of everything that is neither an array nor an object.
func withLeaves(value, other any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = withLeaves(v[i], other)
		}
		return v
	case map[string]any:
		for key := range v {
			v[key] = withLeaves(v[key], other)
		}
		return v
	default:
		return other
	}
}
