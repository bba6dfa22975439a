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
		if l.err == nil && !storable(text) {
			l.err = fmt.Errorf("%w: %s of %d bytes", ErrLimit, what, len(text))
		}
	}
}

// text makes a text that nobody searches storable everywhere: PostgreSQL takes neither zero bytes nor what is no UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// brief makes a text fit for a column that people look at: at most [MaxKey] bytes, whole characters, storable everywhere.
func brief(s string) string {
	s = text(s)
	if len(s) <= MaxKey {
		return s
	}
	end := MaxKey
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func storable(key string) bool {
	return len(key) <= MaxKey && utf8.ValidString(key) && strings.IndexByte(key, 0) < 0
}

// sought is a key that is looked for. In the place of one that cannot be stored, and that a database might refuse even to
// look for, it gives one that is stored nowhere because it is too long.
func sought(key string) string {
	if storable(key) {
		return key
	}
	return strings.Repeat("x", MaxKey+1)
}
