package tracking

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/goldentest"
)

// word is a scan or a verdict in short.
type word struct {
	name    string
	status  Status
	sub     Sub
	text    string
	verdict bool
}

var (
	wUnknown    = word{name: "UNKNOWN"}
	wPending    = word{name: "PENDING", status: StatusPending}
	wRegistered = word{name: "REGISTERED", status: StatusRegistered}
	wReady      = word{name: "PICKUP_READY", status: StatusPickupReady}
	wPickedUp   = word{name: "PICKED_UP", status: StatusPickedUp}
	wTransit    = word{name: "IN_TRANSIT", status: StatusInTransit}
	wBranch     = word{name: "IN_TRANSIT·AT_BRANCH", status: StatusInTransit, sub: SubAtBranch}
	wVan        = word{name: "OUT_FOR_DELIVERY", status: StatusOutForDelivery}
	wShop       = word{name: "OUT_FOR_DELIVERY·AVAILABLE_FOR_PICKUP", status: StatusOutForDelivery, sub: SubAvailableForPickup}
	wDelivered  = word{name: "DELIVERED", status: StatusDelivered}
	wSaid       = word{name: "DELIVERED (summary)", status: StatusDelivered, verdict: true}
	wFailed     = word{name: "FAILED", status: StatusFailed}
	wHold       = word{name: "HOLD", status: StatusHold}
	wLost       = word{name: "FAILED·LOST", status: StatusFailed, sub: SubLost}
	wCancelled  = word{name: "CANCELLED", status: StatusCancelled}
	wReturn     = word{name: "return signal", status: StatusInTransit, text: "반송"}
	wReturning  = word{name: "RETURNED·RETURNING", status: StatusReturned, sub: SubReturning}
	wBack       = word{name: "RETURNED", status: StatusReturned}
	wCallOff    = word{name: "called off", status: StatusHold, text: "반품취소"}
)

var day0 = time.Date(2026, 11, 20, 9, 0, 0, 0, kst)

// story turns words into evidence, an hour apart.
func story(words ...word) Evidence {
	var e Evidence
	for i, w := range words {
		at := day0.Add(time.Duration(i) * time.Hour)
		if w.verdict {
			e.Verdicts = append(e.Verdicts, Verdict{Carrier: "a", Status: w.status, Sub: w.sub, Text: w.text, AsOf: at, AnswerAt: day0})
			continue
		}
		text := w.text
		if text == "" {
			text = w.name
		}
		e.Events = append(e.Events, Event{Carrier: "a", At: at, Status: w.status, Sub: w.sub, Text: text, Pos: i, AnswerAt: day0})
	}
	return e
}

func describe(s State) string {
	text := s.Status.String()
	if s.Sub != SubNone {
		text += "·" + s.Sub.String()
	}
	if s.Doubts != 0 {
		text += " ? " + s.Doubts.String()
	}
	return text
}

