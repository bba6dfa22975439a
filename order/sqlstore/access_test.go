package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

func secretKey(t *testing.T, secret string) privacy.Key {
	t.Helper()
	key, err := privacy.NewKey([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func accesses(t *testing.T, s *sqlstore.Store) *sqlstore.Accesses {
	t.Helper()
	a, err := s.Accesses(secretKey(t, "0123456789 test 0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func access(n int) privacy.Access {
	return privacy.Access{
		Actor: fmt.Sprint("op-", n), Purpose: "배송 문의 응대", Fields: []privacy.Kind{privacy.KindName}, SubjectKey: "k",
		Action: privacy.View, Count: 1, At: noon, Source: "10.0.3.9",
	}
}

// TestAccessesAreChained: what a guard shows is recorded first, several processes write one chain, and it can be read as a log.
func TestAccessesAreChained(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		connect := e.fresh(t)
		logs := []*sqlstore.Accesses{accesses(t, made(t, connect(), e)), accesses(t, made(t, connect(), e))}
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				for i := range 5 {
					if err := logs[n%2].Record(t.Context(), []privacy.Access{access(10*n + i), access(10*n + i)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		key := secretKey(t, "0123456789 test 0123456789")
		guard, err := privacy.NewGuard(privacy.Config{Authorize: func(context.Context, privacy.Request) error { return nil }, Sink: logs[0], Key: key})
		if err != nil {
			t.Fatal(err)
		}
		permit, err := guard.Issue(t.Context(), privacy.Request{Actor: "op-17", Purpose: "문의", Source: "10.0.3.9", Fields: []privacy.Kind{privacy.KindName}})
		if err != nil {
			t.Fatal(err)
		}
		if texts, err := guard.Unmask(t.Context(), permit, "O-1", privacy.Name("홍길동")); err != nil || texts[0] != "홍길동" {
			t.Fatal(texts, err)
		}
		end, err := logs[1].Verify(t.Context())
		if err != nil || end.Records != 41 {
			t.Fatalf("%+v, %v", end, err)
		}
		lines, err := logs[1].Lines(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var actors []string
		for a, err := range privacy.Records(lines, key, privacy.Anchor{}) {
			if err != nil {
				t.Fatal(err)
			}
			actors = append(actors, a.Actor)
		}
		if len(actors) != 41 || actors[40] != "op-17" || !slices.Contains(actors, "op-34") {
			t.Errorf("%d records: %v", len(actors), actors)
		}
		if err := logs[0].Record(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

// TestTamperedAccesses: whatever is done to the table is found.
func TestTamperedAccesses(t *testing.T) {
	for name, tamper := range map[string][]string{
		"changed":   {"UPDATE waybill_accesses SET line = REPLACE(line, 'op-1', 'op-9') WHERE n = 2"},
		"removed":   {"DELETE FROM waybill_accesses WHERE n = 2"},
		"cut off":   {"DELETE FROM waybill_accesses WHERE n = 3"},
		"swapped":   {"UPDATE waybill_accesses SET n = 9 WHERE n = 1", "UPDATE waybill_accesses SET n = 1 WHERE n = 2", "UPDATE waybill_accesses SET n = 2 WHERE n = 9"},
		"added":     {"INSERT INTO waybill_accesses SELECT 4, at, actor, subject_key, line FROM waybill_accesses WHERE n = 3", "UPDATE waybill_accesses_end SET records = 4"},
		"forgotten": {"UPDATE waybill_accesses_end SET hash = 'x'"},
	} {
		s, db := store(t, engines[0])
		a := accesses(t, s)
		for n := range 3 {
			if err := a.Record(t.Context(), []privacy.Access{access(n)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.Verify(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, text := range tamper {
			run(t, db, text)
		}
		if _, err := a.Verify(t.Context()); !errors.Is(err, privacy.ErrTampered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, db := store(t, engines[0])
	run(t, db, "DELETE FROM waybill_accesses_end")
	if err := accesses(t, s).Record(t.Context(), []privacy.Access{access(1)}); !errors.Is(err, privacy.ErrTampered) {
		t.Errorf("without an end: %v", err)
	}
	if _, err := s.Accesses(privacy.Key{}); !errors.Is(err, sqlstore.ErrOption) {
		t.Errorf("without a key: %v", err)
	}
}

// TestManyAccesses: a long chain is read in portions.
func TestManyAccesses(t *testing.T) {
	s, db := store(t, engines[0])
	db.SetMaxOpenConns(1)
	a := accesses(t, s)
	batch := make([]privacy.Access, 450)
	for n := range batch {
		batch[n] = access(n)
	}
	if err := a.Record(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if end, err := a.Verify(t.Context()); err != nil || end.Records != 450 {
		t.Errorf("%+v, %v", end, err)
	}
	lines, err := a.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(lines)
	if err != nil || strings.Count(string(text), "\n") != 450 {
		t.Errorf("%d lines, %v", strings.Count(string(text), "\n"), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Record(ctx, batch); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
