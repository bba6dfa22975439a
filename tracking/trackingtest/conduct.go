package trackingtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	checkEnded(t, queryError(ctx, c, h.Known), context.Canceled)
}

// checkEnded holds the error of a call against the reason for which its context ended.
func checkEnded(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want the context's error", err)
	}
	var typed *tracking.Error
	if !errors.As(err, &typed) || typed == nil || typed.Kind != nil {
		t.Errorf("the caller's ended context is a *tracking.Error without a sentinel, got %#v", err)
	}
}

// queryError gives the error of a call for one parcel, wherever it stands.
func queryError(ctx context.Context, c tracking.Carrier, q tracking.Query) error {
	results, err := c.Query(ctx, []tracking.Query{q})
	if err == nil && len(results) == 1 {
		err = results[0].Err
	}
	return solid(err)
}

func holdDeadline(t *testing.T, h Harness, c tracking.Carrier) {
	const limit = 2 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	begun := time.Now()
	err := queryError(ctx, c, h.Slow)
	if took := time.Since(begun); took > limit {
		t.Errorf("the call ended %v after its context", took-limit)
	}
	checkEnded(t, err, context.DeadlineExceeded)
}

// holdConcurrent writes to each answer while others are given: the race detector sees what they share.
func holdConcurrent(t *testing.T, h Harness, c tracking.Carrier) {
	parcels := make([]*tracking.Parcel, 8)
	told := make([]string, len(parcels))
	var wg sync.WaitGroup
	for i := range parcels {
		wg.Go(func() {
			results, err := c.Query(t.Context(), []tracking.Query{h.Known})
			if err == nil && len(results) == 1 {
				err = results[0].Err
			}
			if err != nil || len(results) != 1 || results[0].Parcel == nil {
				t.Errorf("caller %d: %d results, %v", i, len(results), err)
				return
			}
			p := results[0].Parcel
			parcels[i], told[i] = p, fmt.Sprintf("%s %q, %v, %d events", p.Courier, p.Number, p.Status, len(p.Events))
			writeOver(p)
		})
	}
	wg.Wait()
	for i, p := range parcels {
		switch {
		case p == nil || parcels[0] == nil:
		case i > 0 && shared(p, parcels[0]):
			t.Errorf("callers 0 and %d share a parcel, or its events", i)
		case told[i] != told[0]:
			t.Errorf("caller %d was told %s, the first one %s", i, told[i], told[0])
		}
	}
}

func holdSecrets(t *testing.T, h Harness, c tracking.Carrier) {
	said := map[string][]string{"the carrier": shown(c)}
	for _, q := range h.queries() {
		r := ask(t, h.New(t), q)
		said["a result"] = append(said["a result"], shown(r)...)
		if r.Parcel != nil {
			said["a parcel"] = append(said["a parcel"], shown(*r.Parcel)...)
		}
		for _, err := range causes(r.Err) {
			said["an error"] = append(said["an error"], shown(err)...)
		}
	}
	for what, texts := range said {
		for _, secret := range h.Secrets {
			i := slices.IndexFunc(texts, func(text string) bool { return secret != "" && strings.Contains(text, secret) })
			if i >= 0 {
				t.Errorf("%q shows in %s: %.300s", secret, what, texts[i])
			}
		}
	}
}

// shown gives what a person or a log gets to see of a value.
func shown(v any) []string {
	encoded, err := json.Marshal(v)
	if err != nil {
		encoded = []byte(err.Error())
	}
	return []string{fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), string(encoded)}
}