// TestDeriveTable holds every state against every kind of evidence. The expectations were typed from the rules, not
// taken from the code; the whole of what the code does is in testdata/derive.md.
func TestDeriveTable(t *testing.T) {
	const (
		keep = "keep"
		take = "take"
		back = "RETURNED"
		turn = "RETURNED·RETURNING"
	)
	columns := []word{
		wUnknown, wPending, wRegistered, wReady, wPickedUp, wTransit, wBranch, wVan, wShop,
		wFailed, wHold, wLost, wCancelled, wReturn, wReturning, wDelivered, wSaid, wBack,
	}
	rows := []struct {
		name  string
		story []word
		want  string // one cell per column
	}{
		{"nothing", nil,
			"UNKNOWN take take take take take take take take take take take take turn turn take take take"},
		{"UNKNOWN", []word{wUnknown},
			"UNKNOWN take take take take take take take take take take take take turn turn take take take"},
		{"PENDING", []word{wPending},
			"keep keep take take take take take take take take take take take turn turn take take take"},
		{"REGISTERED", []word{wRegistered},
			"keep keep keep take take take take take take take take take take turn turn take take take"},
		{"PICKUP_READY", []word{wReady},
			"keep keep keep keep take take take take take take take take take turn turn take take take"},
		{"PICKED_UP", []word{wPickedUp},
			"keep keep keep keep keep take take take take take take take take turn turn take take take"},
		{"IN_TRANSIT", []word{wTransit},
			"keep keep keep keep keep keep take take take take take take keep? turn turn take take take"},
		{"IN_TRANSIT·AT_BRANCH", []word{wBranch},
			"keep keep keep keep keep take keep take take take take take keep? turn turn take take take"},
		{"OUT_FOR_DELIVERY", []word{wVan},
			"keep keep keep keep keep keep keep keep take take take take keep? turn turn take take take"},
		{"FAILED on the van", []word{wVan, wFailed},
			"keep keep keep keep keep take take take take keep take take keep? turn turn take take take"},
		{"HOLD before pickup", []word{wRegistered, wHold},
			"keep keep keep take take take take take take take keep take take turn turn take take take"},
		{"FAILED at first", []word{wFailed},
			"keep take take take take take take take take keep take take take turn turn take take take"},
		{"DELIVERED", []word{wDelivered},
			"keep keep keep keep keep keep keep keep keep keep keep? keep keep? turn turn keep keep take"},
		{"CANCELLED", []word{wCancelled},
			"keep keep keep keep take? take? take? take? take? keep? keep? keep? keep turn turn take? take? take"},
		{"RETURNED·RETURNING", []word{wReturn},
			"keep keep keep keep keep keep keep keep keep keep keep keep keep keep keep back keep take"},
		{"RETURNED", []word{wBack},
			"keep keep keep keep keep keep keep keep keep keep keep keep keep keep keep keep keep keep"},
		{"FAILED·LOST", []word{wTransit, wLost},
			"keep keep keep keep keep take? take? take? take? keep keep keep keep turn turn take? take? take"},
		{"called off after IN_TRANSIT", []word{wTransit, wReturn, wCallOff},
			"keep keep keep keep keep keep take take take take take take keep? turn turn take take take"},
	}
	var sheet strings.Builder
	sheet.WriteString("What Derive makes of a state (rows) and the next evidence (columns); ? is a doubt.\n\n| state now |")
	for _, c := range columns {
		fmt.Fprintf(&sheet, " %s |", c.name)
	}
	sheet.WriteString("\n|" + strings.Repeat("---|", len(columns)+1) + "\n")
	for _, row := range rows {
		cells := strings.Fields(row.want)
		if len(cells) != len(columns) {
			t.Fatalf("%s: %d cells for %d columns", row.name, len(cells), len(columns))
		}
		fmt.Fprintf(&sheet, "| %s |", row.name)
		before := Derive(story(row.story...), Context{})
		for i, c := range columns {
			after := Derive(story(append(append([]word(nil), row.story...), c)...), Context{})
			fmt.Fprintf(&sheet, " %s |", describe(after))
			want, doubt := cells[i], false
			if w, ok := strings.CutSuffix(want, "?"); ok {
				want, doubt = w, true
			}
			switch want {
			case keep:
				want = strings.SplitN(describe(before), " ", 2)[0]
				if row.story == nil {
					want = "UNKNOWN"
				}
			case take:
				want = strings.SplitN(describe(State{Status: c.status, Sub: c.sub}), " ", 2)[0]
			case "turn":
				want = turn
			case "back":
				want = back
			}
			got := strings.SplitN(describe(after), " ", 2)[0]
			if got != want || doubt != (after.Doubts != 0) {
				t.Errorf("%s, then %s: got %s, want %s (%s)", row.name, c.name, describe(after), want, cells[i])
			}
		}
		sheet.WriteString("\n")
	}
	goldentest.Compare(t, "testdata/derive.md", sheet.String())
}
