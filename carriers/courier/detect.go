package courier

import (
	"cmp"
	"slices"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
)

// Candidate is a courier whose numbers look like this one.
type Candidate struct {
	Courier tracking.Courier

	// Rank is 1 for the likeliest; candidates of one rank cannot be told apart by the number.
	Rank int

	// Strong says that more than its length speaks for it: a check digit holds, or it has letters that are this
	// courier's own. It is still no identification.
	Strong bool
}

// How much speaks for a courier.
const (
	byUnsureForm = iota + 1 // a form that is unsure, or too common to warn by
	byLength                // a form we warn by, without a check digit
	byCheckDigit            // a check digit holds, as it does on one random number in ten
	byLetters               // letters of its own (1Z), or the postal standard's letters and check digit
)

// Detect lists the couriers that have a form which the number fits, likeliest first; among equals Korean parcel couriers
// by size. It normalises the number first. It knows the directory's grammar and nothing else: couriers whose numbers we
// do not know are never in the list, and a courier in it has not been asked.
//
// A check digit raises the rank and never decides, see the package comment; where the choice costs something, ask a
// person, or ask the candidates in turn. A number that nobody known could have printed gives nothing.
func Detect(text string) []Candidate {
	text = number.Normalize(text)
	type scored struct {
		Candidate
		score int
	}
	var all []scored
	for _, c := range directory.All() {
		if score := likelihood(c, text); score > 0 {
			strong := score >= byCheckDigit
			all = append(all, scored{Candidate{Courier: tracking.Courier(c.Code), Strong: strong}, score})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	candidates := make([]Candidate, 0, len(all))
	for i, s := range all {
		s.Rank = 1
		if i > 0 {
			s.Rank = candidates[i-1].Rank
			if s.score < all[i-1].score {
				s.Rank++
			}
		}
		candidates = append(candidates, s.Candidate)
	}
	return candidates
}

// likelihood gives the most that any of the courier's forms says for the number, 0 for nothing.
func likelihood(c *directory.Courier, number string) int {
	best := 0
	for i := range c.Forms {
		form := &c.Forms[i]
		if !form.Matches(number) || !checkDigit(form.Check, number) {
			continue
		}
		score := byLength
		switch {
		case form.Distinct(), form.Check == directory.S10:
			score = byLetters
		case !form.Warn:
			score = byUnsureForm
		case form.Check != directory.NoCheck:
			score = byCheckDigit
		}
		best = max(best, score)
	}
	return best
}
