package sqlstore

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxKey is the most bytes that an id, a number, a code, a place or a SKU may have: 85 Korean characters at least.
const MaxKey = 255

// ErrLimit means that a text is not to be stored in a column that is searched: more than [MaxKey] bytes, not UTF-8, or
// with a zero byte in it.
var ErrLimit = errors.New("sqlstore: text cannot be stored")

// A limit finds the first text that cannot be stored.
type limit struct{ err error }

func (l *limit) key(what string, texts ...string) {
	for _, text := range texts {
		if l.err == nil && (len(text) > MaxKey || !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0) {
			l.err = fmt.Errorf("%w: %s of %d bytes", ErrLimit, what, len(text))
		}
	}
}

// text makes a text that nobody searches storable everywhere: PostgreSQL takes neither zero bytes nor what is no UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
