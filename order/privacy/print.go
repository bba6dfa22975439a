package privacy

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/waybill-dev/waybill/internal/sealed"
)

// ErrEncoding means that personal data was to be written or read in a form that could be neither masked nor kept
// whole: a binary encoding, or the decoding of what may be a mask.
var ErrEncoding = errors.New("privacy: personal data is not encoded here")

var (
	errBinary = fmt.Errorf("%w: no binary form, masked text would be lost data", ErrEncoding)
	errDecode = fmt.Errorf("%w: make values with the constructors, encoded ones may be masks", ErrEncoding)
)

// String gives the mask.
func (s Sensitive) String() string { return s.profile.mask(s.kind, sealed.Open(s.text)) }

// GoString gives the mask, as %#v prints it.
func (s Sensitive) GoString() string { return fmt.Sprintf("privacy.Sensitive(%q)", s.String()) }

// Format writes the mask for every verb, with its flags, width and precision.
func (s Sensitive) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		_, _ = f.Write([]byte(s.GoString()))
		return
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), s.String())
}

// LogValue gives the mask to package slog.
func (s Sensitive) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes the mask as a string.
func (s Sensitive) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText writes the mask. XML, YAML, TOML and form encoders use it.
func (s Sensitive) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalBinary refuses: gob and its like move data from program to program, and a mask would arrive as the text.
// The error wraps [ErrEncoding].
func (s Sensitive) MarshalBinary() ([]byte, error) { return nil, errBinary }

// UnmarshalBinary refuses, with [ErrEncoding].
func (s *Sensitive) UnmarshalBinary([]byte) error { return errBinary }

// UnmarshalJSON takes null and the empty string, and refuses everything else with [ErrEncoding]: what MarshalJSON
// wrote is a mask, and reading it back would put the mask in place of the text.
func (s *Sensitive) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "null":
		return nil
	case `""`:
		*s = Sensitive{}
		return nil
	}
	return errDecode
}

// UnmarshalText takes an empty text, and refuses everything else as [Sensitive.UnmarshalJSON] does.
func (s *Sensitive) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		return errDecode
	}
	*s = Sensitive{}
	return nil
}

// Scan refuses, with [ErrEncoding]: scan a column into a string and make the value with a constructor. There is no
// driver.Valuer either; package database/sql refuses a Sensitive as an argument. See [Guard.UnmaskForStorage].
func (s *Sensitive) Scan(any) error { return errDecode }
