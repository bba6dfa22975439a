package sandbox

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
)

// tracePollEvery is how often the trace product looks at its couriers (our choice; nothing is known).
const tracePollEvery = 30 * time.Minute

// traceCallback is the body of a callback, flat; the names are the provider's, "estmate" included.
type traceCallback struct {
	SecretValue string `json:"secret_value"`
	FID         string `json:"fid"`
	CourierCode string `json:"courier_code"`
	InvoiceNo   string `json:"invoice_no"`
	Level       string `json:"level"` // as a string, as it arrives in practice (reported)
	TimeTrans   string `json:"time_trans"`
	TimeSweet   string `json:"time_sweet"`
	Where       string `json:"where"`
	TelnoOffice string `json:"telno_office"`
	TelnoMan    string `json:"telno_man"`
	Details     string `json:"details"`
	RecvAddr    string `json:"recv_addr"`
	RecvName    string `json:"recv_name"`
	SendName    string `json:"send_name"`
	Man         string `json:"man"`
	Estimate    string `json:"estmate"`
}

// form encodes the body as callback_type map does.
func (c traceCallback) form() []byte {
	return []byte(url.Values{
		"secret_value": {c.SecretValue}, "fid": {c.FID}, "courier_code": {c.CourierCode}, "invoice_no": {c.InvoiceNo},
		"level": {c.Level}, "time_trans": {c.TimeTrans}, "time_sweet": {c.TimeSweet}, "where": {c.Where},
		"telno_office": {c.TelnoOffice}, "telno_man": {c.TelnoMan}, "details": {c.Details}, "recv_addr": {c.RecvAddr},
		"recv_name": {c.RecvName}, "send_name": {c.SendName}, "man": {c.Man}, "estmate": {c.Estimate},
	}.Encode())
}

// oweTrace gives one callback per scan, those from before the registration at once. Callbacks in XML are not sent:
// their shape is not known.
func (p *Pusher) oweTrace(now time.Time) []*parcelPush {
	var owed []*parcelPush
	for _, t := range p.world.traced() {
		from := p.since("trace "+string(t.courier)+" "+t.number+" "+t.fid, t.at, now)
		for _, parcel := range p.world.uses(t.courier, t.number) {
			for _, scan := range parcel.Scans {
				at := nextPoll(t.at, scan.published(), tracePollEvery)
				if at.After(from) && !at.After(now) && scan.shown(at) {
					owed = append(owed, tracePush(t, parcel, scan, at))
				}
			}
		}
	}
	return owed
}

func (w *World) traced() []traceRegistration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []traceRegistration
	for _, registered := range w.sweetTrackerTrace.registered {
		for _, t := range registered {
			if t.callbackType != "xml" {
				list = append(list, t)
			}
		}
	}
	slices.SortFunc(list, func(a, b traceRegistration) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return strings.Compare(a.fid, b.fid)
	})
	return list
}

func tracePush(t traceRegistration, parcel Parcel, scan Scan, at time.Time) *parcelPush {
	callback := traceCallbackOf(t, parcel, scan, at)
	push := &parcelPush{
		Push: Push{
			Provider: SweetTrackerTrace, Event: callback.Level, Parcels: []string{t.number}, Due: at,
		},
		address: t.callback, media: "application/json;charset=UTF-8", at: at,
	}
	if t.callbackType == "json" {
		push.body = encoded(callback)
	} else {
		push.media, push.body = "application/x-www-form-urlencoded;charset=UTF-8", callback.form()
	}
	return push
}

func traceCallbackOf(t traceRegistration, parcel Parcel, scan Scan, at time.Time) traceCallback {
	event := sweetEventOf(scan)
	info, _ := courier.Get(t.courier)
	code := ""
	if codes := info.CodesAt(courier.SweetTracker); len(codes) > 0 {
		code = codes[0]
	}
	return traceCallback{
		SecretValue: "x", FID: t.fid, CourierCode: code, InvoiceNo: t.number, Level: strconv.Itoa(event.Level),
		TimeTrans: event.TimeString, TimeSweet: at.In(kst).Format(time.DateTime), Where: event.Where,
		TelnoOffice: event.Telno, TelnoMan: event.Telno2, Details: event.Kind,
		RecvAddr: parcel.recipient().Address, RecvName: parcel.recipient().Name, SendName: parcel.sender().Name,
		Man: event.ManName, Estimate: scan.Window,
	}
}
