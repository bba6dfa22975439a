package poll_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A parcel that never changes is asked exactly as often as the schedule says: dueness goes by the last check, not by the last
// change (D2). Each further answer writes no evidence and is no change (D3).
func TestUnchangedParcelIsAskedAsScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy"}
		b := run(t, poll.Config{Policy: poll.Fixed(2 * time.Hour)}, carrier)
		b.open(1)
		time.Sleep(time.Minute)
		before := b.evidence(1)
		time.Sleep(24*time.Hour - 30*time.Minute)
		b.stop()
		asked := carrier.asked(number(1))
		if len(asked) != 12 {
			t.Errorf("asked %d times in 23½ hours, want 12", len(asked))
		}
		for i := 1; i < len(asked); i++ {
			if due := b.recorded[i-1].After.Due; !asked[i].Equal(due) {
				t.Errorf("ask %d at %v, planned for %v", i, asked[i], due)
			}
			if gap := asked[i].Sub(asked[i-1]); gap < 114*time.Minute || gap > 126*time.Minute {
				t.Errorf("a gap of %v, want 2h ± 5 %%", gap)
			}
		}
		if after := b.evidence(1); len(after.Events) != 1 || !after.Events[0].AnswerAt.Equal(before.Events[0].AnswerAt) {
			t.Errorf("evidence was written again: %+v", after)
		}
		for i, r := range b.recorded {
			if news := r.Gain != (tracking.Gain{}) || r.Changed(); news != (i == 0) {
				t.Errorf("record %d: %+v, changed %v", i, r.Gain, r.Changed())
			}
		}
		if stats := b.engine.Stats(); stats[0].Asked != 12 || stats[0].Found != 12 || stats[0].Calls != 12 || stats[0].Changed != 1 {
			t.Errorf("stats %+v", stats)
		}
	})
}
