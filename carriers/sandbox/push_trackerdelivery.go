package sandbox

import (
	"slices"
	"strings"
	"time"
)

// trackerCallback is the whole body of a callback (documented).
type trackerCallback struct {
	CarrierID      string `json:"carrierId"`
	TrackingNumber string `json:"trackingNumber"`
}

// oweTrackerDelivery gives a callback for every time something was published of a parcel while its registration lived.
func (p *Pusher) oweTrackerDelivery(now time.Time) []*parcelPush {
	var owed []*parcelPush
	for _, hook := range p.world.hooked() {
		from := p.since("hook "+string(hook.Courier)+" "+hook.Number+" "+hook.At.String(), hook.At, now)
		var times []time.Time
		for _, parcel := range p.world.uses(hook.Courier, hook.Number) {
			for _, scan := range parcel.Scans {
				if at := scan.published(); at.After(from) && at.After(hook.At) && !at.After(now) && at.Before(hook.Until) {
					times = append(times, at)
				}
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		for _, at := range slices.CompactFunc(times, time.Time.Equal) {
			owed = append(owed, &parcelPush{
				Push:    Push{Provider: TrackerDelivery, Event: "changed", Parcels: []string{hook.Number}, Due: at},
				address: hook.Callback, media: "application/json", at: at,
				body: encoded(trackerCallback{hook.CarrierID, hook.Number}),
			})
		}
	}
	return owed
}

// hooked lists the registrations, ended ones included until the service forgets them.
func (w *World) hooked() []trackerHook {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]trackerHook, 0, len(w.trackerDelivery.hooks))
	for _, hook := range w.trackerDelivery.hooks {
		list = append(list, hook)
	}
	slices.SortFunc(list, func(a, b trackerHook) int { return strings.Compare(a.Number, b.Number) })
	return list
}
