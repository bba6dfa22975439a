package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// LieKind is what is wrong with a push.
type LieKind string

// The lies. Forged and tampered pushes tell of a delivery; a receiver must not believe them.
const (
	Drop      LieKind = "drop"      // not sent at all
	Duplicate LieKind = "duplicate" // sent twice
	Delay     LieKind = "delay"     // sent late
	Reorder   LieKind = "reorder"   // sent after the provider's next push
	Forge     LieKind = "forge"     // another one is sent before it, by somebody who knows neither secret nor token
	Replay    LieKind = "replay"    // sent again later, to the byte
	Tamper    LieKind = "tamper"    // changed on its way
)

// A Lie makes pushes go wrong.
type Lie struct {
	Kind     LieKind
	Provider string           // empty means every one
	Courier  tracking.Courier // with Number: of one parcel only
	Number   string
	By       time.Duration // of Delay, Replay, and Reorder when nothing follows; 0 means 2 hours, 10 minutes and 1 hour
	Times    int           // how many pushes; 0 means all
	OneIn    int           // of so many pushes that fit, the last; 0 means every one

	seen int // pushes that fitted
}

// Lie lets pushes go wrong until the returned function is called or Times are used up. A push is lied about once, by the
// first lie that fits; what a provider repeats is honest.
func (p *Pusher) Lie(l Lie) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lie := &l
	if lie.Times == 0 {
		lie.Times = -1
	}
	p.lies = append(p.lies, lie)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.lies = slices.DeleteFunc(p.lies, func(other *Lie) bool { return other == lie })
	}
}

// lieAbout finds the lie that is to be told about a push, and uses it.
func (p *Pusher) lieAbout(push *parcelPush) *Lie {
	if push.lied {
		return nil
	}
	for _, l := range p.lies {
		if l.Times != 0 && (l.Provider == "" || l.Provider == push.Provider) && (l.Number == "" || slices.Contains(push.Parcels, l.Number)) {
			if l.seen++; l.OneIn > 1 && l.seen%l.OneIn != 0 {
				continue
			}
			l.Times--
			return l
		}
	}
	return nil
}

// lie tells it.
func (p *Pusher) lie(ctx context.Context, push *parcelPush, l *Lie) []Push {
	push.lied, push.Lie = true, l.Kind
	now := p.world.clock.Now()
	switch l.Kind {
	case Drop:
		return []Push{push.Push}
	case Delay:
		push.at = now.Add(orDuration(l.By, 2*time.Hour))
		p.add(push)
		return nil
	case Reorder:
		push.at = p.afterNext(push, now.Add(orDuration(l.By, time.Hour)))
		p.add(push)
		return nil
	case Duplicate:
		again := *push
		return []Push{p.send(ctx, push), p.send(ctx, &again)}
	case Replay:
		header := p.world.pushHeader(push, push.body)
		again := *push
		again.header, again.at = header, now.Add(orDuration(l.By, 10*time.Minute))
		push.header, push.Lie = header, ""
		first := p.send(ctx, push)
		p.add(&again)
		return []Push{first}
	case Forge:
		forged := *push
		forged.body, forged.header = falsified(push), p.world.pushHeader(push, push.body)
		if push.endpoint == nil {
			forged.address = guessed(push.address)
		} else {
			signPush(forged.header, "a secret that nobody has", forged.body, now)
		}
		forged.endpoint = nil
		push.Lie = ""
		return []Push{p.send(ctx, &forged), p.send(ctx, push)}
	case Tamper:
		header := p.world.pushHeader(push, push.body)
		push.Attempt, push.Sent = push.Attempt+1, now
		p.call(ctx, push, header, falsified(push))
		p.world.judge(push)
		if wait, again := p.repeats(push); again {
			honest := *push
			honest.at, honest.Lie = now.Add(wait), ""
			p.add(&honest)
		}
		return []Push{push.Push}
	}
	return []Push{p.send(ctx, push)}
}

// afterNext gives a time right after the provider's next push, or the one given when none follows before that.
func (p *Pusher) afterNext(push *parcelPush, latest time.Time) time.Time {
	for _, next := range p.pending {
		if next.Provider == push.Provider && next.at.Before(latest) {
			return next.at.Add(time.Nanosecond)
		}
	}
	return latest
}

// falsified is the body, telling of a delivery instead. Of tracker.delivery's, which tells nothing, it is another number.
func falsified(push *parcelPush) []byte {
	switch push.Provider {
	case DeliveryAPI:
		var payload apiPush
		if json.Unmarshal(push.body, &payload) == nil {
			for i := range payload.Items {
				item := &payload.Items[i]
				item.CurrentStatus, item.IsDelivered, item.HasChanged, item.TrackingData = delivered.String(), true, true, nil
			}
			return encoded(payload)
		}
	case TrackerDelivery:
		return bytes.ReplaceAll(push.body, []byte(push.Parcels[0]), []byte("999999999999"))
	case SweetTrackerTrace:
		if form, err := url.ParseQuery(string(push.body)); err == nil && form.Has("fid") {
			form.Set("level", "6")
			form.Set("invoice_no", "999999999999")
			return []byte(form.Encode())
		}
		var callback traceCallback
		if json.Unmarshal(push.body, &callback) == nil {
			callback.Level, callback.InvoiceNo = "6", "999999999999"
			return encoded(callback)
		}
	}
	return push.body
}

// guessed is an address with a token that nobody gave out.
func guessed(address string) string {
	i := strings.LastIndexByte(address, '/')
	return address[:i+1] + strings.Repeat("x", max(len(address)-i-1, 1))
}

func orDuration(d, standard time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return standard
}
