package statusmap

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/waybill-dev/waybill/tracking"
)

// AnyCode as a [Row]'s code lets its text win over every code, known or not. It needs a text beside it.
const AnyCode = "*"

// Row maps one word. Code or Text is required; the package comment tells which row wins where several fit.
type Row struct {
	Courier tracking.Courier // empty means any
	Code    string           // the provider's code, in any case; empty means "where no row knows the code"
	Text    string           // the courier's status words, whole; empty means any
	Status  tracking.Status  // StatusUnknown means "known to say nothing"
	Sub     tracking.Sub     // must be one of Status
	Reason  tracking.Reason
}

// key is what a word is found by, in normal form.
type key struct {
	courier    tracking.Courier
	code, text string
}

// normal gives the row as it is kept: trimmed, code in capitals.
func (r Row) normal() Row {
	r.Courier = tracking.Courier(strings.TrimSpace(string(r.Courier)))
	r.Code = strings.ToUpper(strings.TrimSpace(r.Code))
	r.Text = cleanText(r.Text)
	return r
}

func (r Row) key() key { return key{r.Courier, r.Code, r.Text} }

func (r Row) validate() error {
	var errs []error
	if r.Code == "" && r.Text == "" {
		errs = append(errs, errors.New("neither code nor text"))
	}
	if r.Code == AnyCode && r.Text == "" {
		errs = append(errs, errors.New("any code needs a text"))
	}
	if _, err := r.Status.MarshalText(); err != nil {
		errs = append(errs, err)
	}
	if _, err := r.Sub.MarshalText(); err != nil {
		errs = append(errs, err)
	} else if r.Sub != tracking.SubNone && r.Sub.Of() != r.Status {
		errs = append(errs, fmt.Errorf("sub-status %s is not of %s", r.Sub, r.Status))
	}
	return errors.Join(errs...)
}

func compareRows(a, b Row) int {
	return cmp.Or(cmp.Compare(a.Courier, b.Courier), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
}

// cleanText trims a text and makes one space of every run of white space; full-width spaces and line
// breaks are white space too. A clean text is returned as it is.
func cleanText(text string) string {
	if isClean(text) {
		return text
	}
	return strings.Join(strings.Fields(text), " ")
}

// isClean reports whether there is no white space but single spaces between words.
func isClean(text string) bool {
	gap := true // before the first word, too
	for _, r := range text {
		switch {
		case r == ' ' && gap:
			return false
		case r == ' ':
			gap = true
		case r >= '가' && r <= '힣': // nearly all, and far cheaper to tell than what white space is
			gap = false
		case unicode.IsSpace(r):
			return false
		default:
			gap = false
		}
	}
	return !gap || text == ""
}
