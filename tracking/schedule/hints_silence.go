package schedule

import "time"

const (
	// silent is how many pushes must have been expected since the last one until none is taken for an outage: by chance alone none comes
	// with a probability of e⁻⁵, 0.7 %.
	silent = 5.0
	// shortestSilence is how many seconds pushes must be missing in any case, for they come in bursts.
	shortestSilence = 30 * 60
	// tempoMemory is how many changes a tempo remembers at most, and half of it at least.
	tempoMemory = 200.0
	// tempoDoubt holds a half hour's tempo toward that of the whole day, and that toward no pushes, in changes.
	tempoDoubt = 10.0
	// ledgerLength is in half hours; beyond it nothing is expected yet. Two days lie between two decisions at most.
	ledgerLength = 128
)

// silence notices that pushes have stopped, by how many were to be expected since the last. What each parcel's hazards expect until
// the next decision about it goes into a ledger by half hours of the clock, so that a night without pushes is none, and nobody
// counts the parcels. How many pushes the changes in the ledger bring is learned by the half hour of the day: that holds the recall,
// and the faults of the model.
type silence struct {
	ledger [ledgerLength]float64 // changes expected, in the half hour h at h % ledgerLength; of the current one what is left of it
	at     int64                 // seconds of Korea's clock up to which the ledger was read; 0 before it begins
	last   int64                 // up to which it was read when the last push came
	due    float64               // pushes expected from then to at
	whole  tempo
	clock  [halfHours]tempo
}

// tempo is how many pushes came where so many changes were expected.
type tempo struct{ pushes, changes float64 }

func (t *tempo) expect(changes float64) {
	if t.changes += changes; t.changes > tempoMemory {
		t.changes /= 2
		t.pushes /= 2
	}
}

// of is the pushes for each change, held toward what is believed.
func (t *tempo) of(believed float64) float64 {
	return (t.pushes + believed*tempoDoubt) / (t.changes + tempoDoubt)
}

// expect adds changes at a rate an hour from a second to a later one of the same half hour; a rate below zero takes them back. What was
// read already, and what lies beyond the ledger, is left out.
func (s *silence) expect(from, until int64, rate float64) {
	if s.at == 0 {
		s.at, s.last = from, from
	}
	from = max(from, s.at)
	if from < until && until <= s.at-s.at%halfHour+ledgerLength*halfHour {
		s.ledger[from/halfHour%ledgerLength] += rate * float64(until-from) / 3600
	}
}

// read moves what is expected up to a time from the ledger to due. Time does not run backwards here.
func (s *silence) read(until time.Time) {
	if s.at == 0 {
		return
	}
	for end := koreaSeconds(until); s.at < end; {
		slot := &s.ledger[s.at/halfHour%ledgerLength]
		over := s.at - s.at%halfHour + halfHour
		next := min(over, end)
		changes := max(*slot, 0) * float64(next-s.at) / float64(over-s.at)
		if *slot -= changes; next == over {
			*slot = 0
		}
		clock := &s.clock[s.at/halfHour%halfHours]
		pushes := changes * clock.of(s.whole.of(0))
		if !s.silent() { // what is lost in an outage says nothing of the tempo
			s.whole.expect(changes)
			clock.expect(changes)
		}
		s.due += pushes
		s.at = next
	}
}

func (s *silence) silent() bool { return s.due >= silent && s.at-s.last >= shortestSilence }

// heard takes note of a push, after what was expected by then was read.
func (s *silence) heard() {
	if s.at != 0 {
		s.whole.pushes++
		s.clock[s.at/halfHour%halfHours].pushes++
	}
	s.due, s.last = 0, s.at
}
