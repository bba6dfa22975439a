package schedule

import (
	_ "embed" // the table
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/waybill-dev/waybill/tracking"
)

// priorTable is what is believed of Korean couriers before anything is learned, drawn by hand and not fitted. The shape of the
// clock follows six published timelines (observed: pickups from 11:05 to 18:15, hub scans at any hour and most at night, five of
// six departures before 10:00, deliveries from 09:20 to 17:19) and couriers' own words on when they deliver (reported); rates and
// weekdays are guesses. The columns: the status as known; the one to come; changes a day, on average over the week; hours since
// the known one before which it hardly ever comes; weights of the 24 hours; weights of the days from Monday on.
// Public holidays are like Sundays.
//
//go:embed prior.csv
var priorTable string

// restShare is how much happens on a day of rest, against a Sunday; on a public holiday as much as on a Sunday. By hand.
const restShare = 0.3

// tooEarly is how likely a change is before its from_hours, against later.
const tooEarly = 0.05

// Prior is the model that nothing was learned for: one rhythm by hand for every Korean courier, with the calendar of [Korea]. What is not in its table never
// happens, until [Model.Learn] sees it happen.
func Prior() *Model { return prior() }

var prior = sync.OnceValue(func() *Model {
	rows, err := csv.NewReader(strings.NewReader(priorTable)).ReadAll()
	if err != nil {
		panic("schedule: prior.csv: " + err.Error()) // shipped with the package and read by its tests
	}
	all := &stages{}
	for _, row := range rows[1:] {
		known, h, err := priorRow(row)
		if err != nil {
			panic("schedule: prior.csv: " + err.Error())
		}
		all[known] = append(all[known], h)
	}
	// A label that waits is a label, whatever word it waits under.
	all[tracking.StatusUnknown] = all[tracking.StatusRegistered]
	all[tracking.StatusPending] = all[tracking.StatusRegistered]
	all[tracking.StatusPickupReady] = all[tracking.StatusRegistered]
	return &Model{calendar: Korea(), all: all}
})

func priorRow(row []string) (known tracking.Status, h *hazard, err error) {
	known, known1 := tracking.ParseStatus(row[0])
	to, known2 := tracking.ParseStatus(row[1])
	if !known1 || !known2 {
		return 0, nil, fmt.Errorf("no such statuses: %s, %s", row[0], row[1])
	}
	perDay, err := strconv.ParseFloat(row[2], 64)
	if err != nil {
		return 0, nil, err
	}
	from, err := strconv.Atoi(row[3])
	if err != nil {
		return 0, nil, err
	}
	clock, err := shares(row[4], 24)
	if err != nil {
		return 0, nil, err
	}
	week, err := shares(row[5], weekdays)
	if err != nil {
		return 0, nil, err
	}
	h = newHazard(to, perDay/24)
	for i := range h.base {
		if ages[i] < 2*from {
			h.base[i] *= tooEarly
		}
	}
	for i := range h.half {
		h.half[i] = clock[i/2]
	}
	copy(h.day[:], week)
	h.day[holidays], h.day[rests] = week[weekdays-1], restShare*week[weekdays-1]
	return known, h, nil
}

// shares reads so many numbers and gives them with a mean of 1. Nothing is impossible, so 0 becomes a little.
func shares(text string, n int) ([]float64, error) {
	fields := strings.Fields(text)
	if len(fields) != n {
		return nil, fmt.Errorf("%d weights, want %d", len(fields), n)
	}
	values, sum := make([]float64, n), 0.0
	for i, field := range fields {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, err
		}
		values[i] = max(v, 0.1)
		sum += values[i]
	}
	for i := range values {
		values[i] *= float64(n) / sum
	}
	return values, nil
}
