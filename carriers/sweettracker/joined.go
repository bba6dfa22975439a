package sweettracker

import (
	"context"
	"errors"
	"fmt"

	"github.com/waybill-dev/waybill/tracking"
)

// Joined is a Carrier whose numbers can also be registered: both products of one shop as one [tracking.Carrier]. Its
// abilities are the Carrier's, and it is a [tracking.Subscriber]. It is safe for concurrent use.
type Joined struct {
	carrier *Carrier
	trace   *Trace
}

// Join makes one carrier of both products; neither may be nil.
func Join(carrier *Carrier, trace *Trace) *Joined { return &Joined{carrier, trace} }

// Name is "sweettracker".
func (j *Joined) Name() string { return Name }

// Query asks the on-demand API; see [Carrier.Query].
func (j *Joined) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	return j.carrier.Query(ctx, qs)
}

// Subscribe registers numbers at the trace API; see [Trace.Subscribe].
func (j *Joined) Subscribe(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	return j.trace.Subscribe(ctx, subs)
}

// Unwrap gives the Carrier, whose other abilities [tracking.Ability] finds through it.
func (j *Joined) Unwrap() tracking.Carrier { return j.carrier }

// Validate reports every fault of both configurations.
func (j *Joined) Validate() error { return errors.Join(j.carrier.Validate(), j.trace.Validate()) }

// Requests counts the HTTP requests that both sent.
func (j *Joined) Requests() int64 { return j.carrier.Requests() + j.trace.Requests() }

// Format writes the name, whatever the verb.
func (j *Joined) Format(f fmt.State, _ rune) { writePlain(f, Name+" carrier and trace") }
