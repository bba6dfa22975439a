package webhook

import (
	"fmt"
	"log/slog"
)

// A Key is a secret that providers prove themselves with. Several of one source are valid at once, so that a secret
// can be changed without a gap: add the new one, change it at the provider, take the old one away. It prints as its ID.
type Key struct {
	ID     string // a name for receipts and logs, of this key alone; may be empty for one of them
	Secret string
}

// Format writes the ID for every verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "key %q", k.ID) }

// LogValue is the ID.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.ID) }

// MarshalJSON gives the ID alone.
func (k Key) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `{"ID":%q}`, k.ID), nil }
