package sweettracker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func TestDailyCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unscanned := loadFixture(t, "query-unscanned")
		q := asked(t, unscanned)
		c := carrierOf(play(t, unscanned), func(c *Config) { c.DailyCap = 2 })
		for range 2 {
			if _, err := askOne(t, c, q); err != nil {
				t.Fatal(err)
			}
		}
		_, err := askOne(t, c, q)
		var e *tracking.Error
		if !errors.As(err, &e) || !errors.Is(err, tracking.ErrDailyCap) || e.Retry != tracking.RetryNextDay || e.Billed != tracking.No {
			t.Fatalf("third query: %v", err)
		}
		if want := nextKoreanDay(time.Now()); !e.ResetAt.Equal(want) || c.Requests() != 2 {
			t.Errorf("again at %v, want %v; %d requests", e.ResetAt, want, c.Requests())
		}
		time.Sleep(time.Until(e.ResetAt))
		if _, err := askOne(t, c, q); err != nil {
			t.Errorf("on the next day: %v", err)
		}
	})
	inTime(t, "failures and repeats count", func(t *testing.T) {
		c := carrierOf(func(*http.Request) (*http.Response, error) {
			return answerWith(502, "text/html", []byte("<html>")), nil
		},
			func(c *Config) { c.DailyCap = 3 })
		q := tracking.Query{Courier: courier.CJ, Number: "550000001234"}
		for i, want := range []error{tracking.ErrUpstream, tracking.ErrUpstream, tracking.ErrDailyCap} {
			if _, err := askOne(t, c, q); !errors.Is(err, want) {
				t.Errorf("query %d: %v, want %v", i+1, err, want)
			}
		}
		if c.Requests() != 4 { // the second query began below the cap
			t.Errorf("%d requests", c.Requests())
		}
	})
	inTime(t, "the provider's own", func(t *testing.T) {
		f := loadFixture(t, "query-error-105")
		c := carrierOf(play(t, f))
		for range 2 {
			_, err := askOne(t, c, asked(t, f))
			var e *tracking.Error
			if !errors.As(err, &e) || !errors.Is(err, tracking.ErrDailyCap) || !e.ResetAt.Equal(nextKoreanDay(time.Now())) {
				t.Errorf("%v", err)
			}
		}
		if c.Requests() != 1 {
			t.Errorf("%d requests after the provider refused", c.Requests())
		}
	})
	inTime(t, "off", func(t *testing.T) {
		f := loadFixture(t, "query-unscanned")
		c := carrierOf(play(t, f), func(c *Config) { c.DailyCap = Uncapped })
		for range 50 {
			if _, err := askOne(t, c, asked(t, f)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestDailyCapIsBounded(t *testing.T) {
	now := kstTime("2026-03-02 12:00:00")
	d := &dailyCap{limit: 1, now: func() time.Time { return now }}
	for i := range countedNumbers + 10 {
		if _, ok := d.take(cappedNumber{"04", fmt.Sprint(i)}); !ok {
			t.Fatalf("number %d refused at once", i)
		}
	}
	if len(d.used) != countedNumbers {
		t.Errorf("%d numbers counted", len(d.used))
	}
	if _, ok := d.take(cappedNumber{"04", "0"}); ok {
		t.Error("a counted number was let through again")
	}
	now = kstTime("2026-03-02 23:59:59")
	if _, ok := d.take(cappedNumber{"04", "0"}); ok {
		t.Error("let through before midnight")
	}
	now = kstTime("2026-03-03 00:00:00")
	if _, ok := d.take(cappedNumber{"04", "0"}); !ok || len(d.used) != 1 {
		t.Errorf("after midnight: %t with %d numbers", ok, len(d.used))
	}
}

// A query that a caller gave up before it was sent does not use up its number.
func TestUnsentQueriesDoNotCount(t *testing.T) {
	inTime(t, "", func(t *testing.T) {
		f := loadFixture(t, "query-unscanned")
		busy := true
		c := carrierOf(play(t, f), func(c *Config) {
			c.DailyCap = 1
			c.Limiter = limiterFunc(func(ctx context.Context) error {
				if busy {
					return errors.New("the wait would not end in time")
				}
				return ctx.Err()
			})
		})
		if _, err := askOne(t, c, asked(t, f)); !errors.Is(err, tracking.ErrRateLimited) || c.Requests() != 0 {
			t.Fatalf("%v after %d requests", err, c.Requests())
		}
		busy = false
		if _, err := askOne(t, c, asked(t, f)); err != nil {
			t.Error(err)
		}
	})
}

type limiterFunc func(context.Context) error

func (l limiterFunc) Wait(ctx context.Context) error { return l(ctx) }

func TestDefaultPace(t *testing.T) {
	inTime(t, "", func(t *testing.T) {
		f := loadFixture(t, "query-unscanned")
		c := carrierOf(play(t, f), func(c *Config) { c.Limiter, c.DailyCap = nil, Uncapped })
		start := time.Now()
		for range 11 {
			if _, err := askOne(t, c, asked(t, f)); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != time.Second { // in fake time, exactly
			t.Errorf("11 queries took %v", took)
		}
	})
}
