package deliveryapi

import "time"

// longestPing is how long the test call of CreateEndpoint is waited for, at most (our decision).
const longestPing = 10 * time.Minute

// pingWindow is the time in which a request need not be signed.
type pingWindow struct{ from, until time.Time }

// AllowPing answers requests that cannot be verified as if they were taken in, from the time given and for so long, 10
// minutes at most, or until the first one that can be verified. None of them is stored or worked, whatever it says. A
// duration of 0 ends it at once.
//
// It is for [Carrier.CreateEndpoint], during which the provider makes a test call that may be unsigned, or signed with a secret
// that it has just made (neither is documented). Try without it first: a secret of your own that is among Keys
// before CreateEndpoint is called may be all that is needed. Pushes of other endpoints that come in meanwhile, signed with a key
// that is not configured, are lost; [Carrier.Results] makes up for them.
//
// The time is of the clock that the handler goes by: a source has none of its own.
func (s *WebhookSource) AllowPing(from time.Time, d time.Duration) {
	if d <= 0 {
		s.ping.Store(nil)
		return
	}
	s.ping.Store(&pingWindow{from, from.Add(min(d, longestPing))})
}

// pinged reports whether a request at the time given need not be verified.
func (s *WebhookSource) pinged(at time.Time) bool {
	w := s.ping.Load()
	return w != nil && !at.Before(w.from) && at.Before(w.until)
}

// endPing is for every verified request. A window that is opened at the same moment may stay.
func (s *WebhookSource) endPing() {
	if w := s.ping.Load(); w != nil {
		s.ping.CompareAndSwap(w, nil)
	}
}
