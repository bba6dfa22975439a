package tracking

import (
	"slices"
	"testing"
	"time"
)

// modelSentence is a sentence of the contract that was once misread, the smallest evidence that shows it, and what the
// contract makes of it.
type modelSentence struct {
	sentence string
	evidence Evidence
	context  Context
	want     modelState
}

func modelHour(n float64) time.Time { return modelStart.Add(time.Duration(n * float64(time.Hour))) }

// modelRow is a scan of carrier a, at the hour pos of the only answer.
func modelRow(pos int, s Status, sub Sub, text, place string) Event {
	return Event{
		At: modelHour(float64(pos)), Status: s, Sub: sub, Text: text, Place: place,
		Carrier: "a", AnswerAt: modelHour(100), Pos: pos,
	}
}

var modelSentences = []modelSentence{
	{
		sentence: `"so does another carrier's scan only from a later minute" is about movement; a return signal is taken at the same moment`,
		evidence: Evidence{
			Events:   []Event{modelRow(0, StatusFailed, SubNone, "미배달", "")},
			Verdicts: []Verdict{{Carrier: "a", Status: StatusReturned, Sub: SubReturning, AsOf: modelHour(0), AnswerAt: modelHour(100)}},
		},
		want: modelState{Status: StatusReturned, Sub: SubReturning},
	},
	{
		sentence: `"words (반송, 반품, 회수 …) … in recall role they are ordinary movement"`,
		evidence: Evidence{Events: []Event{modelRow(0, StatusUnknown, SubNone, "회수", "")}},
		context:  Context{Recall: true},
		want:     modelState{Status: StatusInTransit},
	},
	{
		sentence: `"sub-status follows the newer"; a summary without one says less, not "no longer"`,
		evidence: Evidence{
			Events:   []Event{modelRow(0, StatusInTransit, SubAtBranch, "배송지 도착", "")},
			Verdicts: []Verdict{{Carrier: "a", Status: StatusInTransit, AsOf: modelHour(1), AnswerAt: modelHour(100)}},
		},
		want: modelState{Status: StatusInTransit, Sub: SubAtBranch},
	},
	{
		sentence: `"an undated scan stays behind its predecessor"`,
		evidence: Evidence{Events: []Event{
			{At: modelHour(0), Status: StatusFailed, Text: "미배달", Carrier: "a", AnswerAt: modelHour(100), Pos: 0},
			{Precision: PrecisionNone, Status: StatusOutForDelivery, Text: "배달출발", Carrier: "a", AnswerAt: modelHour(100), Pos: 1},
			{At: modelHour(0), Status: StatusFailed, Text: "미배달", Carrier: "a", AnswerAt: modelHour(101), Pos: 0},
		}},
		want: modelState{Status: StatusOutForDelivery},
	},
	{
		sentence: `"an undated scan stays behind its predecessor", also one that stays behind another itself`,
		evidence: Evidence{Events: []Event{
			{At: modelHour(0), Status: StatusInTransit, Text: "간선하차", Carrier: "a", AnswerAt: modelHour(100), Pos: 0},
			{At: modelHour(14), Precision: PrecisionDay, Status: StatusFailed, Text: "미배달", Carrier: "a", AnswerAt: modelHour(100), Pos: 1},
			{Precision: PrecisionNone, Status: StatusOutForDelivery, Text: "배달출발", Carrier: "a", AnswerAt: modelHour(100), Pos: 2},
			{At: modelHour(0), Status: StatusInTransit, Text: "간선하차", Carrier: "a", AnswerAt: modelHour(101), Pos: 0},
			{At: modelHour(14), Precision: PrecisionDay, Status: StatusFailed, Text: "미배달", Carrier: "a", AnswerAt: modelHour(101), Pos: 1},
		}},
		want: modelState{Status: StatusOutForDelivery},
	},
	{
		sentence: `"neither redelivery … changes its result"`,
		evidence: Evidence{Events: slices.Repeat([]Event{
			{At: modelHour(0), Precision: PrecisionDay, Status: StatusFailed, Text: "미배달", Carrier: "a", AnswerAt: modelHour(100), Pos: 0},
			{Precision: PrecisionNone, Status: StatusOutForDelivery, Text: "배달출발", Carrier: "a", AnswerAt: modelHour(100), Pos: 1},
			{At: modelHour(0), Precision: PrecisionDay, Status: StatusFailed, Text: "미배달", Carrier: "a", AnswerAt: modelHour(101), Pos: 0},
		}, 8)},
		want: modelState{Status: StatusOutForDelivery},
	},
	{
		sentence: `"else the provider's own date"`,
		evidence: Evidence{Verdicts: []Verdict{
			{Carrier: "a", Status: StatusDelivered, AsOf: modelHour(0), AnswerAt: modelHour(100), DeliveredAt: modelHour(0)},
			{Carrier: "b", Status: StatusDelivered, AsOf: modelHour(1), AnswerAt: modelHour(100)},
		}},
		want: modelState{Status: StatusDelivered, DeliveredAt: modelHour(0)},
	},
	{
		sentence: `"delivering branch = accepting branch of the outbound trip"`,
		evidence: Evidence{Events: []Event{
			modelRow(0, StatusFailed, SubNone, "미배달", "서울"), modelRow(1, StatusPickedUp, SubNone, "집하", "부산"),
			modelRow(2, StatusDelivered, SubNone, "배달완료", "부산"),
		}},
		want: modelState{Status: StatusDelivered, DeliveredAt: modelHour(2)},
	},
	{
		sentence: `"failed attempts"; FAILED·LOST is "lost, destroyed, disposed"`,
		evidence: Evidence{Events: []Event{
			modelRow(0, StatusPickedUp, SubNone, "집하", "서울"), modelRow(1, StatusFailed, SubLost, "분실", "부산"),
			modelRow(2, StatusPickedUp, SubNone, "집하", "서울"), modelRow(3, StatusDelivered, SubNone, "배달완료", "서울"),
		}},
		want: modelState{Status: StatusDelivered, DeliveredAt: modelHour(3), Doubts: DoubtMoved},
	},
	{
		sentence: `"its identity is (carrier, status, as-of)"`,
		evidence: Evidence{
			Events: []Event{modelRow(0, StatusFailed, SubNone, "미배달", "")},
			Verdicts: []Verdict{
				{Carrier: "a", Status: StatusFailed, Sub: SubLost, AsOf: modelHour(0), AnswerAt: modelHour(99)},
				{Carrier: "a", Status: StatusFailed, AsOf: modelHour(0), AnswerAt: modelHour(100)},
			},
		},
		want: modelState{Status: StatusFailed},
	},
	{
		sentence: `"any return word + 취소"`,
		evidence: Evidence{Events: []Event{
			modelRow(0, StatusOutForDelivery, SubNone, "배달출발", ""), modelRow(1, StatusReturned, SubReturning, "반품 접수", ""),
			modelRow(2, StatusHold, SubNone, "반품 접수 취소", ""),
		}},
		want: modelState{Status: StatusOutForDelivery},
	},
	{
		sentence: `"RETURNED, back: take"`,
		evidence: Evidence{Events: []Event{modelRow(0, StatusReturned, SubReturning, "반송", ""), modelRow(1, StatusReturned, SubNone, "반송", "")}},
		want:     modelState{Status: StatusReturned},
	},
	{
		sentence: `"parked – kept, shown, deciding nothing, verdicts included"`,
		evidence: Evidence{
			Events: []Event{modelRow(0, StatusDelivered, SubNone, "배달완료", ""), {
				At: modelHour(24 * 40), Status: StatusPickedUp, Text: "집하", Carrier: "a", AnswerAt: modelHour(24 * 50), Pos: 1,
			}},
			Verdicts: []Verdict{{
				Carrier: "a", Status: StatusDelivered, AsOf: modelHour(24 * 45), AnswerAt: modelHour(24 * 50), Doubts: DoubtDeliveredFlag,
			}},
		},
		want: modelState{Status: StatusPickedUp},
	},
}

func TestModelSentences(t *testing.T) {
	for _, s := range modelSentences {
		if got := modelView(Derive(s.evidence, s.context)); got != s.want {
			t.Errorf("%s\n%s got %+v\nwant %+v", s.sentence, modelPrint(s.evidence, s.context), got, s.want)
		}
		if got := modelDerive(s.evidence, s.context); got != s.want {
			t.Errorf("%s\n%s the model says %+v\nwant %+v", s.sentence, modelPrint(s.evidence, s.context), got, s.want)
		}
	}
}
