package tracking

import (
	"testing"
	"time"
)

// modelWord is one thing a carrier may say next.
type modelWord struct {
	name    string
	carrier string
	verdict bool
	status  Status
	sub     Sub
	text    string
}

// modelWords begins with the words that are tried in every sequence of four, then those of three; all are tried in pairs.
var modelWords = []modelWord{
	{name: "picked up", carrier: "a", status: StatusPickedUp},
	{name: "moving", carrier: "a", status: StatusInTransit},
	{name: "on the van", carrier: "a", status: StatusOutForDelivery},
	{name: "delivered", carrier: "a", status: StatusDelivered},
	{name: "failed", carrier: "a", status: StatusFailed},
	{name: "lost", carrier: "a", status: StatusFailed, sub: SubLost},
	{name: "cancelled", carrier: "a", status: StatusCancelled},
	{name: "returning", carrier: "a", status: StatusReturned, sub: SubReturning},
	{name: "back", carrier: "a", status: StatusReturned},
	{name: "called off", carrier: "a", status: StatusHold, text: "반품취소"},
	{name: "moving (b)", carrier: "b", status: StatusInTransit},
	{name: "failed (b)", carrier: "b", status: StatusFailed},
	{name: "says moving", carrier: "a", verdict: true, status: StatusInTransit},
	{name: "says delivered", carrier: "a", verdict: true, status: StatusDelivered},

	{name: "registered", carrier: "a", status: StatusRegistered},
	{name: "says on hold", carrier: "a", verdict: true, status: StatusHold},
	{name: "pending", carrier: "a", status: StatusPending},
	{name: "ready", carrier: "a", status: StatusPickupReady},
	{name: "at the branch", carrier: "a", status: StatusInTransit, sub: SubAtBranch},
	{name: "at the shop", carrier: "a", status: StatusOutForDelivery, sub: SubAvailableForPickup},
	{name: "on hold", carrier: "a", status: StatusHold},
	{name: "delayed", carrier: "a", status: StatusHold, sub: SubDelayed},
	{name: "unknown", carrier: "a", status: StatusUnknown, text: "말"},
	{name: "반송", carrier: "a", status: StatusUnknown, text: "반송"},
	{name: "delivered (b)", carrier: "b", status: StatusDelivered},
	{name: "cancelled (b)", carrier: "b", status: StatusCancelled},
	{name: "회수 (b)", carrier: "b", status: StatusInTransit, text: "회수"},
	{name: "says registered", carrier: "a", verdict: true, status: StatusRegistered},
	{name: "says failed", carrier: "a", verdict: true, status: StatusFailed},
	{name: "says cancelled", carrier: "a", verdict: true, status: StatusCancelled},
	{name: "says returning", carrier: "a", verdict: true, status: StatusReturned, sub: SubReturning},
	{name: "says back", carrier: "a", verdict: true, status: StatusReturned},
	{name: "says delivered (b)", carrier: "b", verdict: true, status: StatusDelivered},
	{name: "says failed (b)", carrier: "b", verdict: true, status: StatusFailed},
}

const modelCoreWords, modelMostWords = 14, 27

var modelStart = time.Date(2024, 5, 6, 9, 0, 0, 0, time.FixedZone("KST", 9*3600))

// modelSpoken turns words into evidence, one every step; a step of zero puts all into one minute.
func modelSpoken(words []int, step time.Duration) Evidence {
	var e Evidence
	for i, w := range words {
		word := modelWords[w]
		at := modelStart.Add(time.Duration(i) * step)
		if word.verdict {
			e.Verdicts = append(e.Verdicts, Verdict{
				Carrier: word.carrier, Status: word.status, Sub: word.sub, AsOf: at, AnswerAt: modelStart.Add(modelDay + time.Duration(i)*time.Second),
			})
			continue
		}
		e.Events = append(e.Events, Event{
			At: at, Status: word.status, Sub: word.sub, Text: word.text, Carrier: word.carrier,
			AnswerAt: modelStart.Add(modelDay), Pos: i, Ordinal: i,
		})
	}
	return e
}

// TestModelTable holds Derive against the model over every pair of words, most sequences of three and the core's of four,
// apart in time and in one minute, outbound and fetching back.
func TestModelTable(t *testing.T) {
	t.Parallel()
	bad := 0
	check := func(words []int, step time.Duration, c Context) {
		e := modelSpoken(words, step)
		got, want := modelView(Derive(e, c)), modelDerive(e, c)
		if got == want || bad > 400 {
			return
		}
		bad++
		names := ""
		for _, w := range words {
			names += modelWords[w].name + ", "
		}
		t.Errorf("%severy %v, recall %v:\n got %+v\nwant %+v", names, step, c.Recall, got, want)
	}
	var each func(words []int, depth, vocabulary int, do func([]int))
	each = func(words []int, depth, vocabulary int, do func([]int)) {
		if depth == 0 {
			do(words)
			return
		}
		for w := range vocabulary {
			each(append(words[:len(words):len(words)], w), depth-1, vocabulary, do)
		}
	}
	for length := range 3 {
		each(nil, length, len(modelWords), func(words []int) {
			check(words, time.Hour, Context{})
			check(words, time.Hour, Context{Recall: true})
			check(words, 0, Context{})
		})
	}
	each(nil, 3, modelMostWords, func(words []int) { check(words, time.Hour, Context{}) })
	each(nil, 3, modelCoreWords, func(words []int) { check(words, 0, Context{}) })
	each(nil, 4, modelCoreWords, func(words []int) { check(words, time.Hour, Context{}) })
}

// modelView keeps what the model speaks of.
func modelView(s State) modelState {
	return modelState{
		Status: s.Status, Sub: s.Sub, DeliveredAt: s.DeliveredAt,
		Doubts: s.Doubts, Inferred: s.Inferred, Unmapped: s.Unmapped,
	}
}
