package sandbox

import "time"

// Limits are what the providers refuse to go beyond. Zero fields mean the default, which is generous; a world that
// should be as tight as a free plan says so. Rates and days go by the world's clock, days are Korean.
type Limits struct {
	DeliveryAPIBatch int   // items per trace call; 0 means 20, the documented limit
	DeliveryAPIQuota int64 // billed units per calendar month; 0 means 1,000,000
	DeliveryAPIRate  int   // calls per second and key; 0 means no limit
	Endpoints        int   // webhook endpoints per key; 0 means 10, the documented limit

	EndpointFailures int // pushes failing in a row that switch an endpoint off; 0 means 10 (the real one is not known)

	SweetTrackerQuota int64 // calls per month; 0 means 1,000,000 (a free plan has 100)
	SweetTrackerDaily int   // questions per number and day; 0 means 1,000 (a free plan has 10, paid ones 20)
	SweetTrackerRate  int   // calls per second and key; 0 means no limit
	TraceList         int   // items per add_invoice_list; 0 means 1,000 (the real one is not known)

	TrackerDeliveryRate     int // calls per second and client id; 0 means no limit (the documented quota is 10)
	TrackerDeliveryAliases  int // track fields per document at the managed service; 0 means no limit (the real one is not known)
	TrackerDeliveryWebhooks int // live webhook registrations; 0 means 1,000
}

func (l Limits) withDefaults() Limits {
	orInt := func(n *int, standard int) {
		if *n <= 0 {
			*n = standard
		}
	}
	orInt64 := func(n *int64, standard int64) {
		if *n <= 0 {
			*n = standard
		}
	}
	orInt(&l.DeliveryAPIBatch, 20)
	orInt64(&l.DeliveryAPIQuota, 1_000_000)
	orInt(&l.Endpoints, 10)
	orInt(&l.EndpointFailures, 10)
	orInt64(&l.SweetTrackerQuota, 1_000_000)
	orInt(&l.SweetTrackerDaily, 1_000)
	orInt(&l.TraceList, 1_000)
	orInt(&l.TrackerDeliveryWebhooks, 1_000)
	return l
}

// window counts the calls of one credential in one second.
type window struct {
	second int64
	calls  int
}

// allow takes one call from a credential's rate, and reports whether there was one left in this second.
func (w *World) allow(provider, credential string, perSecond int) bool {
	if perSecond <= 0 {
		return true
	}
	second := w.clock.Now().Unix()
	w.mu.Lock()
	defer w.mu.Unlock()
	id := provider + " " + credential
	seen := w.windows[id]
	if seen.second != second {
		seen = window{second: second}
	}
	seen.calls++
	w.windows[id] = seen
	return seen.calls <= perSecond
}

// kst is Korean time: fixed, no daylight saving since 1988.
var kst = time.FixedZone("KST", 9*60*60)
