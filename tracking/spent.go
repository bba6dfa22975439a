package tracking

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Spent is what a client used since it was made, one entry per carrier that was called, sorted by name.
type Spent []CarrierSpent

// CarrierSpent is what one carrier was used for.
type CarrierSpent struct {
	Carrier string `json:"carrier"`
	Calls   int64  `json:"calls"`   // Query calls of the carrier
	Parcels int64  `json:"parcels"` // queries answered by those calls, with a parcel or an error

	// Requests went over the wire since the client was made, repeats, token calls and what others sent through
	// the same carrier included. 0 where the carrier is no [Counter].
	Requests int64 `json:"requests,omitempty"`

	Billed      int64 `json:"billed"`       // answers known to be charged for
	MaybeBilled int64 `json:"maybe_billed"` // answers of which nobody says whether they are

	// Outcomes counts the answers: "ok", the names of [KindName], and "ended" for callers that left.
	Outcomes map[string]int64 `json:"outcomes"`
}

// String gives one line per carrier: "deliveryapi: 500 calls, 9,871 parcels, 9,866 billed".
func (s Spent) String() string {
	lines := make([]string, len(s))
	for i, spent := range s {
		lines[i] = spent.String()
	}
	return strings.Join(lines, "\n")
}

// String gives one line, such as "deliveryapi: 500 calls, 9,871 parcels, 9,866 billed, 3 perhaps billed".
func (s CarrierSpent) String() string {
	line := fmt.Sprintf("%s: %s, %s, %s billed",
		s.Carrier, counted(s.Calls, "call"), counted(s.Parcels, "parcel"), grouped(s.Billed))
	if s.MaybeBilled > 0 {
		line += fmt.Sprintf(", %s perhaps billed", grouped(s.MaybeBilled))
	}
	return line
}

func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return grouped(n) + " " + noun
}

// grouped writes n, which is not negative, with a comma before every three digits.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Spent tells what this client used so far. Collapsed queries count once, and what failed counts too. It may be
// called at any time; calls that run are not in it yet.
func (c *Client) Spent() Spent {
	var spent Spent
	for _, l := range c.lanes {
		if s := l.ledger.read(l.name, l.carrier); s.Calls > 0 {
			spent = append(spent, s)
		}
	}
	slices.SortFunc(spent, func(a, b CarrierSpent) int { return cmp.Compare(a.Carrier, b.Carrier) })
	return spent
}

const (
	outcomeOK    = "ok"
	outcomeEnded = "ended"
)

// opQuota is Error.Op of questions about the plan.
const opQuota = "quota"

// A ledger counts what one carrier was used for.
type ledger struct {
	before int64 // the carrier's own count of requests when the client was made

	mu    sync.Mutex
	spent CarrierSpent
}

func (l *ledger) begin(carrier Carrier) {
	if counter, ok := Ability[Counter](carrier); ok {
		l.before = counter.Requests()
	}
	l.spent.Outcomes = make(map[string]int64)
}

func (l *ledger) call() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent.Calls++
}

func (l *ledger) answer(r Result) {
	outcome := outcomeOK
	if r.Err != nil {
		if outcome = KindName(r.Err); ended(r.Err) {
			outcome = outcomeEnded
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent.Parcels++
	l.spent.Outcomes[outcome]++
	switch r.Billed {
	case Yes:
		l.spent.Billed++
	case Maybe:
		l.spent.MaybeBilled++
	}
}

func (l *ledger) read(name string, carrier Carrier) CarrierSpent {
	l.mu.Lock()
	defer l.mu.Unlock()
	spent := l.spent
	spent.Carrier = name
	spent.Outcomes = maps.Clone(spent.Outcomes)
	if counter, ok := Ability[Counter](carrier); ok {
		spent.Requests = counter.Requests() - l.before
	}
	return spent
}

// QuotaReport is what one provider says is left of the plan. Either Quota or Err says something.
type QuotaReport struct {
	Carrier string
	Quota   Quota
	Err     error // [ErrUnsupported] where the carrier cannot say
}

// Quota asks every carrier what is left of its plan, all at a time, and reports in the general order. Providers may
// count these questions against a rate limit.
func (c *Client) Quota(ctx context.Context) []QuotaReport {
	reports := make([]QuotaReport, len(c.lanes))
	var asked sync.WaitGroup
	for i, l := range c.lanes {
		reports[i] = QuotaReport{Carrier: l.name, Err: l.quotaError(ErrProtocol, errVanished)}
		asked.Go(func() { reports[i].Quota, reports[i].Err = c.quota(ctx, l) })
	}
	asked.Wait()
	return reports
}

func (c *Client) quota(ctx context.Context, l *lane) (quota Quota, err error) {
	reporter, ok := Ability[QuotaReporter](l.carrier)
	if !ok {
		return Quota{}, l.quotaError(ErrUnsupported, nil)
	}
	defer func() {
		if value := recover(); value != nil {
			err = l.quotaError(ErrProtocol, c.panicked(l, value))
		}
	}()
	if quota, err = reporter.Quota(ctx); err != nil {
		e := typed(ctx, l, err)
		e.Op = opQuota
		return Quota{}, e
	}
	return quota, nil
}

func (l *lane) quotaError(kind, cause error) error {
	return &Error{Carrier: l.name, Op: opQuota, Kind: kind, Billed: No, Err: cause}
}
