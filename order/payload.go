package order

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/sealed"
)

// own gives the command with waybills normalised, time cleaned, and nothing left that the caller can change.
func (c Command) own() Command {
	c.At = plainTime(c.At)
	c.Waybill = c.Waybill.normal()
	c.RecallAddress = clone(c.RecallAddress)
	c.Recipient = clone(c.Recipient)
	c.Hold = clone(c.Hold)
	c.Exception = clone(c.Exception)
	c.Reception = slices.Clone(c.Reception)
	if c.Claim != nil {
		c.Claim = clone(c.Claim)
		c.Claim.Wanted = slices.Clone(c.Claim.Wanted)
	}
	if c.Draft != nil {
		c.Draft = c.Draft.own()
	}
	return c
}

func (d Draft) own() *Draft {
	d.Orderer = clone(d.Orderer)
	d.Lines = slices.Clone(d.Lines)
	d.Metadata = maps.Clone(d.Metadata)
	d.Sections = slices.Clone(d.Sections)
	for i := range d.Sections {
		d.Sections[i].Lines = slices.Clone(d.Sections[i].Lines)
		d.Sections[i].Recipient = clone(d.Sections[i].Recipient)
	}
	return &d
}

// plainTime drops the monotonic reading, which no store keeps.
func plainTime(t time.Time) time.Time { return t.Round(0) }

// details gives what an event keeps of the command, or nil if the command carried nothing.
func (c *Command) details() *Details {
	d := Details{
		Waybill: c.Waybill, Place: c.Place, Claim: c.Claim, RecallAddress: c.RecallAddress, Reception: c.Reception,
		Refund: c.Refund, Draft: c.Draft, Payment: c.Payment, Recipient: c.Recipient, Hold: c.Hold,
		Exception: c.Exception, Convert: c.Convert, Alone: c.Alone, ReleaseHold: c.ReleaseHold,
	}
	if d.Waybill == nil && d.Place == "" && d.Claim == nil && d.RecallAddress == nil && d.Reception == nil &&
		d.Refund == "" && d.Draft == nil && d.Payment == "" && d.Recipient == nil && d.Hold == nil &&
		d.Exception == nil && !d.Convert && !d.Alone && !d.ReleaseHold {
		return nil
	}
	kept := d // a copy, so that nothing is allocated where nothing is kept
	return &kept
}

// payload is the hash of the command's content: everything but ID, At and the expectations, in one unambiguous form.
// 128 bits tell contents apart; nobody gains by a collision with a command of his own.
func (c *Command) payload() string {
	var room [512]byte
	h := content(room[:0])
	h.text(c.Event.String(), string(c.Actor.Role), c.Actor.ID, string(c.Section), c.Reason, c.Place, c.Refund, string(c.Payment))
	for _, set := range []bool{c.Convert, c.Alone, c.ReleaseHold} {
		h.flag(set)
	}
	h.count(len(c.Items))
	for _, q := range c.Items {
		h.text(string(q.Item))
		h.count(q.Quantity)
	}
	h.count(len(c.Sections))
	for _, s := range c.Sections {
		h.text(string(s))
	}
	h.count(len(c.Reception))
	for _, r := range c.Reception {
		h.text(string(r.Item))
		h.count(r.Received, r.Damaged, r.Missing)
	}
	h.waybill(c.Waybill)
	h.recipient(c.RecallAddress)
	h.recipient(c.Recipient)
	h.claim(c.Claim)
	h.hold(c.Hold)
	if h.flag(c.Exception != nil) {
		h.text(c.Exception.Code, c.Exception.Text)
	}
	h.draft(c.Draft)
	sum := sha256.Sum256(h)
	var text [32]byte
	hex.Encode(text[:], sum[:16])
	return string(text[:])
}

// content is a command's content being written down: numbers fixed in width, texts after their length, and a flag
// before everything that may be absent.
type content []byte

func (h *content) count(ns ...int) {
	for _, n := range ns {
		*h = binary.LittleEndian.AppendUint64(*h, uint64(n))
	}
}

func (h *content) text(ss ...string) {
	for _, s := range ss {
		h.count(len(s))
		*h = append(*h, s...)
	}
}

func (h *content) flag(set bool) bool {
	if set {
		*h = append(*h, 1)
	} else {
		*h = append(*h, 0)
	}
	return set
}

func (h *content) waybill(w *Waybill) {
	if h.flag(w != nil) {
		n := w.normal()
		h.text(n.Courier, n.Number)
	}
}

func (h *content) recipient(r *Recipient) {
	if h.flag(r != nil) {
		for _, field := range r.fields() {
			h.text(field.Kind().String(), sealed.Open(field.Sealed()))
		}
	}
}

func (h *content) claim(r *ClaimRequest) {
	if !h.flag(r != nil) {
		return
	}
	h.text(string(r.Fault), string(r.Retrieve.Type), string(r.Retrieve.Payer), r.Retrieve.Memo)
	h.count(len(r.Wanted))
	for _, w := range r.Wanted {
		h.text(string(w.Item), w.Option)
	}
}

func (h *content) hold(hold *Hold) {
	if h.flag(hold != nil) {
		h.text(hold.Code, hold.Text)
		h.count(int(hold.Charge))
	}
}

func (h *content) draft(d *Draft) {
	if !h.flag(d != nil) {
		return
	}
	h.text(string(d.ID), d.Tenant, string(d.Channel), string(d.Payment))
	h.recipient(d.Orderer)
	h.count(len(d.Lines))
	for _, l := range d.Lines {
		h.text(string(l.ID), l.SKU, l.Name, l.Option, string(l.FreebieOf))
		h.count(l.Quantity)
	}
	h.count(len(d.Sections))
	for _, s := range d.Sections {
		h.text(string(s.Method), s.Place, s.DeliveryNo)
		h.recipient(s.Recipient)
		h.count(len(s.Lines))
		for _, q := range s.Lines {
			h.text(string(q.Line))
			h.count(q.Quantity)
		}
	}
	h.count(len(d.Metadata))
	for _, key := range slices.Sorted(maps.Keys(d.Metadata)) {
		h.text(key, d.Metadata[key])
	}
}
