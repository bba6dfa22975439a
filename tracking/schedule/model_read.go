package schedule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// UnmarshalText reads what [Model.MarshalText] wrote, and nothing else: the error wraps [ErrModelText] and names the line, and m is
// then unchanged. It must not be called while m is in use. The calendar is read too; a newer one is given by [Model.WithCalendar].
func (m *Model) UnmarshalText(text []byte) error {
	r := modelReader{lines: strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")}
	read, err := r.model()
	if err != nil {
		return fmt.Errorf("%w: line %d: %w", ErrModelText, r.at, err)
	}
	*m = *read
	return nil
}

type modelReader struct {
	lines []string
	at    int // lines read
}

// next takes the next line if it begins with that word, and gives its other words.
func (r *modelReader) next(word string) (rest []string, ok bool) {
	if r.at >= len(r.lines) {
		return nil, false
	}
	words := strings.Split(r.lines[r.at], " ")
	if words[0] != word {
		return nil, false
	}
	r.at++
	return words[1:], true
}

func (r *modelReader) model() (*Model, error) {
	if r.lines[0] != modelForm {
		return nil, fmt.Errorf("it does not begin with %q", modelForm)
	}
	r.at = 1
	m := &Model{all: &stages{}, couriers: map[tracking.Courier]*stages{}, lags: map[tracking.Courier]*lag{}, windows: map[tracking.Courier]windows{}, off: map[tracking.Courier][]int64{}}
	days := map[int64]DayOff{}
	for off := PublicHoliday; off <= RestDay; off++ {
		dates, err := r.days(off.String())
		if err != nil {
			return nil, err
		}
		for _, day := range dates {
			days[day] = off
		}
	}
	m.calendar = calendarOf(days)
	if err := r.courier("", m); err != nil {
		return nil, err
	}
	for last := ""; r.at < len(r.lines); {
		quoted, ok := strings.CutPrefix(r.lines[r.at], "courier ")
		if !ok {
			r.at++
			return nil, errors.New("neither a table nor a courier")
		}
		r.at++
		name, err := strconv.Unquote(quoted)
		if err != nil || name <= last || strconv.Quote(name) != quoted {
			return nil, errors.New("couriers are quoted and in order")
		}
		last = name
		if err := r.courier(tracking.Courier(name), m); err != nil {
			return nil, err
		}
	}
	m.rest(m.off)
	m.publish()
	return m, nil
}

func (r *modelReader) days(what string) ([]int64, error) {
	words, ok := r.next(what)
	if !ok {
		return nil, nil
	}
	if len(words) == 0 {
		return nil, errors.New("days are missing")
	}
	var days []int64
	for _, word := range words {
		t, err := time.ParseInLocation(time.DateOnly, word, korea)
		if err != nil || t.Year() < firstYear || t.Year() > lastYear {
			return nil, fmt.Errorf("no day %.40q", word)
		}
		if day := dayOf(t); len(days) == 0 || day > days[len(days)-1] {
			days = append(days, day)
			continue
		}
		return nil, errors.New("days are not in order")
	}
	return days, nil
}

// courier reads one courier's section, or that of all.
func (r *modelReader) courier(c tracking.Courier, m *Model) error {
	own := &stages{}
	if c == "" {
		own = m.all
	} else if words, ok := r.next("like"); ok {
		if !slices.Equal(words, []string{"all"}) {
			return errors.New("a courier is like all, or like none")
		}
		m.couriers[c] = m.all
	}
	idle, err := r.days("idle")
	if err != nil {
		return err
	}
	if idle != nil {
		m.off[c] = idle
	}
	if words, ok := r.next("lag"); ok {
		l := &lag{}
		if err := entries(words, l[:], nil, 0); err != nil {
			return err
		}
		if l.events() <= 0 {
			return errors.New("a lag of no events")
		}
		m.lags[c] = l
	}
	if words, ok := r.next("windows"); ok {
		var counts [2]float64
		if err := entries(words, counts[:], nil, 0); err != nil {
			return err
		}
		if counts[1] <= 0 || counts[0] > counts[1] {
			return errors.New("so many windows are not kept of so many")
		}
		m.windows[c] = windows{counts[0], counts[1]}
	}
	for known := range own {
		words, ok := r.next(tracking.Status(known).String())
		if !ok {
			continue
		}
		if own[known], err = r.stage(own, known, words); err != nil {
			return err
		}
		switch {
		case c == "":
		case m.couriers[c] == m.all:
			return errors.New("a courier that is like all has no tables")
		default:
			m.couriers[c] = own
		}
	}
	return nil
}

// stage reads what may follow one status, of which the heading is read.
func (r *modelReader) stage(own *stages, known int, words []string) ([]*hazard, error) {
	if len(words) == 2 && words[0] == "like" {
		like, ok := tracking.ParseStatus(words[1])
		if !ok || int(like) >= known || own[like] == nil {
			return nil, fmt.Errorf("no status before it is %.40q", words[1])
		}
		return own[like], nil
	}
	if len(words) != 0 {
		return nil, errors.New("a status stands alone, or is like another")
	}
	var hazards []*hazard
	for {
		words, ok := r.next("to")
		if !ok {
			break
		}
		h, err := r.hazard(words)
		if err != nil {
			return nil, err
		}
		if len(hazards) > 0 && h.to <= hazards[len(hazards)-1].to {
			return nil, errors.New("statuses to come are not in order")
		}
		hazards = append(hazards, h)
	}
	if hazards == nil {
		return nil, errors.New("nothing is to come")
	}
	return hazards, nil
}

func (r *modelReader) hazard(words []string) (*hazard, error) {
	if len(words) != 3 && (len(words) != 2 || words[1] != "-") {
		return nil, errors.New("to, a status, and two weights or -")
	}
	to, ok := tracking.ParseStatus(words[0])
	if !ok || int(to) >= len(stages{}) {
		return nil, fmt.Errorf("no status %.40q", words[0])
	}
	h := newHazard(to, 0)
	weights := [3][]float64{}
	least := 0.0
	if len(words) == 3 {
		level, err := weight(words[1])
		if err != nil {
			return nil, err
		}
		if least, err = weight(words[2]); err != nil {
			return nil, err
		}
		h.weight = held(0)
		h.weight.level, weights = level, h.weight.tables()
	}
	for i, table := range h.tables() {
		words, ok := r.next(tableNames[i])
		if !ok {
			r.at++
			return nil, fmt.Errorf("the table %q is missing", tableNames[i])
		}
		if err := entries(words, table, weights[i], least); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// entries reads a table as modelWriter.entries writes it.
func entries(words []string, values, weights []float64, least float64) error {
	i := 0
	for _, word := range words {
		word, times, repeated := strings.Cut(word, "*")
		n := 1
		if repeated {
			var err error
			if n, err = strconv.Atoi(times); err != nil || n < 2 || strconv.Itoa(n) != times {
				return fmt.Errorf("%.40q times", times)
			}
		}
		if n > len(values)-i {
			return fmt.Errorf("more than %d entries", len(values))
		}
		value, events, weighed := strings.Cut(word, ":")
		if weighed && weights == nil {
			return errors.New("nothing was learned, and it has a weight")
		}
		x, err := number(value)
		if err != nil {
			return err
		}
		y := least
		if weighed {
			if y, err = weight(events); err != nil {
				return err
			}
		}
		for range n {
			values[i] = x
			if weights != nil {
				weights[i] = y
			}
			i++
		}
	}
	if i != len(values) {
		return fmt.Errorf("%d entries, want %d", i, len(values))
	}
	return nil
}

// number reads what decimal wrote. No rate and no number of events is below 0 or above 10¹².
func number(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 0 && x <= 1e12) || math.Signbit(x) || decimal(x) != text {
		return 0, fmt.Errorf("no number that is written here: %.40q", text)
	}
	return x, nil
}

// weight reads a number of events that holds an entry; none is held by nothing.
func weight(text string) (float64, error) {
	x, err := number(text)
	if err == nil && x == 0 {
		err = errors.New("a weight of 0")
	}
	return x, err
}
