package order

import (
	"errors"
	"fmt"
	"strings"
)

// What a refusal can be about. Every error of Decide and Handle is a *[Refused] that wraps one of them.
var (
	ErrInvalidCommand   = errors.New("invalid command")             // a field is missing, unknown or contradicts another
	ErrNoTarget         = errors.New("no such section or item")     // also sections that were merged away
	ErrIllegal          = errors.New("illegal transition")          // not from this status, or not with this claim
	ErrPolicyOff        = errors.New("switched off by policy")      // a policy event whose switch is off
	ErrActor            = errors.New("not permitted for this role") // the role may not do it
	ErrVersion          = errors.New("version conflict")            // somebody else was first
	ErrExpectedStatus   = errors.New("not in the expected status")  // compare-and-set failed
	ErrDuplicateCommand = errors.New("command id used with other content")
	ErrQuantity         = errors.New("quantity")                      // more than there is, or counts that do not add up
	ErrLevel            = errors.New("not addressable at this level") // an approval of a whole order, part of what moves only whole
	ErrGuard            = errors.New("condition not met")             // a guard of the table; Reason says which
	ErrWaybillInvalid   = errors.New("waybill invalid")               // missing, malformed, or forbidden by the method
	ErrWaybillTaken     = errors.New("waybill taken")                 // on a live section of another recipient

	ErrHistory   = errors.New("order: event does not follow the history")
	ErrInvariant = errors.New("order: invariant broken")
)

// Refused is why a command was not accepted. Nothing was changed.
type Refused struct {
	Kind    error       // one of the sentinels
	Event   EventName   // what was asked for
	Reason  string      // one line, lower case, without personal data, such as "open cancel claim C7"
	Section SectionID   // the section that stood in the way; empty if it was none
	Actual  Status      // its status
	Claim   ClaimID     // its open claim
	Version int64       // of the order
	Allowed []EventName // what that section accepts now, judged as [Allowed] judges it
}

// Error gives one line: event, section, reason, and what is allowed instead.
func (r *Refused) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "order: %v refused", r.Event)
	if r.Section != "" {
		fmt.Fprintf(&b, " for %s", r.Section)
		if r.Actual != 0 {
			fmt.Fprintf(&b, " (%v)", r.Actual)
		}
	}
	fmt.Fprintf(&b, ": %v", r.Kind)
	if r.Reason != "" {
		fmt.Fprintf(&b, ": %s", r.Reason)
	}
	if len(r.Allowed) > 0 {
		fmt.Fprintf(&b, "; allowed: %v", r.Allowed)
	}
	return b.String()
}

// Unwrap gives the sentinel.
func (r *Refused) Unwrap() error { return r.Kind }
