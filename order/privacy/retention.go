package privacy

import (
	"fmt"
	"time"
)

// Retention is how long access records are kept, in years of the calendar; 0 means [TwoYears]. Article 8 of the
// standard names least terms; a host may keep records longer, and must not keep them for ever.
type Retention int

// The terms of article 8.
const (
	OneYear  Retention = 1
	TwoYears Retention = 2
)

// manyPeople is where article 8 asks for two years.
const manyPeople = 50_000

// A System is what article 8 asks of a system that handles personal data.
type System struct {
	// People is the number of persons whose data the system holds; 0 means unknown, which counts as many.
	People int
	// UniqueIdentifiers: it holds resident registration, passport, licence or alien registration numbers (고유식별정보).
	// Whether a personal customs code (PCCC) counts as one is not settled; say true if the system holds any.
	UniqueIdentifiers bool
	// SensitiveData: it holds data on health, belief and the like (민감정보).
	SensitiveData bool
	// TelecomOperator: its controller is a registered telecommunications operator (기간통신사업자).
	TelecomOperator bool
}

// Retention gives the least term for the system: two years from 50,000 persons on or with any of the other marks, else
// one.
func (s System) Retention() Retention {
	few := s.People > 0 && s.People < manyPeople
	if few && !s.UniqueIdentifiers && !s.SensitiveData && !s.TelecomOperator {
		return OneYear
	}
	return TwoYears
}

// Validate refuses what is shorter than article 8 allows for any system.
func (r Retention) Validate() error {
	if r < 0 {
		return fmt.Errorf("privacy: retention of %d years", int(r))
	}
	return nil
}

// Until gives the moment from which on a record made at that time may go: the same day and time, years later, as
// Korean time has it; 29 February ends on 1 March. A negative Retention counts as [TwoYears].
func (r Retention) Until(at time.Time) time.Time {
	if r <= 0 {
		r = TwoYears
	}
	return at.In(kst).AddDate(int(r), 0, 0)
}

// Over reports whether a record made at that time may go now. A log is removed by whole files: when the term of the
// last record in it is over. Keep the [Anchor] of a removed file's end, from which the next file is verified.
func (r Retention) Over(at, now time.Time) bool { return !now.Before(r.Until(at)) }

var kst = time.FixedZone("KST", 9*60*60)
