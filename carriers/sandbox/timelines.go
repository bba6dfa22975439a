package sandbox

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// TimelineColumns are the columns that [Crowd.WriteTimelines] writes.
func TimelineColumns() []string {
	return []string{
		"timeline", "carrier", "seq", "ts_kst", "status_raw", "location", "stage_guess", "desc", "source", "licence",
	}
}

// WriteTimelines writes the crowd's timelines as comma-separated values, with a heading, in the form in which recorded
// ones are exchanged: one line per scan, the parcels in order, each one's scans in the order in which they are shown.
//
//   - timeline is courier and number, such as cj-660000000000.
//   - carrier is tracker.delivery's code, seq counts from 0.
//   - ts_kst is Korean time to the minute. The clock is --:-- in a scan that is shown with its day alone; a scan shown
//     without a time has no ts_kst.
//   - status_raw has the courier's own code in brackets behind its words, where it has one.
//   - stage_guess is the scan's true status, REGISTERED spelt INFO_RECEIVED.
//   - desc has the driver's window, the time of publication where that is another minute, and whether the scan is a stray
//     one or of an earlier use of the number.
//
// Scans that the courier withdraws are left out, and so are parcels that are never scanned. It stops at the first error
// of w.
func (c *Crowd) WriteTimelines(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(TimelineColumns()); err != nil {
		return err
	}
	for q := range c.All() {
		if err := writeTimeline(out, q, c.Parcels(q.Courier, q.Number)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func writeTimeline(out *csv.Writer, q tracking.Query, uses []Parcel) error {
	carrier, _ := courier.ToProvider(courier.TrackerDelivery, q.Courier)
	seq := 0
	for i, p := range uses {
		for _, s := range p.shown(endOfTime) {
			err := out.Write([]string{
				string(q.Courier) + "-" + q.Number, carrier, strconv.Itoa(seq), s.kstMinute(), s.raw(), s.Place, s.stage(),
				s.remarks(i < len(uses)-1), "waybill sandbox", "Apache-2.0",
			})
			if err != nil {
				return err
			}
			seq++
		}
	}
	return nil
}

// endOfTime is after everything that is published or withdrawn.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

const minuteForm = "2006-01-02 15:04"

func (s Scan) kstMinute() string {
	switch {
	case s.Undated:
		return ""
	case s.DayOnly:
		return s.At.In(kst).Format(time.DateOnly) + " --:--"
	}
	return s.At.In(kst).Format(minuteForm)
}

// raw gives the courier's words with its code.
func (s Scan) raw() string {
	if s.Code == "" {
		return s.Text
	}
	return s.Text + "(" + s.Code + ")"
}

func (s Scan) stage() string {
	if s.Status == registered {
		return "INFO_RECEIVED"
	}
	return s.Status.String()
}

func (s Scan) remarks(earlier bool) string {
	var remarks []string
	if s.Window != "" {
		remarks = append(remarks, "window "+s.Window)
	}
	if at := s.published().In(kst).Format(minuteForm); at != s.At.In(kst).Format(minuteForm) {
		remarks = append(remarks, "published "+at)
	}
	switch {
	case s.Stray:
		remarks = append(remarks, "stray scan")
	case earlier:
		remarks = append(remarks, "earlier use of the number")
	}
	return strings.Join(remarks, "; ")
}
