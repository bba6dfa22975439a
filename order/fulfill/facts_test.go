package fulfill

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

//go:embed testdata/facts.tsv
var factsByHand string

// TestFacts holds every cell of the table against one that was written down apart from it: sixteen statuses in three roles
// and nine kinds of parcel.
func TestFacts(t *testing.T) {
	columns := map[string]kind{
		"moving": moving, "DELIVERED": delivered, "FAILED": failed, "HOLD": held, "RETURNED": returned, "INFERRED": inferred,
		"CANCELLED": cancelled, "LOST": lost, "silent": silent,
	}
	rows := strings.Split(strings.TrimSpace(factsByHand), "\n")
	heading := strings.Split(rows[0], "\t")
	cells := 0
	for _, row := range rows[1:] {
		fields := strings.Split(row, "\t")
		status, err := order.ParseStatus(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range fields[2:] {
			k, ok := columns[heading[i+2]]
			if !ok {
				t.Fatalf("no kind %s", heading[i+2])
			}
			cells++
			if got := inWords(status, consequenceOf(order.WaybillRole(fields[0]), status, k)); got != want {
				t.Errorf("%s %v, parcel %s: %q, not %q", fields[0], status, heading[i+2], got, want)
			}
		}
	}
	if want := 3 * len(order.Statuses()) * int(kinds); cells != want {
		t.Errorf("%d cells are held, not %d", cells, want)
	}
}

// inWords writes a cell as the table by hand does. The fact that completes a section makes DELIVERED what one under a claim
// goes back to.
func inWords(section order.Status, c consequence) string {
	var words []string
	add := func(on bool, word string) {
		if on {
			words = append(words, word)
		}
	}
	add(c.scan, "scan")
	add(c.release, "release?")
	add(c.event == order.CompleteDelivery && section.ClaimOpen(), "prior")
	add(c.event == order.CompleteDelivery && !section.ClaimOpen(), "CompleteDelivery")
	add(c.event != 0 && c.event != order.CompleteDelivery, c.event.String())
	add(c.exception != "", "!"+c.exception)
	add(c.inbound, "inbound")
	add(c.alert != "", "alert:"+c.alert)
	add(c.trouble, "alert")
	add(c.doubt, "doubt")
	add(c.recorded, "recorded")
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, " ")
}

// A status that is not in the table must not pass for another: returned, cancelled and unknown parcels once counted as
// moving elsewhere (D4).
func TestD4EveryStatusIsSortedByName(t *testing.T) {
	want := map[string]kind{
		"UNKNOWN": silent, "PENDING": silent, "REGISTERED": silent, "PICKUP_READY": silent, "PICKED_UP": moving, "IN_TRANSIT": moving,
		"IN_TRANSIT AT_BRANCH": moving, "OUT_FOR_DELIVERY": moving, "OUT_FOR_DELIVERY AVAILABLE_FOR_PICKUP": moving, "DELIVERED": delivered,
		"FAILED": failed, "FAILED LOST": lost, "HOLD": held, "HOLD DELAYED": held, "RETURNED": returned, "RETURNED RETURNING": returned,
		"CANCELLED": cancelled,
	}
	seen := 0
	for _, status := range append(tracking.Statuses(), tracking.Status(len(tracking.Statuses())), 200) {
		for _, sub := range []tracking.Sub{0, 1, 2, 3, 4, 5} {
			if sub != 0 && sub.Of() != status {
				continue
			}
			name := strings.TrimSpace(status.String() + " " + sub.String())
			k, known := want[name]
			if known {
				seen++
			}
			if got := kindOf(tracking.State{Status: status, Sub: sub}); got != k {
				t.Errorf("%s is of kind %d, not %d", name, got, k)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d were looked at", seen, len(want))
	}
	if got := kindOf(tracking.State{Status: tracking.StatusReturned, Inferred: true}); got != inferred {
		t.Errorf("an inferred return is of kind %d", got)
	}
}
