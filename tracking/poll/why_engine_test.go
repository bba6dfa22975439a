package poll_test

import (
	"cmp"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// TestEngineTellsWhy: for whatever reason a watch is due, it says so.
func TestEngineTellsWhy(t *testing.T) {
	failing := func(err *tracking.Error) func(tracking.Query, int) tracking.Result {
		return func(tracking.Query, int) tracking.Result { return tracking.Result{Err: err} }
	}
	upstream := &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}
	spent := &tracking.Error{Kind: tracking.ErrQuotaExhausted, Retry: tracking.RetryQuota, ResetAt: start.Add(10 * time.Hour)}
	whole := func(err error) func(context.Context, []tracking.Query) ([]tracking.Result, error) {
		return func(context.Context, []tracking.Query) ([]tracking.Result, error) { return nil, err }
	}
	says := func(text string) poll.Policy {
		return plans(func(now time.Time) poll.Plan { return poll.Plan{At: now.Add(day), Why: poll.Why{Text: text}} })
	}
	once := poll.Table{Others: poll.Rhythm{Cap: 1}}
	for name, c := range map[string]struct {
		policy   poll.Policy // nil: the default
		carrier  *scripted   // nil: one that answers
		fallback poll.Fallback
		act      func(b *bench) error // last
		at       string               // the carrier of the watch that is looked at; empty: toy
		pass     time.Duration        // 0: until it was asked once
		want     poll.Why
	}{
		"opened": {pass: time.Second, want: poll.Why{Ground: poll.GroundOpened}},
		"opened again": {
			act: func(b *bench) error {
				_, err := b.engine.Close(b.Context(), idOf(1), "")
				if err == nil {
					_, err = b.engine.Reopen(b.Context(), idOf(1))
				}
				return err
			},
			want: poll.Why{Ground: poll.GroundOpened},
		},
		"a person": {
			act:  func(b *bench) error { _, err := b.engine.Reopen(b.Context(), idOf(1)); return err },
			want: poll.Why{Ground: poll.GroundPerson},
		},
		"a hint": {
			act: func(b *bench) error {
				_, err := b.engine.Observe(b.Context(), idOf(1), tracking.Observation{Kind: tracking.KindHint})
				return err
			},
			want: poll.Why{Ground: poll.GroundHint},
		},
		"another carrier":      {carrier: &scripted{item: failing(fault(tracking.ErrUnsupportedCourier))}, fallback: to("other"), at: "other", pass: 65 * time.Second, want: poll.Why{Ground: poll.GroundTakenOver, Carrier: "toy"}},
		"an interval":          {policy: poll.Fixed(2 * time.Hour), want: poll.Why{Ground: poll.GroundInterval}},
		"a status":             {policy: poll.DefaultTable(), want: poll.Why{Ground: poll.GroundStatus, Status: tracking.StatusInTransit}},
		"no data":              {policy: poll.DefaultTable(), carrier: &scripted{item: failing(fault(tracking.ErrNotFound))}, want: poll.Why{Ground: poll.GroundNoData}},
		"a night":              {policy: poll.FormerTable(), pass: 13 * time.Hour, want: poll.Why{Ground: poll.GroundNight}},
		"the policy's cap":     {policy: once, want: poll.Why{Ground: poll.GroundAskedEnough, Count: 1}},
		"the carrier's cap":    {carrier: &scripted{item: failing(fault(tracking.ErrDailyCap))}, want: poll.Why{Ground: poll.GroundDailyCap}},
		"a failure":            {carrier: &scripted{item: failing(upstream)}, want: poll.Why{Ground: poll.GroundFailure, Count: 1}},
		"failures":             {carrier: &scripted{item: failing(upstream)}, pass: 20 * time.Minute, want: poll.Why{Ground: poll.GroundFailure, Count: 3}},
		"a hidden cause":       {carrier: &scripted{item: failing(&tracking.Error{Kind: tracking.ErrUpstream, Masked: true})}, want: poll.Why{Ground: poll.GroundHidden, Count: 1}},
		"a failure that waits": {carrier: &scripted{item: failing(fault(tracking.ErrProtocol))}, want: poll.Why{Ground: poll.GroundNoData}},
		"a refused account":    {carrier: &scripted{whole: whole(fault(tracking.ErrCredentials))}, want: poll.Why{Ground: poll.GroundRefused}},
		"a stopped carrier":    {carrier: &scripted{whole: whole(spent)}, fallback: to(""), want: poll.Why{Ground: poll.GroundStopped}},
		"a policy that panics": {policy: wild{}, want: poll.Why{Ground: poll.GroundPolicy}},
		"an end": {
			policy:  poll.Fixed(30 * day),
			carrier: &scripted{item: func(q tracking.Query, _ int) tracking.Result { return said(q, tracking.StatusReturned) }},
			want:    poll.Why{Ground: poll.GroundEnd, End: poll.ReasonReturned},
		},
		"a host's text":                {policy: says("창고 점검 뒤 🚚"), want: poll.Why{Text: "창고 점검 뒤 🚚"}},
		"a host's text that is a code": {policy: says("hint"), want: poll.Why{Text: "hint"}},
		"a host's long text":           {policy: says(" " + strings.Repeat("점검", 100)), want: poll.Why{Text: " " + strings.Repeat("점검", 33)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.carrier == nil {
					c.carrier = new(scripted)
				}
				// A call waits a minute for others to share it with: until then a reason stands.
				c.carrier.name, c.carrier.limits = "toy", tracking.Limits{Batch: 2}
				b := run(t, poll.Config{Policy: c.policy, Fallback: c.fallback, Fill: time.Minute}, c.carrier, &scripted{name: "other", limits: tracking.Limits{Batch: 2}})
				b.open(1)
				time.Sleep(cmp.Or(c.pass, 90*time.Second))
				if c.act != nil {
					if err := c.act(b); err != nil {
						t.Fatal(err)
					}
				}
				w := b.watch(1)
				if c.at != "" {
					w = b.at(c.at, 1)
				}
				b.stop()
				if w.Why != c.want {
					t.Errorf("%q, want %q", w.Why, c.want)
				}
			})
		})
	}
}

// plans is a policy of a host's.
type plans func(now time.Time) poll.Plan

func (p plans) Next(_ poll.Watch, now time.Time) poll.Plan { return p(now) }
