package webhook

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
)

// A Delivery is what a [Worker] hands to the host: what one message says, or what a carrier answered when hints made
// the worker ask it.
type Delivery struct {
	// Key names the effect. A delivery that comes again, because a process ended or Deliver failed, has the same key:
	// store it with the effect, in one transaction, and do nothing when it is there already. It is the source's name
	// and 64 hexadecimal digits, with a colon between; for an answer "ask" stands in the place of the source.
	Key string
	// Letters are the messages that it comes from: one, or the hints that were answered together.
	Letters []LetterID
	Source  string    // of the first letter
	Event   string    // the provider's name for what happened, when it gives one
	Attempt int       // 1 for the first; the highest of its letters
	At      time.Time // when the oldest of its letters was received

	// Observations are facts that were pushed (door push), the answer to hints (door poll), and, in a worker without
	// Ask, hints: of these the parcel holds only courier and number.
	//
	// Carrier is the parcel's own source where the adapter names one, as it does in a poll, so that pushes of two
	// accounts of one provider and its answers are one carrier's evidence; otherwise it is the name of the [Source].
	Observations []tracking.Observation
	Ended        []Ended // subscriptions that the provider closed
	// Faults are of single items of the message that could not be read; the others are in Observations.
	Faults []error
}

// parcelKey is what makes hints one question.
type parcelKey struct {
	courier tracking.Courier
	number  string
}

func keyOf(q tracking.Query) parcelKey { return parcelKey{q.Courier, number.Normalize(q.Number)} }

// idOf names the message of a claim.
func idOf(c Claim) LetterID { return LetterID{c.Message.Source, c.Message.Key} }

// deliveryOf makes a delivery of what a message says. hints are delivered as such.
func deliveryOf(c Claim, r Reading, facts []tracking.Parcel, hints []tracking.Query) Delivery {
	m := c.Message
	d := Delivery{
		Key:     m.Source + ":" + m.Key.String(),
		Letters: []LetterID{idOf(c)},
		Source:  m.Source, Event: r.Event, Attempt: c.Attempt, At: m.ReceivedAt,
		Ended: r.Ended, Faults: r.Faults,
	}
	for _, p := range facts {
		p.Source = cmp.Or(p.Source, m.Source)
		if p.RetrievedAt.IsZero() {
			p.RetrievedAt = m.ReceivedAt
		}
		d.Observations = append(d.Observations, tracking.Observation{
			Parcel: p, Carrier: p.Source, Door: tracking.DoorPush, Kind: tracking.KindFact, Proof: m.Proof, SeenAt: m.ReceivedAt,
		})
	}
	for _, q := range hints {
		d.Observations = append(d.Observations, tracking.Observation{
			Parcel:  tracking.Parcel{Courier: q.Courier, Number: q.Number},
			Carrier: m.Source, Door: tracking.DoorPush, Kind: tracking.KindHint, Proof: m.Proof, SeenAt: m.ReceivedAt,
		})
	}
	return d
}

// empty reports whether there is nothing to hand over.
func (d Delivery) empty() bool {
	return len(d.Observations) == 0 && len(d.Ended) == 0 && len(d.Faults) == 0
}

// answerOf makes a delivery of what a carrier answered to the hints of a parcel. Its key is made of the hints too: the
// same ones have the same effect, while a later hint, which the earlier answer knew nothing of, has another.
func answerOf(key parcelKey, claims []Claim, p *tracking.Parcel, now time.Time) Delivery {
	claims = slices.Clone(claims)
	slices.SortFunc(claims, func(a, b Claim) int {
		return cmp.Or(cmp.Compare(a.Message.Source, b.Message.Source), bytes.Compare(a.Message.Key[:], b.Message.Key[:]))
	})
	hash := sha256.New()
	hash.Write([]byte(string(key.courier) + "\x00" + key.number))
	d := Delivery{At: claims[0].Message.ReceivedAt}
	for _, c := range claims {
		hash.Write([]byte("\x00" + c.Message.Source + "\x00"))
		hash.Write(c.Message.Key[:])
		d.Letters = append(d.Letters, idOf(c))
		d.Attempt = max(d.Attempt, c.Attempt)
		if c.Message.ReceivedAt.Before(d.At) {
			d.At = c.Message.ReceivedAt
		}
	}
	d.Key = "ask:" + hex.EncodeToString(hash.Sum(nil))
	d.Source = d.Letters[0].Source
	d.Observations = []tracking.Observation{{
		Parcel: *p, Carrier: p.Source, Door: tracking.DoorPoll, Kind: tracking.KindFact, SeenAt: now,
	}}
	return d
}
