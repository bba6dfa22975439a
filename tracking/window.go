package tracking

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"
)

// Window is the driver's time window, as announced with out-for-delivery (배송 예정 시간). The zero value is none. A
// window that has passed without delivery is a fact for a list of exceptions, never a status.
type Window struct {
	Start time.Time `json:"start,omitzero"` // Korean time
	End   time.Time `json:"end,omitzero"`   // at most 12 hours after Start; may be midnight
	Raw   string    `json:"raw,omitempty"`  // the words it was read from
}

// IsZero reports whether no window was announced.
func (w Window) IsZero() bool { return w.Start.IsZero() && w.End.IsZero() }

// compare orders windows by their times.
func (w Window) compare(other Window) int {
	return cmp.Or(w.Start.Compare(other.Start), w.End.Compare(other.End))
}

// String gives the hours alone, such as 16:00–18:00, and nothing for no window.
func (w Window) String() string {
	if w.IsZero() {
		return ""
	}
	end := w.End.Format("15:04")
	if end == "00:00" {
		end = "24:00"
	}
	return w.Start.Format("15:04") + "–" + end
}

const longestWindow = 12 * 60 // minutes

// ParseWindow finds the first time window in a courier's text and puts it on the Korean day of day.
//
// A window is two times of day, as 16시, 16 or 16:00, joined by ~ ∼ ～ 〜 - or –, with spaces and line breaks anywhere between; the
// second has 시 or a colon. It begins before it ends, ends by 24:00, and is no longer than 12 hours. The forms were
// observed at CJ, Lotte, Logen and SweetTracker. It does not allocate, and it reads the same before and after names and phones are masked.
func ParseWindow(text string, day time.Time) (Window, bool) {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' || i > 0 && strings.IndexByte("0123456789:.-/", text[i-1]) >= 0 {
			continue
		}
		start, end, n := windowAt(text[i:])
		if n == 0 {
			continue
		}
		y, m, d := day.In(kst).Date()
		return Window{
			Start: time.Date(y, m, d, 0, start, 0, 0, kst),
			End:   time.Date(y, m, d, 0, end, 0, 0, kst),
			Raw:   text[i : i+n],
		}, true
	}
	return Window{}, false
}

// windowAt reads a window at the beginning of text: its minutes of the day and its length, which is 0 when there is none.
func windowAt(text string) (start, end, n int) {
	start, n, _ = timeOfDay(text)
	if n == 0 {
		return 0, 0, 0
	}
	n += spaces(text[n:])
	dash := windowDash(text[n:])
	if dash == 0 {
		return 0, 0, 0
	}
	n += dash
	n += spaces(text[n:])
	end, m, marked := timeOfDay(text[n:])
	n += m
	if m == 0 || !marked || start >= end || end > 24*60 || end-start > longestWindow || continuesNumber(text[n:]) {
		return 0, 0, 0
	}
	return start, end, n
}

// timeOfDay reads 16, 16시 or 16:00 as minutes, and says whether 시 or a colon marks it as a time.
func timeOfDay(text string) (minutes, n int, marked bool) {
	hour, n := twoDigits(text)
	if n == 0 || hour > 24 {
		return 0, 0, false
	}
	if n < len(text) && text[n] == ':' {
		minute, m := twoDigits(text[n+1:])
		if m != 2 || minute > 59 {
			return 0, 0, false
		}
		return hour*60 + minute, n + 1 + m, true
	}
	if s := n + spaces(text[n:]); strings.HasPrefix(text[s:], "시") {
		return hour * 60, s + len("시"), true
	}
	if continuesNumber(text[n:]) {
		return 0, 0, false
	}
	return hour * 60, n, false
}

func twoDigits(text string) (value, n int) {
	for n < len(text) && n < 2 && text[n] >= '0' && text[n] <= '9' {
		value = value*10 + int(text[n]-'0')
		n++
	}
	return value, n
}

func continuesNumber(text string) bool {
	return text != "" && (text[0] >= '0' && text[0] <= '9' || text[0] == ':')
}

func spaces(text string) int { return len(text) - len(strings.TrimLeft(text, " \t\r\n\u00a0\u3000")) }

func windowDash(text string) int {
	r, n := utf8.DecodeRuneInString(text)
	switch r {
	case '~', '∼', '～', '〜', '-', '–':
		return n
	default:
		return 0
	}
}
