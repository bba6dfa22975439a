package courier

import (
	"fmt"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/tracking"
)

// Severity says what to do about a finding.
type Severity uint8

// The severities.
const (
	OK      Severity = iota // nothing to say: it fits, or the rule is too unsure to speak of
	Warning                 // send it, and if the provider refuses it ask a person, not the provider again
	Invalid                 // do not send it: no courier prints this
)

var severityNames = [...]string{"ok", "warning", "invalid"}

// String gives ok, warning or invalid.
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("Severity(%d)", uint8(s))
}

// Cause says what is wrong with a number, for programs that word it themselves.
type Cause uint8

// The causes, worst first.
const (
	CauseNone       Cause = iota
	CauseEmpty            // no number
	CauseCharacter        // something that is neither digit nor Latin letter
	CauseLetter           // a letter, where this courier's numbers have digits only
	CauseLength           // no number of this courier has this length
	CauseShape            // the length is known, but letters and digits stand in the wrong places
	CauseCheckDigit       // the check digit fails
)

var causeTexts = [...]string{
	"", "no number", "neither digit nor letter", "letter among digits", "length", "letters and digits", "check digit",
}

// String gives a few words of English; none for CauseNone.
func (c Cause) String() string {
	if int(c) < len(causeTexts) {
		return causeTexts[c]
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// Finding is what [Check] has to say about a number. The zero value is "nothing".
type Finding struct {
	Severity Severity
	Cause    Cause

	// Text is one line for a person, with the courier's Korean name and without the number:
	// "fails CJ대한통운 (check digit), would fit 롯데택배 or 한진택배". Empty when Severity is OK.
	Text string

	// Fits are the couriers that the number would fit by a rule sure enough to warn by. It is a hint that somebody
	// may have picked the wrong courier, no more.
	Fits []tracking.Courier

	// LostZero says that the number would fit its courier with a zero in front, as spreadsheets cut it off.
	// Nothing adds it unasked.
	LostZero bool
}

// Check judges a number for a courier, normalising it first as [Normalize] does.
//
// Invalid are: an empty number; one of more than 64 characters, which no label has room for; a character that is neither
// digit nor Latin letter; a letter, where every known form of this courier's numbers has digits only and not all of those
// are unsure. A number that fits no known form, by its length, its letters or its check digit, gets a warning, if a form of
// that length is sure enough to warn by, or any form where none has that length. For a courier without known forms only the
// first three are looked at; for one that the directory does not know, and for [Dummy], only the first two.
//
// These are our decisions; the rules are those of the package comment. A number that fits costs no allocation.
func Check(c tracking.Courier, number string) Finding {
	known := normalizable(c)
	if known == nil {
		return checkUnknown(number)
	}
	number = Normalize(c, number)
	severity, cause := judge(known, number)
	if severity == OK {
		return Finding{}
	}
	f := Finding{Severity: severity, Cause: cause}
	if len(number) > longestNumber { // nobody's
		f.Text = f.text(known.Korean)
		return f
	}
	f.Fits = otherCouriers(known, number, cause)
	f.LostZero = cause == CauseLength && fitsSurely(known, "0"+number, CauseNone)
	f.Text = f.text(known.Korean)
	return f
}

// longestNumber is how long a number may be, in bytes. The longest known ones have 34.
const longestNumber = 64

func checkUnknown(text string) Finding {
	switch {
	case len(text) > longestNumber:
		return Finding{Severity: Invalid, Cause: CauseLength, Text: CauseLength.String()}
	case strings.TrimSpace(text) == "":
		return Finding{Severity: Invalid, Cause: CauseEmpty, Text: CauseEmpty.String()}
	}
	return Finding{}
}

// judge applies the rules to a normalised number.
func judge(c *directory.Courier, number string) (Severity, Cause) {
	if len(number) > longestNumber {
		return Invalid, CauseLength
	}
	letters, odd := characters(number)
	switch {
	case number == "":
		return Invalid, CauseEmpty
	case odd:
		return Invalid, CauseCharacter
	case letters && digitsOnly(c):
		return Invalid, CauseLetter
	}
	return judgeForms(c, number)
}

// judgeForms warns if no form fits and a form of that length, or without one any form, is worth a warning.
func judgeForms(c *directory.Courier, number string) (Severity, Cause) {
	cause, warnLength, warnAny := CauseLength, false, false
	for i := range c.Forms {
		form := &c.Forms[i]
		warnAny = warnAny || form.Warn
		if !form.Length(len(number)) {
			continue
		}
		warnLength = warnLength || form.Warn
		switch {
		case !form.Matches(number):
			cause = max(cause, CauseShape)
		case !checkDigit(form.Check, number):
			cause = CauseCheckDigit
		default:
			return OK, CauseNone
		}
	}
	if cause == CauseLength && warnAny || cause > CauseLength && warnLength {
		return Warning, cause
	}
	return OK, CauseNone
}

func characters(number string) (letters, odd bool) {
	for i := range len(number) {
		switch c := number[i]; {
		case c >= 'A' && c <= 'Z':
			letters = true
		case c < '0' || c > '9':
			odd = true
		}
	}
	return letters, odd
}

// digitsOnly reports whether all forms are digits and one of them is more than unsure.
func digitsOnly(c *directory.Courier) bool {
	sure := false
	for i := range c.Forms {
		if !c.Forms[i].Digits() {
			return false
		}
		sure = sure || c.Forms[i].Confidence != "unsure"
	}
	return sure
}

// otherCouriers lists whose number it could be, if something speaks for it.
func otherCouriers(named *directory.Courier, number string, cause Cause) []tracking.Courier {
	if cause <= CauseCharacter {
		return nil
	}
	var fits []tracking.Courier
	for _, c := range directory.All() {
		if c != named && fitsSurely(c, number, cause) {
			fits = append(fits, tracking.Courier(c.Code))
		}
	}
	return fits
}

// fitsSurely reports whether a form fits that is worth a warning or has a character of its own. Where a check digit has
// failed, only one that holds speaks for somebody else: the length was right before.
func fitsSurely(c *directory.Courier, number string, failed Cause) bool {
	return slices.ContainsFunc(c.Forms, func(f directory.Form) bool {
		sure := f.Warn || f.Distinct()
		if failed == CauseCheckDigit {
			sure = f.Warn && f.Check != directory.NoCheck
		}
		return sure && f.Matches(number) && checkDigit(f.Check, number)
	})
}

func (f *Finding) text(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "fails %s (%s)", name, f.Cause)
	for i, code := range f.Fits {
		switch i {
		case 0:
			b.WriteString(", would fit ")
		case len(f.Fits) - 1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(directory.Get(string(code)).Korean)
	}
	if f.LostZero {
		b.WriteString(", would fit with a zero in front")
	}
	return b.String()
}
