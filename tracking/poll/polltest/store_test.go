package polltest_test

import (
	"testing"

	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/poll/polltest"
)

func TestMemoryStore(t *testing.T) {
	polltest.RunStore(t, polltest.StoreHarness{
		New:    func(*testing.T) poll.Store { return poll.NewMemoryStore() },
		Reopen: func(_ *testing.T, s poll.Store) poll.Store { return s }, // the store itself is what it kept
	})
}
