package statusmap_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// TestStep holds step and actions of all twelve statuses with each of their sub-statuses.
func TestStep(t *testing.T) {
	var b strings.Builder
	for _, status := range tracking.Statuses() {
		subs := []tracking.Sub{tracking.SubNone}
		for sub := tracking.SubAtBranch; sub <= tracking.SubLost; sub++ {
			if sub.Of() == status {
				subs = append(subs, sub)
			}
		}
		for _, sub := range subs {
			step, actions := statusmap.Step(status, sub)
			name := strings.TrimRight(status.String()+"·"+sub.String(), "·")
			fmt.Fprintln(&b, strings.Join([]string{name, or(step.String(), "no step"), or(actions.String(), "nothing")}, "|"))
		}
	}
	goldentest.Compare(t, "testdata/steps.txt", b.String())
}

func TestStepAsksForReviewOfStrangers(t *testing.T) {
	if step, actions := statusmap.Step(tracking.Status(99), tracking.SubNone); step != statusmap.WMSReview || actions != 0 {
		t.Errorf("a status that does not exist gives %s and %s", step, actions)
	}
}

func TestWMSStepText(t *testing.T) {
	for step := statusmap.WMSNone; step <= statusmap.WMSReview; step++ {
		text, err := json.Marshal(step)
		if err != nil {
			t.Fatal(err)
		}
		var back statusmap.WMSStep
		if err := json.Unmarshal(text, &back); err != nil || back != step {
			t.Errorf("%s became %s, %v", step, back, err)
		}
	}
	if _, err := statusmap.WMSStep(99).MarshalText(); err == nil {
		t.Error("a step that does not exist was written")
	}
	var step statusmap.WMSStep
	if err := step.UnmarshalText([]byte("shipped?")); err == nil {
		t.Error("a word that is no step was read")
	}
}
