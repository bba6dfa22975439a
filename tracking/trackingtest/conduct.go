package trackingtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// conductClauses are about how a carrier behaves while it is asked.
func conductClauses() []clause {
	return []clause{
		{name: "the name is short, lower case and constant", hold: holdName},
		{name: "an ended context ends the call", hold: holdCancelled},
		{name: "a call stops when the context does", needs: needsSlow, hold: holdDeadline},
		{name: "it is safe for concurrent use", hold: holdConcurrent},
		{name: "no secret is ever shown", needs: needsSecrets, hold: holdSecrets},
	}
}

func holdName(t *testing.T, h Harness, c tracking.Carrier) {
	name := c.Name()
	if name == "" || len(name) > 40 || name != strings.ToLower(name) || strings.ContainsAny(name, " \t:/") {
		t.Errorf("the name %q", name)
	}
	ask(t, c, h.Known)
	if c.Name() != name {
		t.Errorf("the name changed from %q to %q", name, c.Name())
	}
}

func holdCancelled(t *testing.T, h Harness, c tracking.Carrier) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := queryError(ctx, c, h.Known)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	var typed *tracking.Error
	if !errors.As(err, &typed) || typed.Kind != nil {
		t.Errorf("the caller's ended context is a *tracking.Error without a sentinel, got %#v", err)
	}
}

// queryError gives the error of a call for one parcel, wherever it stands.
func queryError(ctx context.Context, c tracking.Carrier, q tracking.Query) error {
	results, err := c.Query(ctx, []tracking.Query{q})
	if err == nil && len(results) == 1 {
		err = results[0].Err
	}
	return err
}

func holdDeadline(t *testing.T, h Harness, c tracking.Carrier) {
	const limit = 2 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	begun := time.Now()
	err := queryError(ctx, c, h.Slow)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	if took := time.Since(begun); took > limit {
		t.Errorf("the call ended %v after its context", took-limit)
	}
}

func holdConcurrent(t *testing.T, h Harness, c tracking.Carrier) {
	const callers = 8
	parcels := make([]*tracking.Parcel, callers)
	var wg sync.WaitGroup
	for i := range parcels {
		wg.Go(func() {
			results, err := c.Query(t.Context(), []tracking.Query{h.Known})
			if err == nil && len(results) == 1 {
				parcels[i], err = results[0].Parcel, results[0].Err
			}
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i, p := range parcels {
		if p != nil && parcels[0] != nil && p.Status != parcels[0].Status {
			t.Errorf("caller %d saw %v, the first one %v", i, p.Status, parcels[0].Status)
		}
	}
}

func holdSecrets(t *testing.T, h Harness, c tracking.Carrier) {
	var said []string
	say := func(what string, v any) {
		encoded, err := json.Marshal(v)
		if err != nil {
			encoded = []byte(err.Error())
		}
		for _, text := range []string{fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), string(encoded)} {
			said = append(said, what+": "+text)
		}
	}
	say("the carrier", c)
	queries := []tracking.Query{h.Known, h.Missing, h.Unmapped}
	for _, f := range h.Failing {
		queries = append(queries, f.Query)
	}
	for _, q := range queries {
		if q.Number == "" {
			continue
		}
		r := ask(t, c, q)
		say("a result", r)
		if r.Parcel != nil {
			say("a parcel", *r.Parcel)
		}
		if r.Err != nil {
			say("an error", r.Err)
			said = append(said, "an error: "+r.Err.Error())
		}
	}
	for _, secret := range h.Secrets {
		for _, text := range said {
			if secret != "" && strings.Contains(text, secret) {
				t.Errorf("%q shows in %.300s", secret, text)
			}
		}
	}
}
