package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

const (
	longestLife = 40 * 24 * time.Hour // of an order of a shop that is used; what took longer was mostly lost
	phases      = 24                  // of the start of a watch, for parcels whose shipping time is not in the file
	manyParcels = 1000                // from so many on each is played in one phase, the next parcel in the next
	parkedGap   = 30 * 24 * time.Hour // what lies before such a gap belongs to another parcel of the same number
)

var korea = time.FixedZone("KST", 9*60*60)

// parcel is one parcel of a file, with one timeline for each phase in which its watch may have opened.
type parcel []schedule.Timeline

// timelines gives every phase of every parcel, to be played.
func timelines(parcels []parcel) []schedule.Timeline { return slices.Concat(parcels...) }

// lives gives one phase of every parcel, to be learned from: a parcel lives once, however often it is played.
func lives(parcels []parcel) []schedule.Timeline {
	all := make([]schedule.Timeline, len(parcels))
	for i, p := range parcels {
		all[i] = p[len(p)/2]
	}
	return all
}

// readFile reads either form of CSV, which are told apart by their headings.
func readFile(name string) ([]parcel, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	parcels, err := read(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(parcels) == 0 {
		return nil, fmt.Errorf("%s: no parcel that can be used", name)
	}
	return parcels, nil
}

func read(r io.Reader) ([]parcel, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 0
	heading, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("heading: %w", err)
	}
	columns := map[string]int{}
	for i, name := range heading {
		columns[strings.TrimPrefix(name, "\ufeff")] = i
	}
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { _, ok := columns[n]; return !ok })
	}
	switch {
	case has("order_approved_at", "order_delivered_customer_date"):
		return readShop(rows, columns)
	case has("timeline", "carrier", "ts_kst", "stage_guess"):
		return readTimelines(rows, columns)
	default:
		return nil, errors.New("neither a shop's orders (order_approved_at, order_delivered_customer_date) nor timelines (timeline, carrier, ts_kst, stage_guess)")
	}
}

// readShop takes each delivered order as a parcel under way from its approval, with one event to come.
func readShop(rows *csv.Reader, columns map[string]int) ([]parcel, error) {
	const form = "02-01-2006 15:04"
	var parcels []parcel
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return parcels, nil
		}
		if err != nil {
			return nil, err
		}
		from, to := row[columns["order_approved_at"]], row[columns["order_delivered_customer_date"]]
		if from == "" || to == "" {
			continue
		}
		approved, err := time.ParseInLocation(form, from, korea)
		if err != nil {
			return nil, at(rows, err)
		}
		delivered, err := time.ParseInLocation(form, to, korea)
		if err != nil {
			return nil, at(rows, err)
		}
		if life := delivered.Sub(approved); life <= 0 || life >= longestLife {
			continue
		}
		parcels = append(parcels, parcel{{
			Status: tracking.StatusInTransit, Opened: approved,
			Events: []schedule.Event{{At: delivered, Status: tracking.StatusDelivered}},
		}})
	}
}

func at(rows *csv.Reader, err error) error {
	line, _ := rows.FieldPos(0)
	return fmt.Errorf("line %d: %w", line, err)
}

// readTimelines takes scans with a time, in the order of the file.
func readTimelines(rows *csv.Reader, columns map[string]int) ([]parcel, error) {
	type history struct {
		courier tracking.Courier
		scans   []schedule.Event
	}
	var order []string
	histories := map[string]*history{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		name := row[columns["timeline"]]
		h := histories[name]
		if h == nil {
			h = &history{courier: courierOf(row[columns["carrier"]])}
			histories[name], order = h, append(order, name)
		}
		scan, dated, err := scanOf(row[columns["ts_kst"]], row[columns["stage_guess"]], field(row, columns, "desc"))
		if err != nil {
			return nil, at(rows, err)
		}
		if dated {
			h.scans = append(h.scans, scan)
		}
	}
	var parcels []parcel
	for i, name := range order {
		p := phasesOf(histories[name].courier, histories[name].scans)
		switch {
		case p == nil:
		case len(order) >= manyParcels:
			parcels = append(parcels, p[i%phases:][:1])
		default:
			parcels = append(parcels, p)
		}
	}
	return parcels, nil
}

// field is empty where the file has no such column.
func field(row []string, columns map[string]int, name string) string {
	if i, ok := columns[name]; ok {
		return row[i]
	}
	return ""
}

func courierOf(code string) tracking.Courier {
	if info, ok := courier.Lookup(code); ok {
		return info.Code
	}
	return tracking.Courier(code)
}

const minuteForm = "2006-01-02 15:04"

// scanOf reads one scan. A remark of the form "published 2026-09-01 10:00" is when the courier showed it, and one of the form
// "window 16~18시" when the driver said with it that he would come.
func scanOf(clock, stage, remarks string) (scan schedule.Event, dated bool, err error) {
	if clock == "" || strings.HasSuffix(clock, "--:--") {
		return schedule.Event{}, false, nil
	}
	at, err := time.ParseInLocation(minuteForm, clock, korea)
	if err != nil {
		return schedule.Event{}, false, err
	}
	var published time.Time
	var window tracking.Window
	for remark := range strings.SplitSeq(remarks, "; ") {
		if when, ok := strings.CutPrefix(remark, "published "); ok {
			if published, err = time.ParseInLocation(minuteForm, when, korea); err != nil {
				return schedule.Event{}, false, err
			}
		}
		if said, ok := strings.CutPrefix(remark, "window "); ok {
			window, _ = tracking.ParseWindow(said, at)
		}
	}
	if stage == "INFO_RECEIVED" {
		stage = tracking.StatusRegistered.String()
	}
	status, ok := tracking.ParseStatus(stage)
	if !ok {
		return schedule.Event{}, false, fmt.Errorf("no status %.40q", stage)
	}
	return schedule.Event{At: at, Published: published, Status: status, Window: window}, true, nil
}

// phasesOf opens the watch of one parcel 60 to 180 minutes before its first scan, in [phases] even steps.
func phasesOf(c tracking.Courier, scans []schedule.Event) parcel {
	slices.SortStableFunc(scans, func(a, b schedule.Event) int { return a.At.Compare(b.At) })
	for i := len(scans) - 1; i > 0; i-- {
		if scans[i].At.Sub(scans[i-1].At) > parkedGap {
			scans = scans[i:]
			break
		}
	}
	moves := schedule.Moves(scans)
	if len(moves) == 0 {
		return nil
	}
	status := tracking.StatusRegistered
	if moves[0].Status <= status {
		status = tracking.StatusPending
	}
	var p parcel
	for i := range phases {
		before := time.Hour + 2*time.Hour*time.Duration(i)/phases
		p = append(p, schedule.Timeline{Courier: c, Status: status, Opened: moves[0].At.Add(-before), Events: moves})
	}
	return p
}
