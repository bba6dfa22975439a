package webhook_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

// A word is what a courier says of a status.
type word struct {
	status tracking.Status
	sub    tracking.Sub
	text   string
}

// Words that every provider's table knows.
var (
	saidLabelled  = word{tracking.StatusRegistered, tracking.SubNone, "접수"}
	saidReady     = word{tracking.StatusPickupReady, tracking.SubNone, "집하지시"}
	saidPickedUp  = word{tracking.StatusPickedUp, tracking.SubNone, "집화처리"}
	saidLoaded    = word{tracking.StatusInTransit, tracking.SubNone, "간선상차"}
	saidUnloaded  = word{tracking.StatusInTransit, tracking.SubNone, "간선하차"}
	saidOut       = word{tracking.StatusOutForDelivery, tracking.SubNone, "배송출발"}
	saidDelivered = word{tracking.StatusDelivered, tracking.SubNone, "배송완료"}
	saidFailed    = word{tracking.StatusFailed, tracking.SubNone, "미배달"}
	saidHeld      = word{tracking.StatusHold, tracking.SubDelayed, "배송지연"}
	saidReturning = word{tracking.StatusReturned, tracking.SubReturning, "반송"}
	saidBack      = word{tracking.StatusReturned, tracking.SubNone, "반송완료"}
	saidVoid      = word{tracking.StatusCancelled, tracking.SubNone, "신청취소"}
)

// randomWay draws what happens to a parcel. A parcel that was delivered stays so: deliveryapi ends a subscription there and would tell
// nothing more.
func randomWay(random *rand.Rand) []word {
	var way []word
	if random.IntN(2) == 0 {
		way = append(way, saidLabelled)
	}
	if random.IntN(4) == 0 {
		way = append(way, saidReady)
	}
	if random.IntN(12) == 0 {
		return append(way, saidVoid)
	}
	way = append(way, saidPickedUp)
	for range 1 + random.IntN(3) {
		way = append(way, saidLoaded, saidUnloaded)
	}
	if random.IntN(5) == 0 {
		way = append(way, saidHeld, saidUnloaded)
	}
	way = append(way, saidOut)
	for random.IntN(3) == 0 { // attempts that fail
		way = append(way, saidFailed, saidOut)
	}
	switch random.IntN(8) {
	case 0:
		return append(way, saidFailed, saidReturning, saidLoaded, saidBack)
	case 1:
		return way // never heard of again
	}
	return append(way, saidDelivered)
}

const (
	shortestStep = 20 * time.Minute
	longestStep  = 5 * time.Hour
	longestLate  = 9 * time.Hour // that a scan is published after it happened
)

// randomScans plays a way from some hours after begin on, with what couriers do to their lists: scans that are published late, are
// repeated, are withdrawn, or have a day or no time at all.
func randomScans(random *rand.Rand, begin time.Time) (scans []sandbox.Scan, withdrawn bool) {
	at := begin.Add(time.Duration(random.IntN(12*60)) * time.Minute)
	for i, said := range randomWay(random) {
		scan := sandbox.Scan{
			At: at, Status: said.status, Sub: said.sub, Text: said.text, Place: fmt.Sprintf("모래%d", i),
		}
		movement := said.status == tracking.StatusInTransit || said.status == tracking.StatusPickedUp
		switch random.IntN(10) {
		case 0:
			scan.Published = at.Add(time.Duration(random.Int64N(int64(longestLate))).Truncate(time.Minute))
		case 1:
			scan.DayOnly = movement
		case 2:
			scan.Undated = movement && i > 0
		case 3:
			scans = append(scans, scan) // listed twice
		case 4:
			if !withdrawn && movement {
				scan.Withdrawn, withdrawn = at.Add(4*time.Hour), true
			}
		}
		scans = append(scans, scan)
		at = at.Add(shortestStep + time.Duration(random.Int64N(int64(longestStep-shortestStep))).Truncate(time.Minute))
	}
	return scans, withdrawn
}

// waybills gives valid numbers of a courier.
func waybills(t *testing.T, c tracking.Courier, count int) []string {
	t.Helper()
	var numbers []string
	for n := 550000001000; len(numbers) < count; n++ {
		if number := fmt.Sprint(n); courier.Check(c, number).Severity == courier.OK {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
