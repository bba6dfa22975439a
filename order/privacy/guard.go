package privacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/sealed"
)

// DefaultLifetime is how long a [Permit] lasts if [Config] does not say otherwise.
const DefaultLifetime = 15 * time.Minute

// A Config says how a [Guard] works. Authorize, Sink and Key are required.
type Config struct {
	// Authorize decides whether the host lets the actor do what the request asks; nil allows it. Its error is what
	// the caller sees, behind [ErrRefused]. The request is complete and cleaned.
	Authorize func(ctx context.Context, r Request) error
	// Sink takes the access records, see [Log].
	Sink Sink
	// Key hashes the ids of orders and sections for the records.
	Key Key
	// Lifetime is how long a permit lasts; [DefaultLifetime] if 0.
	Lifetime time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// A Guard unmasks personal data for those who may see it, and writes down who did. It is safe for concurrent use.
type Guard struct {
	authorize func(context.Context, Request) error
	sink      Sink
	key       Key
	lifetime  time.Duration
	now       func() time.Time
}

// NewGuard makes a Guard, or tells everything that is wrong with the configuration.
func NewGuard(c Config) (*Guard, error) {
	var faults []error
	if c.Authorize == nil {
		faults = append(faults, errors.New("privacy: Config.Authorize is nil, nobody would be refused"))
	}
	if c.Sink == nil {
		faults = append(faults, errors.New("privacy: Config.Sink is nil, nothing would be recorded"))
	}
	if c.Key.IsZero() {
		faults = append(faults, errors.New("privacy: Config.Key is not set"))
	}
	if c.Lifetime < 0 {
		faults = append(faults, fmt.Errorf("privacy: Config.Lifetime is %v", c.Lifetime))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	g := &Guard{authorize: c.Authorize, sink: c.Sink, key: c.Key, lifetime: c.Lifetime, now: c.Now}
	if g.lifetime == 0 {
		g.lifetime = DefaultLifetime
	}
	if g.now == nil {
		g.now = time.Now
	}
	return g, nil
}

// Issue gives a permit if the request is complete and the host authorizes it. The errors are [ErrRequest] and
// [ErrRefused]; for STORE, which is recorded here and not with every value, also [ErrNotRecorded].
func (g *Guard) Issue(ctx context.Context, r Request) (Permit, error) {
	r = r.clean()
	if err := r.validate(); err != nil {
		return Permit{}, err
	}
	asked := r
	asked.Fields = slices.Clone(r.Fields)
	if err := g.authorize(ctx, asked); err != nil {
		return Permit{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	now := g.now()
	given := &grant{guard: g, request: r, expires: now.Add(g.lifetime)}
	if r.Action == Store {
		table := given.access(g.key.Subject(r.Table), r.Fields, 0, now)
		if err := g.record(ctx, []Access{table}); err != nil {
			return Permit{}, err
		}
	}
	return Permit{given}, nil
}

// A Disclosure is what is to be unmasked of one subject.
type Disclosure struct {
	Subject string // id of the order or section; it is recorded as [Key.Subject]
	Values  []Sensitive
}

// Unmask gives the texts of values, in their order, after the access has been recorded. Subject is the id of the order
// or section that they belong to. With an error it gives the masks: there is always something to show.
//
// The errors are [ErrRefused], [ErrExpired], [ErrOutside] if a single value is of a kind that the permit does not have,
// [ErrRequest] without a subject, and [ErrNotRecorded]. If all values are empty there is nothing to see and nothing is
// recorded.
func (g *Guard) Unmask(ctx context.Context, p Permit, subject string, values ...Sensitive) ([]string, error) {
	texts, err := g.UnmaskAll(ctx, p, Disclosure{subject, values})
	return texts[0], err
}

// UnmaskAll is like [Guard.Unmask] for the data of many subjects: the rows of an export. It writes one record for each
// subject, all in one call of the sink, and gives the texts of each.
func (g *Guard) UnmaskAll(ctx context.Context, p Permit, of ...Disclosure) ([][]string, error) {
	err := g.disclose(ctx, p, of)
	texts := make([][]string, len(of))
	for i, d := range of {
		texts[i] = textsOf(d.Values, err)
	}
	return texts, err
}

// textsOf opens the values if nothing speaks against it.
func textsOf(values []Sensitive, against error) []string {
	texts := make([]string, len(values))
	for i, s := range values {
		if against != nil {
			texts[i] = s.String()
		} else {
			texts[i] = sealed.Open(s.text)
		}
	}
	return texts
}

// disclose writes the records of what is to be shown. Only its nil opens anything.
func (g *Guard) disclose(ctx context.Context, p Permit, of []Disclosure) error {
	now := g.now()
	if err := g.check(p, now, View, Export); err != nil {
		return err
	}
	var accesses []Access
	for _, d := range of {
		if err := p.grant.covers(d.Values); err != nil {
			return err
		}
		fields := kindsOf(d.Values)
		if len(fields) == 0 {
			continue
		}
		if d.Subject == "" {
			return fmt.Errorf("%w: no subject", ErrRequest)
		}
		accesses = append(accesses, p.grant.access(g.key.Subject(d.Subject), fields, 0, now))
	}
	if len(accesses) == 0 {
		return nil
	}
	for i := range accesses {
		accesses[i].Count = len(accesses)
	}
	return g.record(ctx, accesses)
}

// UnmaskForStorage gives the texts of values for the columns of a table of the host, under a STORE permit, which was
// recorded when it was issued. With an error it gives nothing: a mask that is stored is lost data. The errors are
// those of [Guard.Unmask], but for those of recording.
func (g *Guard) UnmaskForStorage(ctx context.Context, p Permit, values ...Sensitive) ([]string, error) {
	err := g.check(p, g.now(), Store)
	if err == nil {
		err = errors.Join(p.grant.covers(values), ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	return textsOf(values, nil), nil
}

// check looks at everything about a permit that does not depend on values.
func (g *Guard) check(p Permit, now time.Time, actions ...Action) error {
	switch {
	case p.grant == nil:
		return fmt.Errorf("%w: no permit", ErrRefused)
	case p.grant.guard != g:
		return fmt.Errorf("%w: the permit is of another guard", ErrRefused)
	case !now.Before(p.grant.expires):
		return ErrExpired
	case !slices.Contains(actions, p.grant.request.Action):
		return fmt.Errorf("%w: it is for %s", ErrOutside, p.grant.request.Action)
	}
	return nil
}

// covers tells the first kind that the grant does not have. Empty values need none.
func (g *grant) covers(values []Sensitive) error {
	for _, s := range values {
		if !s.IsZero() && !slices.Contains(g.request.Fields, s.kind) {
			return fmt.Errorf("%w: it has no field %v", ErrOutside, s.kind)
		}
	}
	return nil
}

func (g *grant) access(subject string, fields []Kind, count int, at time.Time) Access {
	r := g.request
	return Access{
		Actor: r.Actor, Purpose: r.Purpose, Fields: slices.Clone(fields), SubjectKey: subject, Action: r.Action, Count: count,
		At: at.UTC().Round(0), Source: r.Source, Reason: r.Reason,
	}
}

// kindsOf lists the kinds of values that are not empty, in order, each once.
func kindsOf(values []Sensitive) []Kind {
	var kinds []Kind
	for _, s := range values {
		if !s.IsZero() {
			kinds = append(kinds, s.kind)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
