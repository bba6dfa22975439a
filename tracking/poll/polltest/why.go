package polltest

import (
	"strings"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// whys are reasons with figures, and texts of a host's that a store or a code could take for something else.
var whys = []poll.Why{
	{},
	{Ground: poll.GroundHint},
	{Ground: poll.GroundChance, Status: tracking.StatusOutForDelivery, Percent: 31, Count: 3, Cap: 10},
	{Ground: poll.GroundTakenOver, Carrier: "sweettracker"},
	{Ground: poll.GroundEnd, End: poll.ReasonNotWorth},
	{Text: string(poll.GroundHint)},
	{Text: "창고가 점검을 마친 뒤"},
	{Text: `"O'Neil's" \ warehouse; -- $1 ? %s {p}`},
	{Text: "🚚 \U0001F3F3\uFE0F\u200D\U0001F308"},
	{Text: " two\nlines\t "},
	{Text: "null"},
	{Text: strings.Repeat("🚚", 50)},
}

func whyClauses() []clause {
	return []clause{{name: "a reason comes back as it was", hold: func(b *box) {
		for n, why := range whys {
			b.open(id(n), 0)
			b.change(id(n), func(w poll.Watch) poll.Watch { w.Why = why; return w })
			if got := b.get(id(n)).Why; got != why {
				b.Errorf("%#v came back as %#v", why, got)
			}
		}
	}}}
}
