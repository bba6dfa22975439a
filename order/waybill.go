package order

import (
	"errors"

	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/order/privacy"
)

// normal gives a copy of the waybill in the form in which waybills are compared, stored and sent.
func (w *Waybill) normal() *Waybill {
	if w == nil {
		return nil
	}
	return &Waybill{Courier: w.Courier, Number: number.Normalize(w.Number)}
}

var (
	errNoCourier  = errors.New("courier is missing")
	errNotANumber = errors.New("a waybill number is 4 to 40 digits and capital letters")
)

// plainWaybill is the judgement of a host that brings no directory of couriers.
func plainWaybill(w Waybill) error {
	if w.Courier == "" {
		return errNoCourier
	}
	if len(w.Number) < 4 || len(w.Number) > 40 {
		return errNotANumber
	}
	for i := range len(w.Number) {
		if c := w.Number[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return errNotANumber
		}
	}
	return nil
}

// fields lists every field of a recipient.
func (r *Recipient) fields() [9]*privacy.Sensitive {
	return [...]*privacy.Sensitive{
		&r.Name, &r.Phone, &r.Phone2, &r.Email, &r.Postal, &r.Address, &r.Detail, &r.Memo, &r.PCCC,
	}
}

// located reports whether there is an address to go to.
func (r *Recipient) located() bool { return r != nil && !r.Address.IsZero() }

// sameRecipient reports whether two sections go to the same person at the same place. Two unknown ones are the same.
func sameRecipient(a, b *Recipient) bool {
	if a == nil || b == nil || a == b {
		return a == b
	}
	others := b.fields()
	for i, field := range a.fields() {
		if !field.Equal(*others[i]) {
			return false
		}
	}
	return true
}

// clone copies what a caller may still change.
func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	copied := *p
	return &copied
}
