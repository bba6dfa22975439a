// Package courier is the directory of couriers (택배사): which there are, what everybody calls them, and what their waybill
// numbers (운송장번호) look like. It is data and pure functions: it makes no call, keeps no state and is safe for concurrent use.
//
// # Codes
//
// A courier is named by a code of ours: the constants [CJ], [Post], [Lotte] … They are untyped, so that one constant
// serves package tracking and package order alike. The codes are frozen, for hosts store them; where deliveryapi has a
// code, ours is the same. Each provider has codes of its own: SweetTracker says 04 and tracker.delivery says
// kr.cjlogistics for what is "cj" here. [FromProvider] and [ToProvider] translate; "provider:code", such as
// "trackerdelivery:kr.new", stands for a courier that the directory does not know, and goes through to that provider
// unchanged.
//
// People write names: CJ대한통운, 대한통운, 현대택배 for what is 롯데택배 today. [Lookup] takes every code, name and alias; none of them
// means two couriers. [Near] has suggestions for a name that is not found.
//
// # Numbers
//
// [Normalize] undoes what people and spreadsheets do to a number, [Check] judges it, [Detect] lists the couriers it
// could belong to, and [Prepare] is what a carrier's adapter does with a query before it spends a call.
//
// The rules come with different certainty: one is a standard (EMS), some were seen on real numbers (CJ's check digit on
// eleven of eleven), most are reported, a few unsure. So Check refuses only what no courier can have printed, warns
// about what looks like a slip, and says nothing where the rule itself is in doubt. The provider decides.
//
// # What a check digit cannot tell
//
// CJ대한통운, 롯데택배 and 한진택배 print twelve digits of which the last is a remainder modulo 7. One random number in ten passes;
// 롯데 and 한진 compute it alike; CJ and 롯데 agree on 15 of 100 beginnings. A check digit that fails is a good reason to ask a
// person, who may have picked the wrong courier from a list. One that holds never identifies a courier, which is why
// Detect ranks and does not choose.
package courier

import (
	"iter"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/tracking"
)

// The providers whose codes the directory knows.
const (
	DeliveryAPI     = directory.DeliveryAPI
	SweetTracker    = directory.SweetTracker
	TrackerDelivery = directory.TrackerDelivery
)

// Info is one courier. It is a copy: changing it changes nothing here.
type Info struct {
	Code    tracking.Courier
	Korean  string // the name to show, such as 롯데택배
	English string // a label of ours, where the courier has no English name

	// Aliases are other names in use: short ones, former ones (현대택배), other providers' labels.
	Aliases []string

	// Confidence is how sure the least sure of its codes is: documented by a provider, observed in a live list,
	// reported by others, or unsure (matched by name only).
	Confidence string
}

func infoOf(c *directory.Courier) Info {
	return Info{
		Code: tracking.Courier(c.Code), Korean: c.Korean, English: c.English,
		Aliases: slices.Clone(c.Aliases), Confidence: c.Confidence,
	}
}

// CodeAt gives the courier's code at a provider, to send to it; false where none is known. Where a provider has
// several codes for one courier this is the first of [Info.CodesAt].
func (i Info) CodeAt(provider string) (string, bool) { return ToProvider(provider, i.Code) }

// CodesAt gives all codes that mean this courier at a provider.
func (i Info) CodesAt(provider string) []string {
	c := directory.Get(string(i.Code))
	if c == nil {
		return nil
	}
	return slices.Clone(c.Codes(provider))
}

// Get finds a courier by our code, exactly as written.
func Get(c tracking.Courier) (Info, bool) { return found(directory.Get(string(c))) }

// Lookup finds a courier by our code, a provider's code (04, kr.cjlogistics, also sweettracker:04), a name or an alias,
// without regard to case, spaces, dashes and full-width forms. It does not guess: see [Near].
func Lookup(text string) (Info, bool) { return found(directory.Find(text)) }

func found(c *directory.Courier) (Info, bool) {
	if c == nil {
		return Info{}, false
	}
	return infoOf(c), true
}

// All lists the directory: Korean parcel couriers by size first, then specialists, foreign couriers, and the test
// courier of tracker.delivery ([Dummy]).
func All() iter.Seq[Info] {
	return func(yield func(Info) bool) {
		for _, c := range directory.All() {
			if !yield(infoOf(c)) {
				return
			}
		}
	}
}

// FromProvider gives our code for a provider's code, taken exactly as the provider writes it. Where the directory has
// none it gives "provider:code" and false, which [ToProvider] turns back; for an empty code it gives nothing.
func FromProvider(provider, code string) (tracking.Courier, bool) {
	if c := directory.ByProvider(provider, code); c != nil {
		return tracking.Courier(c.Code), true
	}
	if code == "" {
		return "", false
	}
	return tracking.Courier(provider + ":" + code), false
}

// ToProvider gives the code to send to a provider for a courier. False means that the provider has no code for it, or
// that c is "provider:code" of another provider.
func ToProvider(provider string, c tracking.Courier) (string, bool) {
	if known := directory.Get(string(c)); known != nil {
		codes := known.Codes(provider)
		if len(codes) == 0 {
			return "", false
		}
		return codes[0], true
	}
	owner, code, ok := strings.Cut(string(c), ":")
	if !ok || owner != provider || code == "" {
		return "", false
	}
	return code, true
}
