package mask

import "testing"

func TestEveryLabelIsLookedFor(t *testing.T) {
	for _, l := range labels {
		if !mayBeginLabel(l.word) {
			t.Errorf("%s is passed over", l.word)
		}
	}
}
