package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// ErrHints means that what was kept of a provider's pushes cannot be read.
var ErrHints = errors.New("schedule: not what was kept of pushes")

// MarshalText gives the estimate as three numbers, to four digits after the point.
func (r recall) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%.4f %.4f %.4f", r.told, r.missed, r.lag), nil
}

// UnmarshalText reads what MarshalText gave; else it is [ErrHints].
func (r *recall) UnmarshalText(text []byte) error {
	fields := strings.Fields(string(text))
	if len(fields) != 3 {
		return ErrHints
	}
	var n [3]float64
	for i, field := range fields {
		f, err := strconv.ParseFloat(field, 64)
		if err != nil || !isCount(f) {
			return ErrHints
		}
		n[i] = f
	}
	*r = recall{told: n[0], missed: n[1], lag: n[2]}
	return nil
}

// isCount says that a number can have come of counting.
func isCount(f float64) bool { return f >= 0 && !math.IsInf(f, 1) }

// keptHints is the form in which [Hints] are kept.
type keptHints struct {
	All      keptHearing                      `json:"all"`
	Couriers map[tracking.Courier]keptHearing `json:"couriers,omitempty"`
}

// keptHearing has pushes and changes of the day first, then those of its half hours.
type keptHearing struct {
	Recall recall                    `json:"recall"`
	Tempo  [1 + halfHours][2]float64 `json:"tempo"`
}

// MarshalJSON gives what is worth keeping over a restart, about a kilobyte for each courier.
func (h *Hints) MarshalJSON() ([]byte, error) {
	kept := keptHints{All: h.all.kept(), Couriers: map[tracking.Courier]keptHearing{}}
	for c, own := range h.couriers {
		kept.Couriers[c] = own.kept()
	}
	return json.Marshal(kept)
}

func (g *hearing) kept() keptHearing {
	kept := keptHearing{Recall: g.recall}
	four := func(t tempo) [2]float64 {
		return [2]float64{math.Round(t.pushes*1e4) / 1e4, math.Round(t.changes*1e4) / 1e4}
	}
	kept.Tempo[0] = four(g.silence.whole)
	for i, t := range g.silence.clock {
		kept.Tempo[1+i] = four(t)
	}
	return kept
}

// UnmarshalJSON takes what MarshalJSON gave in place of what is known; else it is an error that wraps [ErrHints], and nothing changes.
func (h *Hints) UnmarshalJSON(text []byte) error {
	var kept keptHints
	if err := json.Unmarshal(text, &kept); err != nil {
		return fmt.Errorf("%w: %w", ErrHints, err)
	}
	read := Hints{couriers: map[tracking.Courier]*hearing{}}
	fault := read.all.take(kept.All)
	for c, own := range kept.Couriers {
		fault = errors.Join(fault, read.of(c).take(own))
	}
	if fault != nil {
		return ErrHints
	}
	*h = read
	return nil
}

func (g *hearing) take(kept keptHearing) error {
	g.recall = kept.Recall
	for i, t := range kept.Tempo {
		if !isCount(t[0]) || !isCount(t[1]) {
			return ErrHints
		}
		if i == 0 {
			g.silence.whole = tempo{t[0], t[1]}
		} else {
			g.silence.clock[i-1] = tempo{t[0], t[1]}
		}
	}
	return nil
}
