package tracking

import (
	"cmp"
	"strings"
)

// compareIdentity orders scans by all that makes up their identity; those that are one scan are equal.
func compareIdentity(x, y *Event) int {
	switch {
	case x.Carrier != y.Carrier:
		return strings.Compare(x.Carrier, y.Carrier)
	case x.Ordinal != y.Ordinal:
		return cmp.Compare(x.Ordinal, y.Ordinal)
	default:
		return compareLooks(x, y)
	}
}

// compareLooks orders the rows of one answer by all of their identity but the ordinal, which is counted among equals.
func compareLooks(x, y *Event) int {
	if order := cmp.Compare(x.minute(), y.minute()); order != 0 { // nearly always, and the rest is dearer
		return order
	}
	if order := strings.Compare(x.Place, y.Place); order != 0 {
		return order
	}
	if order := strings.Compare(x.failedCode(), y.failedCode()); order != 0 {
		return order
	}
	return compareWords(x.Text, y.Text)
}

// failedCode is the part of a code that belongs to a scan's identity: a negative one (SweetTracker's −99) says that the
// scan itself went wrong, whatever its text.
func (ev *Event) failedCode() string {
	if strings.HasPrefix(ev.Code, "-") {
		return ev.Code
	}
	return ""
}

// minute counts minutes; undated scans have one of their own.
func (ev *Event) minute() int64 {
	if ev.undated() {
		return undated
	}
	return floorDiv(ev.At.Unix(), 60)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
