package poll_test

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func ExampleHints() {
	subscribed := map[poll.WatchID]time.Time{} // since when, as the host keeps it
	policy := new(poll.Adaptive)
	hints := &poll.Hints{
		Model:      policy.Model,
		Subscribed: func(w poll.Watch) time.Time { return subscribed[w.ID] },
		Alarm: func(s poll.Silence) {
			fmt.Printf("%s %s: over %v, %.0f pushes expected\n", s.Carrier, s.Courier, s.Over, s.Expected)
		},
	}
	policy.Heed(hints)
	_, err := poll.New(poll.Config{
		Store: poll.NewMemoryStore(), Carriers: []tracking.Carrier{&scripted{name: "toy"}},
		Policy: policy, Hooks: poll.Hooks{Recorded: hints.Recorded},
	})
	fmt.Println(err)
	// Output: <nil>
}
