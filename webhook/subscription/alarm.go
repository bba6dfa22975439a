package subscription

import (
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// An Alarm is what a manager cannot mend by itself. Parcels stays on polling whatever it is.
type Alarm struct {
	Kind    AlarmKind
	Carrier string
	Parcels []tracking.Query // concerned; empty when it is about the whole carrier
	Err     error            // may be nil
	At      time.Time
}

// AlarmKind is what went wrong.
type AlarmKind string

// The alarms. Those about an endpoint are raised when its state changes, the others each time they happen.
const (
	AlarmRefused   AlarmKind = "refused"     // the provider will not register these parcels
	AlarmKeepAlive AlarmKind = "keep-alive"  // renewing failed; the registrations still live
	AlarmLapsed    AlarmKind = "lapsed"      // they ran out before a renewal came through: pushes may have been missed
	AlarmExpired   AlarmKind = "expired"     // they ran out, and renewing would be paid
	AlarmLost      AlarmKind = "lost"        // the provider does not have them any more
	AlarmAccount   AlarmKind = "account"     // credentials, quota, or requests refused as a whole: nothing is registered until that is mended
	AlarmFailing   AlarmKind = "failing"     // the provider's calls to the endpoint fail
	AlarmDown      AlarmKind = "down"        // the provider switched the endpoint off
	AlarmMissing   AlarmKind = "missing"     // the endpoint is gone, and its registrations with it
	AlarmForeign   AlarmKind = "foreign"     // an endpoint with the address exists that this registry did not make
	AlarmEndpoint  AlarmKind = "no-endpoint" // making or checking it failed
	AlarmRegistry  AlarmKind = "registry"    // the registry failed: nothing is sure
	AlarmPanic     AlarmKind = "panic"       // code of the carrier or the registry panicked; the next pass tries again
	AlarmRecovered AlarmKind = "recovered"   // the endpoint is in order again
)
