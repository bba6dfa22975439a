package courier

import (
	"errors"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
)

// Normalize brings the number of a courier that the directory knows into the one form that is stored and sent: Unicode
// form NFKC, upper case, without spaces, invisible characters, dashes of any kind, and apostrophes in front. Leading zeros
// stay, letters stay, and a number that is normal already is returned without an allocation.
//
// The number of another courier is left alone, for only the host knows what its dashes mean; so is that of [Dummy],
// which is a time.
func Normalize(c tracking.Courier, text string) string {
	if normalizable(c) == nil {
		return text
	}
	return number.Normalize(text)
}

// normalizable gives the courier whose numbers are waybill numbers as we know them, or nil.
func normalizable(c tracking.Courier) *directory.Courier {
	if c == Dummy {
		return nil
	}
	return directory.Get(string(c))
}

// Prepare gives the query with its number normalised, after the checks that need no provider. It is what an adapter calls
// first for each query, so that a number that cannot be one costs no call.
//
// The error, for numbers that [Check] calls [Invalid], is a *tracking.Error with ErrInvalidNumber that carries carrier and
// op, was not billed and is not to be repeated. Warnings are no errors: the provider decides. q is not changed.
func Prepare(carrier, op string, q tracking.Query) (tracking.Query, error) {
	if known := normalizable(q.Courier); known != nil {
		q.Number = number.Normalize(q.Number)
		// The usual way out, before anything is put into words.
		if severity, _ := judge(known, q.Number); severity != Invalid {
			return q, nil
		}
	}
	finding := Check(q.Courier, q.Number)
	if finding.Severity != Invalid {
		return q, nil
	}
	return q, &tracking.Error{
		Carrier: carrier, Op: op, Kind: tracking.ErrInvalidNumber, Courier: q.Courier, Last4: showable(q.Number),
		Billed: tracking.No, Retry: tracking.RetryNever, Err: errors.New(finding.Text),
	}
}

// showable gives the last four digits or letters of a number for an error, and nothing of what is no number: it
// could be anything, a person's name for one.
func showable(number string) string {
	if len(number) > longestNumber {
		return ""
	}
	if _, odd := characters(number); odd {
		return ""
	}
	return tracking.Last4(number)
}
