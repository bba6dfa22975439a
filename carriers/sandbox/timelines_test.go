package sandbox

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func TestTimelines(t *testing.T) {
	c := newCrowd(t, CrowdConfig{Parcels: 2000, Days: 3})
	var text bytes.Buffer
	if err := c.WriteTimelines(&text); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&text).ReadAll()
	if err != nil || !slices.Equal(lines[0], TimelineColumns()) {
		t.Fatalf("%v, heading %v", err, lines[0])
	}
	seen, stages, withdrawn, want := map[string]int{}, map[string]int{}, 0, 0
	for q := range c.All() {
		for _, p := range c.Parcels(q.Courier, q.Number) {
			want += len(p.Scans)
			for _, s := range p.Scans {
				if !s.Withdrawn.IsZero() {
					withdrawn++
				}
			}
		}
	}
	for _, line := range lines[1:] {
		if line[2] != strconv.Itoa(seen[line[0]]) {
			t.Fatalf("%s: scan %s follows scan %d", line[0], line[2], seen[line[0]]-1)
		}
		seen[line[0]]++
		stages[line[6]]++
		if _, known := courier.FromProvider(courier.TrackerDelivery, line[1]); !known || line[4] == "" {
			t.Errorf("%v", line)
		}
		if _, err := time.ParseInLocation(minuteForm, line[3], kst); err != nil && line[3] != "" && line[3][10:] != " --:--" {
			t.Errorf("%s: %v", line[0], err)
		}
	}
	if len(lines)-1 != want-withdrawn || withdrawn == 0 {
		t.Errorf("%d lines, want %d of which %d are withdrawn", len(lines)-1, want, withdrawn)
	}
	for _, stage := range []string{"INFO_RECEIVED", "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED", "FAILED", "RETURNED"} {
		if stages[stage] == 0 {
			t.Errorf("no line says %s", stage)
		}
	}
}

func TestTimelineOfOneParcel(t *testing.T) {
	at := time.Date(2026, 9, 28, 16, 5, 0, 0, kst)
	first := Parcel{Scans: []Scan{{At: at.AddDate(0, -3, 0), Status: delivered, Text: "배달완료", Code: "41"}}}
	second := Parcel{Scans: []Scan{
		{At: at.AddDate(0, -4, 0), Status: inTransit, Text: "구간발송", Stray: true},
		{At: at, Status: registered, Code: "12", Text: "운송장 등록", Place: "서울모래"},
		{At: at.Add(time.Hour), Published: at.Add(3 * time.Hour), DayOnly: true, Status: pickedUp, Text: "집하"},
		{At: at.Add(2 * time.Hour), Status: delivered, Text: "배달완료", Withdrawn: at.Add(5 * time.Hour)},
		{At: at.Add(16 * time.Hour), Undated: true, Status: inTransit, Text: "구간도착"},
		{At: at.Add(17 * time.Hour), Status: outFor, Text: "배달전", Window: "17~19시"},
	}}
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	if err := writeTimeline(out, tracking.Query{Courier: courier.Lotte, Number: "1"}, []Parcel{first, second}); err != nil {
		t.Fatal(err)
	}
	out.Flush()
	const want = `lotte-1,kr.lotte,0,2026-06-28 16:05,배달완료(41),,DELIVERED,earlier use of the number,waybill sandbox,Apache-2.0
lotte-1,kr.lotte,1,2026-05-28 16:05,구간발송,,IN_TRANSIT,stray scan,waybill sandbox,Apache-2.0
lotte-1,kr.lotte,2,2026-09-28 16:05,운송장 등록(12),서울모래,INFO_RECEIVED,,waybill sandbox,Apache-2.0
lotte-1,kr.lotte,3,2026-09-28 --:--,집하,,PICKED_UP,published 2026-09-28 19:05,waybill sandbox,Apache-2.0
lotte-1,kr.lotte,4,,구간도착,,IN_TRANSIT,,waybill sandbox,Apache-2.0
lotte-1,kr.lotte,5,2026-09-29 09:05,배달전,,OUT_FOR_DELIVERY,window 17~19시,waybill sandbox,Apache-2.0
`
	if text.String() != want {
		t.Errorf("%s\nwant\n%s", &text, want)
	}
}

type fullDisk struct{ room int }

var errFull = errors.New("no room")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestTimelinesStopAtAnError(t *testing.T) {
	for _, room := range []int{0, 10_000} {
		if err := newCrowd(t, CrowdConfig{}).WriteTimelines(&fullDisk{room}); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
}
