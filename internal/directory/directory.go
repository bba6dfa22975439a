// Package directory holds what is known of couriers, as data: two tables that are part of the program, read once, at
// the first question.
//
// couriers.csv has one row per courier: our code, names, its code at each provider (several divided by |, the one to
// send first), how sure its weakest code is, and aliases. Our codes are frozen: hosts store them. grammar.csv has one row
// per courier and form of its waybill numbers; see [Form].
//
// Codes, names and aliases of all couriers and all providers share one space for look-ups, in which case, spaces,
// dashes and Unicode forms make no difference. A key that meant two couriers is refused when the tables are read, and
// a test reads them: no look-up can be ambiguous.
//
// The public face of these tables is package carriers/courier. This package imports nothing of the module but the
// number normaliser, so that the tracking client can use it. Everything here is safe for concurrent use; what it returns
// is shared and must not be changed.
package directory

import (
	"strings"
	"sync"

	"github.com/waybill-dev/waybill/internal/number"
)

// The providers that the tables know, by the names of their carriers.
const (
	DeliveryAPI     = "deliveryapi"
	SweetTracker    = "sweettracker"
	TrackerDelivery = "trackerdelivery"
)

var providers = [...]string{DeliveryAPI, SweetTracker, TrackerDelivery}

// Courier is a row of couriers.csv, with the forms of its numbers.
type Courier struct {
	Code       string
	Korean     string
	English    string
	Confidence string // documented, observed, reported or unsure: that of its weakest code
	Aliases    []string
	Forms      []Form

	codes [len(providers)][]string
}

// Codes gives the codes of the courier at a provider, the one to send first; nil where none is known.
func (c *Courier) Codes(provider string) []string {
	for i, name := range providers {
		if name == provider {
			return c.codes[i]
		}
	}
	return nil
}

// Known reports whether code is one of ours, exactly as written.
func Known(code string) bool { return Get(code) != nil }

// Get finds a courier by our code, exactly as written; nil when there is none.
func Get(code string) *Courier { return tables().byCode[code] }

// ByProvider finds a courier by a provider's code, exactly as the provider writes it; nil when there is none.
func ByProvider(provider, code string) *Courier {
	for i, name := range providers {
		if name == provider {
			return tables().byProvider[i][code]
		}
	}
	return nil
}

// Find finds a courier by our code, a provider's code with or without the provider (sweettracker:04), a name or an
// alias, without regard to case, spaces, dashes and Unicode forms; nil when there is none.
func Find(text string) *Courier {
	if c := Get(text); c != nil {
		return c
	}
	if c := tables().byName[number.Normalize(text)]; c != nil {
		return c
	}
	if provider, code, ok := strings.Cut(text, ":"); ok {
		return ByProvider(strings.TrimSpace(provider), strings.TrimSpace(code))
	}
	return nil
}

// All gives every courier, in the order of the table: Korean parcel couriers by size first.
func All() []*Courier { return tables().couriers }

var tables = sync.OnceValue(func() *index {
	idx, err := build(couriersCSV, grammarCSV)
	if err != nil {
		panic("directory: " + err.Error()) // the tables are part of the program, and under test
	}
	return idx
})
