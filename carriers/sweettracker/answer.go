package sweettracker

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
)

// levelAbsent stands for a summary without a level: 0 is one of the levels.
const levelAbsent = math.MinInt32

// answer is what trackingInfo sends: the failure fields and the tracking fields in one, because HTTP 200 carries
// either. The names, phones and addresses that come along have no field here and are never decoded.
type answer struct {
	envelope

	Result     string `json:"result"`
	Level      int    `json:"level"`
	Complete   bool   `json:"complete"`
	CompleteYN string `json:"completeYN"`
	Estimate   string `json:"estimate"`

	Details   []scan `json:"trackingDetails"`
	First     *scan  `json:"firstDetail"`
	Last      *scan  `json:"lastDetail"`
	LastState *scan  `json:"lastStateDetail"`

	partial bool // something in it could not be read
}

// scan is one event.
type scan struct {
	Time       int64  `json:"time"`       // epoch milliseconds; 0 when there is none
	TimeString string `json:"timeString"` // Korean wall clock
	Where      string `json:"where"`
	Kind       string `json:"kind"`
	Level      int    `json:"level"`

	raw string // the provider's own JSON, where it was asked for
}

// empty reports whether nothing at all was said: what a null in the list becomes.
func (s *scan) empty() bool {
	return s.Time == 0 && s.TimeString == "" && s.Where == "" && s.Kind == "" && s.Level == 0
}

// positive reports whether the answer holds what only a success holds.
func (a *answer) positive() bool { return a.Result != "" || a.Level != levelAbsent }

// delivered reports whether the summary says so: any of the three fields is enough (our decision; integrators have
// seen them disagree).
func (a *answer) delivered() bool {
	return a.Complete || strings.EqualFold(a.CompleteYN, "Y") || a.Level == levelDelivered
}

// read reads a body, whatever was read before. It fails only on what is not JSON. With keepRaw every scan keeps its own JSON.
func (a *answer) read(body []byte, keepRaw bool) error {
	if keepRaw {
		return a.readLoosely(body, true)
	}
	*a = answer{Level: levelAbsent}
	err := json.Unmarshal(body, a)
	if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); mismatch {
		return a.readLoosely(body, false)
	}
	return err
}

// looseAnswer is answer with every field read apart, so that a field of the wrong type harms itself only.
type looseAnswer struct {
	envelope

	Result     text            `json:"result"`
	Level      whole           `json:"level"`
	Complete   flag            `json:"complete"`
	CompleteYN flag            `json:"completeYN"`
	Estimate   text            `json:"estimate"`
	Details    json.RawMessage `json:"trackingDetails"`
	First      json.RawMessage `json:"firstDetail"`
	Last       json.RawMessage `json:"lastDetail"`
	LastState  json.RawMessage `json:"lastStateDetail"`
}

// looseScan is scan with every field read apart.
type looseScan struct {
	Time       whole `json:"time"`
	TimeString text  `json:"timeString"`
	Where      text  `json:"where"`
	Kind       text  `json:"kind"`
	Level      whole `json:"level"`
}

func (a *answer) readLoosely(body []byte, keepRaw bool) error {
	*a = answer{}
	var loose looseAnswer
	if err := readLeniently(body, &loose); err != nil {
		return err
	}
	*a = answer{
		envelope: loose.envelope,
		Result:   loose.Result.value, Level: levelAbsent, Estimate: loose.Estimate.value,
		Complete: loose.Complete.value,
	}
	if loose.Level.set {
		a.Level = clampLevel(loose.Level.value)
	}
	if loose.CompleteYN.value {
		a.CompleteYN = "Y"
	}
	a.readDetails(loose.Details, keepRaw)
	a.First = a.readScan(loose.First, keepRaw)
	a.Last = a.readScan(loose.Last, keepRaw)
	a.LastState = a.readScan(loose.LastState, keepRaw)
	return nil
}

// readDetails reads the list item by item; an item that is no scan is left out and makes the answer partial.
func (a *answer) readDetails(raw json.RawMessage, keepRaw bool) {
	var items []json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &items) != nil {
		a.partial = true
		return
	}
	for _, item := range items {
		if s := a.readScan(item, keepRaw); s != nil {
			a.Details = append(a.Details, *s)
		}
	}
}

// readScan reads one scan. Absent and null are nothing; anything but an object is a hole in the answer.
func (a *answer) readScan(raw json.RawMessage, keepRaw bool) *scan {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	var loose looseScan
	if json.Unmarshal(raw, &loose) != nil {
		a.partial = true
		return nil
	}
	s := &scan{
		Time: loose.Time.value, TimeString: loose.TimeString.value,
		Where: loose.Where.value, Kind: loose.Kind.value, Level: clampLevel(loose.Level.value),
	}
	if keepRaw {
		s.raw = string(raw)
	}
	return s
}

// clampLevel brings a number into the range of int on every machine; what is outside is no level in any case.
func clampLevel(n int64) int {
	return int(max(min(n, math.MaxInt32), levelAbsent+1))
}

// scans gives every scan once, in the provider's order. The three summary scans repeat rows of the list as a rule
// and then are those rows; one that the list lacks (lastDetail may be newer than the list's end, as reported) goes
// to its own end of the list, so that the list keeps its order.
func (a *answer) scans() []scan {
	list := a.Details
	if a.First != nil && !holds(list, a.First) {
		list = append([]scan{*a.First}, list...)
	}
	for _, s := range []*scan{a.Last, a.LastState} {
		if s != nil && !holds(list, s) {
			list = append(list, *s)
		}
	}
	return list
}

// holds reports whether s is a row of list. The order of keys and fields that nobody reads make no difference.
func holds(list []scan, s *scan) bool {
	for i := len(list) - 1; i >= 0; i-- { // the newest is asked for most, and stands last
		row := &list[i]
		if row.Time == s.Time && row.TimeString == s.TimeString && row.Kind == s.Kind && row.Where == s.Where && row.Level == s.Level {
			return true
		}
	}
	return false
}
