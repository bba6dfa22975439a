package poll

import (
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// Meter makes a meter of what asking one carrier costs, by the model, the worth and the price that the policy goes by at this time.
func (a *Adaptive) Meter(carrier string) *measure.Meter {
	s := a.schedule(carrier)
	return &measure.Meter{Model: s.Model, Worth: s.Worth, PollWon: s.PollWon}
}

// Finished is what a [measure.Meter] is to be given of a watch that has closed, with the evidence of its parcel: for
// [Learning].Each. What was asked to see whether an end stays so is left out; failures after the end are not told apart, and count.
func (w Watch) Finished(e tracking.Evidence) measure.Finished {
	f := measure.Finished{Courier: w.ID.Shipment.Courier, Opened: w.Began, Polls: max(w.Asks-w.Checks, 0), Closed: w.Settled}
	if f.Closed.IsZero() {
		f.Closed = w.Due
	}
	f.Scans = schedule.Watched{Courier: f.Courier, Context: w.Context(), Evidence: e}.Scans()
	return f
}
