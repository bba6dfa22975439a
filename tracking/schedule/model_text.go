package schedule

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// modelForm begins the text of a model, with the version of its form.
const modelForm = "waybill-schedule 1"

// ErrModelText is in the error about a text that is no model of a version that this one reads.
var ErrModelText = errors.New("schedule: no model")

// MarshalText writes the model for a store: all that was learned, with the events behind it, so that learning can go on. It is
// ASCII but for names of couriers, the same model gives the same text, and a courier takes 6 to 30 kB of it by how much happened to its parcels.
func (m *Model) MarshalText() ([]byte, error) {
	w := modelWriter{}
	w.line(modelForm)
	for off := PublicHoliday; off <= RestDay; off++ {
		days := slices.DeleteFunc(slices.Sorted(maps.Keys(m.calendar.days())), func(d int64) bool { return m.calendar.on(d) != off })
		w.days(off.String(), days)
	}
	w.courier("", m.all, m)
	couriers := map[tracking.Courier]bool{}
	for c := range m.couriers {
		couriers[c] = true
	}
	for c := range m.off {
		couriers[c] = true
	}
	for c := range m.lags {
		couriers[c] = true
	}
	for c := range m.windows {
		couriers[c] = true
	}
	delete(couriers, "")
	for _, c := range slices.Sorted(maps.Keys(couriers)) {
		w.line("courier " + strconv.Quote(string(c)))
		own := m.couriers[c]
		if own != nil && own == m.all {
			w.line("like all")
			own = nil
		}
		w.courier(c, own, m)
	}
	return w.Bytes(), nil
}

type modelWriter struct{ bytes.Buffer }

func (w *modelWriter) line(text string) { w.WriteString(text + "\n") }

func (w *modelWriter) days(what string, days []int64) {
	if len(days) == 0 {
		return
	}
	w.WriteString(what)
	for _, day := range days {
		w.WriteString(" " + dateOf(day).Format(time.DateOnly))
	}
	w.WriteByte('\n')
}

func (w *modelWriter) courier(c tracking.Courier, s *stages, m *Model) {
	w.days("idle", m.off[c])
	if l := m.lags[c]; l != nil {
		w.entries("lag", l[:], nil, 0)
	}
	if kept, known := m.windows[c]; known {
		w.entries("windows", []float64{kept.kept, kept.all}, nil, 0)
	}
	if s == nil {
		return
	}
	written := map[string]tracking.Status{}
	for known, hazards := range s {
		if len(hazards) == 0 {
			continue
		}
		var text modelWriter
		for _, h := range hazards {
			text.hazard(h.scanned())
		}
		if like, again := written[text.String()]; again {
			w.line(fmt.Sprintf("%v like %v", tracking.Status(known), like))
			continue
		}
		written[text.String()] = tracking.Status(known)
		w.line(tracking.Status(known).String())
		w.Write(text.Bytes())
	}
}

// hazard writes the weight of the level and the least weight of an entry behind the status, or - where nothing was learned.
func (w *modelWriter) hazard(h *hazard) {
	weights := [3][]float64{}
	least := 0.0
	if h.weight == nil {
		w.line("to " + h.to.String() + " -")
	} else {
		weights = h.weight.tables()
		least = min(slices.Min(weights[0]), slices.Min(weights[1]), slices.Min(weights[2]))
		w.line("to " + h.to.String() + " " + decimal(h.weight.level) + " " + decimal(least))
	}
	for i, table := range h.tables() {
		w.entries(tableNames[i], table, weights[i], least)
	}
}

var tableNames = [...]string{"age", "half", "day"}

// entries writes a table, each entry as value or value:weight where that is not the least, with *n behind it where n are alike.
func (w *modelWriter) entries(name string, values, weights []float64, least float64) {
	w.WriteString(name)
	for i := 0; i < len(values); {
		n := 1
		for i+n < len(values) && values[i+n] == values[i] && (weights == nil || weights[i+n] == weights[i]) {
			n++
		}
		w.WriteString(" " + decimal(values[i]))
		if weights != nil && weights[i] != least {
			w.WriteString(":" + decimal(weights[i]))
		}
		if n > 1 {
			w.WriteString("*" + strconv.Itoa(n))
		}
		i += n
	}
	w.WriteByte('\n')
}

// decimal is the shortest decimal that reads back as x.
func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
