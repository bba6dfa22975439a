package sweettracker

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// The scalars below read whatever JSON a field may hold and never fail, so that one odd field cannot spoil an
// answer. A JSON object or list in the place of a scalar counts as absent, and so does null.

// text is a field that should be a string. A number or a bool is kept as it was written.
type text struct {
	value string
	set   bool // the field was there, with a scalar in it
}

// UnmarshalJSON reads any scalar.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text{}
	switch {
	case len(raw) == 0, raw[0] == '{', raw[0] == '[', bytes.Equal(raw, []byte("null")):
		return nil
	case raw[0] == '"':
		t.set = json.Unmarshal(raw, &t.value) == nil
	default:
		t.value, t.set = string(raw), true
	}
	return nil
}

// code is an error code: "104" and 104 are the same (a number was claimed by one source, every answer seen had a
// string). A bool is not a code.
type code struct{ text }

// UnmarshalJSON reads a string or a number.
func (c *code) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && (raw[0] == 't' || raw[0] == 'f') {
		*c = code{}
		return nil
	}
	return c.text.UnmarshalJSON(raw)
}

// whole is a field that should be a whole number. A string of digits will do, and so will 3.0.
type whole struct {
	value int64
	set   bool
}

// UnmarshalJSON reads a number, or a string that holds one.
func (w *whole) UnmarshalJSON(raw []byte) error {
	var t text
	_ = t.UnmarshalJSON(raw) // never fails
	w.read(t.value)
	return nil
}

// read takes a number as it is written, with spaces around it or without.
func (w *whole) read(written string) {
	*w = whole{}
	written = strings.TrimSpace(written)
	if n, err := strconv.ParseInt(written, 10, 64); err == nil {
		*w = whole{value: n, set: true}
		return
	}
	const exact = 1 << 53 // beyond it a float no longer holds every whole number
	if f, err := strconv.ParseFloat(written, 64); err == nil && f > -exact && f < exact && f == float64(int64(f)) {
		*w = whole{value: int64(f), set: true}
	}
}

// flag is a field that should be a bool. "true", "Y" and their opposites will do.
type flag struct {
	value bool
	set   bool
}

// UnmarshalJSON reads a bool, or a string that means one.
func (f *flag) UnmarshalJSON(raw []byte) error {
	var t text
	_ = t.UnmarshalJSON(raw) // never fails
	*f = flag{}
	switch strings.ToLower(strings.TrimSpace(t.value)) {
	case "true", "y":
		*f = flag{value: true, set: true}
	case "false", "n":
		f.set = true
	}
	return nil
}
