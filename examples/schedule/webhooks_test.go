package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

func TestWebhooksOfItsOwnTimelines(t *testing.T) {
	code, out, stderr := start(t, "-webhooks", "-json")
	var r report
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil {
		t.Fatal(stderr, err)
	}
	byName := map[string]hinted{}
	for _, h := range r.Webhooks {
		byName[h.Name] = h
	}
	none, good, thin, dead := byName["none"], byName["recall 0.95"], byName["thin, a false hint in five days"], byName["dead unnoticed"]
	if len(byName) != 6 || none.PollsToNone != 1 || none.PollsPerParcel == 0 || good.PollsToNone >= 0.6 || good.AskedAfterHints != 0 || thin.AskedAfterHints == 0 ||
		dead.PollsPerParcel <= good.PollsPerParcel || none.Silences != 0 || good.MeanDelayHours >= none.MeanDelayHours {
		t.Errorf("%+v", r.Webhooks)
	}
	var text strings.Builder
	r.printWebhooks(&text)
	if lines := strings.Split(text.String(), "\n"); len(lines) != 10 || !strings.Contains(lines[1], "48 parcels") || !strings.HasPrefix(lines[3], "none ") {
		t.Error(text.String())
	}
}

// TestWebhooks holds the adaptive policy to its bars with webhooks, in the sandbox's three worlds played at once, for then more than a
// thousand parcels are subscribed at a time: pushed about with a recall of 0.95 a quarter of the polls at no longer delay, and with
// webhooks that die without a word no more than twice the delay of the slowest hundredth.
func TestWebhooks(t *testing.T) {
	if *bars == 0 {
		t.Skip("NOT JUDGED: needs -bars")
	}
	r := allWorlds(t)
	if err := r.judgeWebhooks(); err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Webhooks {
		t.Logf("%s: %.2f polls (%.3f), %.2f asked after hints, %.2f looks, delay %.3f (%.3f), p99 %.2f (%.2f) h of %d changes, recall %.3f, %d silences, noticed after %.2f h",
			h.Name, h.PollsPerParcel, h.PollsToNone, h.AskedAfterHints, h.Looks, h.MeanDelayHours, h.MeanDelayWithoutHours, h.P99DelayHours, h.P99DelayWithoutHours, h.Events,
			h.EstimatedRecall, h.Silences, h.NoticedHours)
		switch h.Name {
		case "recall 0.95", "thin, a false hint in five days":
			if h.PollsToNone > 0.25 || h.MeanDelayHours > h.MeanDelayWithoutHours {
				t.Error("the bars are a quarter of the polls and no longer delay")
			}
		case "silent for six hours", "dead unnoticed":
			if h.Subscribed < 1000 || h.P99DelayHours > 2*h.P99DelayWithoutHours {
				t.Errorf("%d subscribed; the bar is twice the delay", h.Subscribed)
			}
		}
	}
}

// allWorlds learns from the halves of all three worlds, and is to be judged by the others.
func allWorlds(t *testing.T) *report {
	t.Helper()
	r := &report{}
	var fit []parcel
	for world := range uint64(3) {
		learned, judged, err := options{world: world + 1, split: 1}.parcels()
		if err != nil {
			t.Fatal(err)
		}
		fit, r.test = append(fit, learned...), append(r.test, timelines(judged)...)
	}
	r.model = schedule.Prior().Learn(lives(fit))
	r.curve = func(price float64) schedule.Policy {
		return schedule.Adaptive{Model: r.model, Worth: hours, PollWon: price}
	}
	every2h, err := measure.Replay(schedule.Fixed{Every: 2 * time.Hour}, timelines(fit))
	if err != nil {
		t.Fatal(err)
	}
	if r.PriceHours, err = measure.Tune(timelines(fit), every2h.PollsPerParcel(), r.curve); err != nil {
		t.Fatal(err)
	}
	return r
}
