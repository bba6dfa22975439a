package fulfill

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
)

// String names the action with all but the last four digits of waybill numbers hidden. Its Key, which others know it by, holds
// the whole number.
func (a Action) String() string {
	cause := string(a.Command)
	if a.Shipment.Number != "" {
		cause = a.Shipment.String()
	}
	text := fmt.Sprintf("%s %s %s", a.Name, a.Order, cmp.Or(cause, "of the host"))
	if a.Undo {
		text = "undo " + text
	}
	return text
}

// Format writes String for every verb.
func (a Action) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// LogValue is String.
func (a Action) LogValue() slog.Value { return slog.StringValue(a.String()) }

// String names the task as its action, with its state and its attempts.
func (t Task) String() string {
	return fmt.Sprintf("%v %s, attempts: %d", t.Action, t.State, t.Attempts)
}

// Format writes String for every verb.
func (t Task) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue is String.
func (t Task) LogValue() slog.Value { return slog.StringValue(t.String()) }
