package order

import (
	_ "embed"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// guardReading is what the document says beside its seven plain columns, read row by row: how finely a section may be
// cut, at which levels an event may be addressed ("?": the document does not say), the default of its switch, what it
// does to the claim and to the prior status, and its guards, in words of ours.
//
//go:embed testdata/guards.tsv
var guardReading string

// guardWords are the words of the reading.
var guardWords = map[string]guard{
	"paid": paid, "section not held": sectionFree, "claim not held": claimFree, "shipping place": placed, "reason": reasoned,
	"not scanned": unscanned, "method takes a waybill": byCourier, "has a waybill": hasWaybill, "own mall": ownMall,
	"external channel": external, "in stock": inStock, "unpaid by default": cancellableNow,
	"waybill as the method wants": labelled, "new waybill": newWaybill, "tracker: own waybill": ownWaybill,
	"tracker: the waybill that comes back": comesBack, "tracker: recall waybill": ownRecallWaybill,
	"batch: days passed": confirmable, "how it comes back": retrievable, "wanted options": optionsWanted,
	"recall waybill if given": recallWaybill, "recall address": recallAddressed, "recall waybill as the method wants": recallLabelled,
	"every unit counted": counted, "counts add up if given": countedIfGiven, "goods in hand: send-back waybill": sentBack,
	"refund recorded": refunded, "replacement unreleased": replacementUnreleased, "once per item": unreplaced,
	"replacement arrived": replacementArrived,
}

func TestTableIsTheReading(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(guardReading), "\n")[1:]
	if len(rows) != statusEventCount {
		t.Fatalf("%d rows for %d events", len(rows), statusEventCount)
	}
	for i, row := range rows {
		cols := strings.Split(row, "\t")
		name := EventName(i + 1)
		if len(cols) != 8 || name.String() != cols[0] {
			t.Fatalf("row %d is %q, event %v", i+1, row, name)
		}
		r := &table[name]
		differs := func(what string, got any, want string) {
			t.Errorf("%v: %s %v, the document says %s", name, what, got, want)
		}
		part := map[portion]string{wholly: "whole", itemwise: "items", byQuantity: "quantities", outbound: "outbound"}[r.part]
		if part != cols[1] {
			differs("cut", part, cols[1])
		}
		if cols[2] != "?" && (r.level == orderLevel) != strings.Contains(cols[2], "order") {
			differs("level", r.level, cols[2])
		}
		if got := switchWord(r); got != cols[3] {
			differs("switch", got, cols[3])
		}
		if got := actorSet(strings.Fields(cols[4])); got != r.actors {
			differs("actors", r.actors, cols[4])
		}
		if (r.scanned != nil) != (name == CompleteRelease) { // a host may let a scan complete a release
			differs("switch for trackers", r.scanned != nil, "CompleteRelease alone")
		}
		if got := claimWord(r); got != cols[5] {
			differs("claim", got, cols[5])
		}
		if got := priorWord(name, r); got != cols[6] {
			differs("prior status", got, cols[6])
		}
		compareGuards(t, name, cols[7])
	}
}

func switchWord(r *rule) string {
	switch {
	case r.core():
		return "core"
	case r.enabled:
		return "on"
	}
	return "off"
}

func actorSet(names []string) roleSet {
	var set roleSet
	for _, name := range names {
		role := roles(Role(name))
		if name == string(RoleOperator) {
			role = operator // without those that it may act for
		}
		set |= role
	}
	return set
}

// claimWord tells what an event does to the claim: opens one, ends it, leaves it open.
func claimWord(r *rule) string {
	var words []string
	if r.opens() != "" {
		words = append(words, "opens "+string(r.opens()))
	}
	if r.closes != "" {
		words = append(words, string(r.closes))
	}
	if len(words) == 0 && r.claims != 0 {
		words = append(words, "stays")
	}
	return strings.Join(words, ", ")
}

func priorWord(name EventName, r *rule) string {
	switch {
	case r.to == prior:
		return "returns"
	case name == CourierReturn:
		return "RELEASED" // by an exception outside the table, which TestCourierReturn holds
	case r.opens() != "" && r.closes == "":
		return "stored"
	}
	return ""
}

func compareGuards(t *testing.T, name EventName, words string) {
	t.Helper()
	var want []uintptr
	for word := range strings.SplitSeq(words, ", ") {
		g, known := guardWords[word]
		if known {
			want = append(want, reflect.ValueOf(g).Pointer())
		} else if word != "" {
			t.Errorf("%v: nobody knows the guard %q", name, word)
		}
	}
	for _, g := range slices.Concat(table[name].state, table[name].payload) {
		i := slices.Index(want, reflect.ValueOf(g).Pointer())
		if i < 0 {
			t.Errorf("%v has a guard that the document does not give it; it says: %s", name, words)
			continue
		}
		want = slices.Delete(want, i, i+1)
	}
	if len(want) > 0 {
		t.Errorf("%v lacks %d of its guards: %s", name, len(want), words)
	}
}
