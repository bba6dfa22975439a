package sweettracker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// callback is what a callback says (documented). The names, phones and addresses that come along, secret_value ("currently
// not used") and the courier's code, which is not reliable, have no field here and are never decoded.
type callback struct {
	FID     text  `json:"fid"`
	Invoice text  `json:"invoice_no"`
	Level   whole `json:"level"`      // an int in the document, a string in practice (reported)
	Trans   text  `json:"time_trans"` // when it happened, Korean wall clock
	Sweet   text  `json:"time_sweet"` // when the provider learnt of it
	Where   text  `json:"where"`
	Details text  `json:"details"`
	Estmate text  `json:"estmate"` // so spelt (reported)

	Estimate text `json:"estimate"`
}

// Why a callback does not lead to a parcel, besides the sentinels of package webhook.
var (
	errFID     = errors.New("the fid cannot be one of ours")
	errInvoice = errors.New("the number is not the one that this fid was registered with")
	errHollow  = errors.New("the Lookup function found a parcel without courier or number")
)

// match reads a callback and finds the parcel that it is about.
func (s *WebhookSource) match(ctx context.Context, m webhook.Message) (*callback, tracking.Query, error) {
	called, err := readCallback(m.Body, m.ContentType)
	if err != nil {
		return nil, tracking.Query{}, err
	}
	fid := called.FID.value
	if !possibleFID(fid) { // spares the host's store texts that it may not even take
		return called, tracking.Query{}, fmt.Errorf("%w: %w", webhook.ErrMalformed, errFID)
	}
	c, ours, found, err := s.lookup(ctx, fid)
	switch {
	case err != nil:
		return called, tracking.Query{}, quiet{"Lookup", err}
	case !found:
		return called, tracking.Query{}, fmt.Errorf("%w: unknown fid", webhook.ErrUnmatched)
	case c == "" || ours == "":
		return called, tracking.Query{}, errHollow
	case number.Normalize(called.Invoice.value) != number.Normalize(ours):
		return called, tracking.Query{}, errInvoice
	}
	return called, tracking.Query{Courier: c, Number: courier.Normalize(c, ours)}, nil
}

func possibleFID(fid string) bool {
	return strings.TrimSpace(fid) != "" && utf8.ValidString(fid) && utf8.RuneCountInString(fid) <= longestFID &&
		!strings.ContainsFunc(fid, unicode.IsControl)
}

// readCallback reads a body by its content type, and by its first byte where that says nothing: a JSON object, or the form
// fields of callback_type map. It fails where there is no level, without which there is no scan.
func readCallback(body []byte, contentType string) (*callback, error) {
	called := &callback{}
	var err error
	if isJSONCallback(body, contentType) {
		err = readLeniently(body, called)
	} else {
		called.readForm(string(body))
	}
	if err != nil || !called.Level.set {
		return nil, fmt.Errorf("%w: neither an object nor a form with a level", webhook.ErrMalformed)
	}
	return called, nil
}

func isJSONCallback(body []byte, contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType) // what it cannot read says nothing
	switch {
	case media == "application/json", strings.HasSuffix(media, "+json"):
		return true
	case media == "application/x-www-form-urlencoded":
		return false
	}
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{"))
}

// readForm reads form fields. A field that is not escaped properly is as if it were not there.
func (c *callback) readForm(body string) {
	fields, _ := url.ParseQuery(body)
	for name, field := range map[string]*text{
		"fid": &c.FID, "invoice_no": &c.Invoice, "time_trans": &c.Trans, "time_sweet": &c.Sweet,
		"where": &c.Where, "details": &c.Details, "estmate": &c.Estmate, "estimate": &c.Estimate,
	} {
		if values := fields[name]; len(values) > 0 {
			*field = text{value: values[0], set: true}
		}
	}
	c.Level.read(fields.Get("level"))
}

// event names what happened, by its level.
func (c *callback) event() string { return strconv.FormatInt(c.Level.value, 10) }

// pushed makes the parcel of a callback that came at a time. Its one event is settled as if nothing else were known;
// whoever keeps the parcel's history derives the status from all of it.
func (r *reader) pushed(q tracking.Query, c *callback, at time.Time) tracking.Parcel {
	p := tracking.Parcel{
		Courier: q.Courier, Number: q.Number, Source: Name, RetrievedAt: at, Events: make([]tracking.Event, 1),
	}
	e := &p.Events[0]
	r.event(e, &p, &scan{
		TimeString: strings.TrimSpace(c.Trans.value), Where: c.Where.value, Kind: c.Details.value, Level: clampLevel(c.Level.value),
	}, 0)
	if learnt, ok := parseClock(strings.TrimSpace(c.Sweet.value)); ok {
		e.Published = learnt
	}
	d := draft{parcel: &p, answer: &answer{Estimate: c.Estmate.value}, at: at}
	if d.answer.Estimate == "" {
		d.answer.Estimate = c.Estimate.value
	}
	d.note(e)
	d.readEstimate()
	p.Settle(q.Context())
	return p
}
