package tracking

import (
	"errors"
	"net/url"
	"strings"

	"github.com/waybill-dev/waybill/internal/mask"
)

// foreignError shows an error that is not ours as one that may be handed out. What it wraps stays reachable.
type foreignError struct {
	text string
	err  error
}

func (e *foreignError) Error() string { return e.text }
func (e *foreignError) Unwrap() error { return e.err }

func foreign(err error) error {
	shown := err
	if address, ok := errors.AsType[*url.Error](err); ok && address.Err != nil {
		shown = address.Err
	}
	return &foreignError{text: presentable(shown.Error()), err: err}
}

const (
	longestForeign = 200 // characters shown of a text that is not ours
	longestDigits  = 9   // digits in a row that are no waybill number
)

// presentable makes one line of a text that is not ours, without addresses, phone numbers, labelled names and whole
// waybill numbers.
func presentable(text string) string {
	words := strings.Fields(mask.Text(text, ""))
	for i, word := range words {
		if strings.Contains(word, "://") {
			words[i] = "(address)"
			continue
		}
		words[i] = withoutNumbers(word)
	}
	return mask.Line(strings.Join(words, " "), longestForeign)
}

// withoutNumbers shortens what may be a waybill number to its last four digits.
func withoutNumbers(word string) string {
	var b strings.Builder
	for word != "" {
		digits := len(word) - len(strings.TrimLeft(word, "0123456789"))
		if digits > longestDigits {
			b.WriteString("…" + Last4(word[:digits]))
		} else {
			b.WriteString(word[:digits])
		}
		word = word[digits:]
		other := strings.IndexAny(word, "0123456789")
		if other < 0 {
			other = len(word)
		}
		b.WriteString(word[:other])
		word = word[other:]
	}
	return b.String()
}
