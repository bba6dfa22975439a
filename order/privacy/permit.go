package privacy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
)

// maxWords is the length to which purpose and reason are cut, in characters.
const maxWords = 300

// A Request asks for a [Permit].
type Request struct {
	Actor   string // identifier of the person or program; required
	Purpose string // what the data is needed for, as "배송 문의 응대"; required
	Fields  []Kind // what is needed, at least one
	Action  Action // VIEW if empty
	Reason  string // why; required for EXPORT and STORE, welcome for VIEW
	Source  string // from where: the IP address, or the name of the program; required
	Table   string // the table that takes the data; required for STORE, and for nothing else
}

// clean gives the request as it will be recorded: on one line each, with no phone number that somebody typed into a
// reason.
func (r Request) clean() Request {
	for _, words := range []*string{&r.Actor, &r.Purpose, &r.Reason, &r.Source, &r.Table} {
		*words = mask.Line(mask.Text(*words, ""), maxWords)
	}
	if r.Action == "" {
		r.Action = View
	}
	r.Fields = slices.Compact(slices.Sorted(slices.Values(r.Fields)))
	return r
}

// validate tells everything that is missing from a clean request.
func (r Request) validate() error {
	var faults []error
	missing := func(what, value string) {
		if strings.Trim(value, " -.*") == "" {
			faults = append(faults, fmt.Errorf("%w: no %s", ErrRequest, what))
		}
	}
	missing("actor", r.Actor)
	missing("purpose", r.Purpose)
	missing("source", r.Source)
	switch r.Action {
	case View:
	case Export:
		missing("reason", r.Reason)
	case Store:
		missing("reason", r.Reason)
		missing("table", r.Table)
	default:
		faults = append(faults, fmt.Errorf("%w: unknown action %q", ErrRequest, mask.Line(string(r.Action), 20)))
	}
	if r.Action != Store && r.Table != "" {
		faults = append(faults, fmt.Errorf("%w: a table for %s", ErrRequest, r.Action))
	}
	if len(r.Fields) == 0 {
		faults = append(faults, fmt.Errorf("%w: no fields", ErrRequest))
	}
	for _, k := range r.Fields {
		if _, err := k.MarshalText(); err != nil {
			faults = append(faults, fmt.Errorf("%w: %w", ErrRequest, err))
		}
	}
	return errors.Join(faults...)
}

// A Permit allows one actor to unmask some fields for one purpose, for a while. [Guard.Issue] gives it; the zero Permit
// allows nothing. It holds no personal data and is safe for concurrent use.
type Permit struct {
	grant *grant
}

// grant is behind a pointer so that a copied Permit is the same one and nobody can make one.
type grant struct {
	guard   *Guard
	request Request
	expires time.Time
}

// Allows reports whether the permit covers a kind. It does not look at the clock.
func (p Permit) Allows(k Kind) bool {
	return p.grant != nil && slices.Contains(p.grant.request.Fields, k)
}

// Expires tells when the permit ends; the zero Permit has ended long ago.
func (p Permit) Expires() time.Time {
	if p.grant == nil {
		return time.Time{}
	}
	return p.grant.expires
}

// Action tells what the permit is for, or nothing for the zero Permit.
func (p Permit) Action() Action {
	if p.grant == nil {
		return ""
	}
	return p.grant.request.Action
}

// String names the actor, the action and the end.
func (p Permit) String() string {
	if p.grant == nil {
		return "no permit"
	}
	return fmt.Sprintf("%s by %s until %s", p.Action(), p.grant.request.Actor, p.grant.expires.Format(time.RFC3339))
}
