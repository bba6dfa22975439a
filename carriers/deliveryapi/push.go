package deliveryapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// The events that are known. The first two are those of today (documented), the third of an older page.
const (
	polledEvent        = "tracking.polled"
	completedEvent     = "tracking.completed" // delivered, or given up: each parcel says which
	statusChangedEvent = "tracking.status_changed"
)

// oldTypes are the types of the oldest payloads (documented by an older page), with the status that each stands for.
var oldTypes = map[string]string{
	"delivery.created":          "REGISTERED",
	"delivery.picked_up":        "PICKED_UP",
	"delivery.in_transit":       "IN_TRANSIT",
	"delivery.out_for_delivery": "OUT_FOR_DELIVERY",
	"delivery.delivered":        "DELIVERED",
	"delivery.failed":           "FAILED",
}

// payload is what is around the parcels of a push, of every generation. Nothing is taken for granted: what has another
// type than documented must not cost the rest.
type payload struct {
	Event     json.RawMessage `json:"event"`
	RequestID json.RawMessage `json:"requestId"`
	Timestamp json.RawMessage `json:"timestamp"`
	Items     json.RawMessage `json:"items"`

	Data           json.RawMessage `json:"data"`           // one parcel, of older payloads
	Type           json.RawMessage `json:"type"`           // the oldest ones' word for event
	TrackingNumber json.RawMessage `json:"trackingNumber"` // a parcel without anything around it
}

func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null" || string(raw) == `""`
}

// parcels finds the parcels of a push, and for the oldest form the status that its type stands for. ignored says why there are
// none to look for. Without either the payload has lost what its event promises.
func (p *payload) parcels(body []byte, legacy bool) (parcels []json.RawMessage, status, ignored string) {
	event := textOf(p.Event)
	switch {
	case event == polledEvent, event == completedEvent:
		return list(p.Items), "", ""
	case event == statusChangedEvent:
		return one(p.Data), "", ""
	case !absent(p.Event):
		return nil, "", "an event that is not known"
	case !absent(p.Type):
		status, known := oldTypes[textOf(p.Type)]
		switch {
		case !known:
			return nil, "", "a type that is not known"
		case !legacy:
			return nil, "", "an old form of payload, which is not switched on"
		}
		return one(p.Data), status, ""
	case !absent(p.Items):
		return list(p.Items), "", ""
	case absent(p.TrackingNumber):
		return nil, "", "neither an event nor parcels"
	case !legacy:
		return nil, "", "an old form of payload, which is not switched on"
	}
	return []json.RawMessage{body}, "", ""
}

func list(raw json.RawMessage) []json.RawMessage {
	var items []json.RawMessage
	_ = json.Unmarshal(raw, &items) // what is no list has no items: then it stays nil
	return items
}

func one(raw json.RawMessage) []json.RawMessage {
	if !isObject(raw) {
		return nil
	}
	return []json.RawMessage{raw}
}

func isObject(raw []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) }

// Read turns a stored push into what it says. A parcel with tracking data is the evidence that [Carrier.Query] would have
// brought; one without has the provider's summary alone, as of the push. A parcel that cannot be read, that the provider
// has nothing fresh about, or whose courier is not told and not found, is a fault, and the others count. hasChanged and previousStatus are not
// looked at, for neither is promised to be right. Numbers are not checked.
//
// tracking.completed says that the subscription ended, by delivery or after 14 days alike (documented), so each parcel is
// looked at: those that are neither delivered nor cancelled are in Ended.Open. The handle is that of [Carrier.Subscribe].
//
// Errors and faults hold no number but its last four digits, and of the provider's texts only its error, scrubbed.
func (s *WebhookSource) Read(ctx context.Context, m webhook.Message) (webhook.Reading, error) {
	if s.fault != nil {
		return webhook.Reading{}, s.fault
	}
	var p payload
	if json.Unmarshal(m.Body, &p) != nil || !isObject(m.Body) {
		return webhook.Reading{}, fmt.Errorf("%w: not a JSON object", webhook.ErrMalformed)
	}
	event := firstText(textOf(p.Event), textOf(p.Type))
	w := work{source: s, at: s.sentAt(&p, m)}
	w.reading.Event = mask.Code(event, nil, longestCode)
	parcels, status, ignored := p.parcels(m.Body, s.config.Legacy)
	if ignored != "" {
		w.reading.Ignored = ignored
		return w.reading, nil
	}
	if parcels == nil && event != completedEvent {
		return webhook.Reading{}, fmt.Errorf("%w: the event's parcels are missing", webhook.ErrMalformed)
	}
	for _, raw := range parcels {
		if err := w.add(ctx, raw, status); err != nil {
			return webhook.Reading{}, err
		}
	}
	if err := w.end(ctx, event == completedEvent, textOf(p.RequestID), len(parcels)); err != nil {
		return webhook.Reading{}, err
	}
	return w.reading, nil
}

// sentAt is when the provider wrote the push: as the payload says, else as was signed with it. A payload from a time after
// its own signature is not believed, or it would outrank everything that comes later.
func (s *WebhookSource) sentAt(p *payload, m webhook.Message) time.Time {
	signed := m.SentAt
	if signed.IsZero() {
		signed = m.ReceivedAt
	}
	tolerance := s.config.Tolerance
	if tolerance == 0 {
		tolerance = webhook.DefaultTolerance
	}
	told := parseTime(textOf(p.Timestamp), time.UTC)
	if told.at.IsZero() || told.day || told.at.After(signed.Add(tolerance)) {
		return signed
	}
	return told.at
}

// work is one push while it is read.
type work struct {
	source  *WebhookSource
	at      time.Time // of the push
	reading webhook.Reading
	open    []tracking.Query
	unsure  bool // there is a parcel that is not known to be at its end
}

// add reads one parcel. status, when set, is what the payload says of it from outside. The error is the host's.
func (w *work) add(ctx context.Context, raw json.RawMessage, status string) error {
	item := readItem(raw)
	if status != "" {
		item.CurrentStatus = status
	}
	q, err := w.owner(ctx, &item)
	if err != nil {
		return err
	}
	if q.Courier == "" {
		w.unsure = true
		return nil
	}
	parcel, wrong := w.source.told(&item, q, w.at, w.at, nil)
	if wrong != nil {
		wrong.Op = webhookOp
		w.reading.Faults = append(w.reading.Faults, wrong)
	} else {
		w.reading.Parcels = append(w.reading.Parcels, *parcel)
	}
	if !(Tracked{Parcel: parcel}).done() {
		w.unsure = true
		w.open = append(w.open, q)
	}
	return nil
}

// owner says which parcel an item is about, or leaves a fault. The error is the host's.
func (w *work) owner(ctx context.Context, item *trackedItem) (tracking.Query, error) {
	if strings.TrimSpace(item.TrackingNumber) == "" {
		w.fault(tracking.Query{}, tracking.ErrProtocol, errors.New("an item without a number"))
		return tracking.Query{}, nil
	}
	if item.CourierCode != "" {
		if codeOf(item.CourierCode, nil) == "" {
			w.fault(tracking.Query{Number: item.TrackingNumber}, tracking.ErrProtocol, errors.New("an item with a courier code that is none"))
			return tracking.Query{}, nil
		}
		name := nameOf(item.CourierCode, item.TrackingNumber)
		return tracking.Query{Courier: name.courier, Number: name.number, Ref: item.ClientID}, nil
	}
	q := tracking.Query{Number: number.Normalize(item.TrackingNumber), Ref: item.ClientID}
	lookup := w.source.config.Lookup
	if lookup == nil {
		w.fault(q, tracking.ErrProtocol, fmt.Errorf("%w: no courier is told, and there is nobody to ask", webhook.ErrUnmatched))
		return tracking.Query{}, nil
	}
	couriers, err := lookup(ctx, q.Number)
	if err != nil {
		return tracking.Query{}, w.host("the host's function for couriers failed", err)
	}
	if len(couriers) != 1 || couriers[0] == "" {
		w.fault(q, tracking.ErrProtocol, fmt.Errorf("%w: no courier is told, and %d open shipments have the number", webhook.ErrUnmatched, len(couriers)))
		return tracking.Query{}, nil
	}
	q.Courier = couriers[0]
	return q, nil
}

func (w *work) fault(q tracking.Query, kind, cause error) {
	e := w.source.stale(q, kind, "")
	e.Op, e.Err = webhookOp, cause
	w.reading.Faults = append(w.reading.Faults, e)
}

// host is an error of the host's own, whose text may hold anything.
func (w *work) host(what string, err error) error {
	return fmt.Errorf("%s: %w", w.source.name, hostError{what, err})
}

// end says that the subscription ended, if it did. The single push of a subscription for one crawl may come as either event.
func (w *work) end(ctx context.Context, completed bool, handle string, parcels int) error {
	once := false
	if ask := w.source.config.Once; ask != nil && handle != "" {
		var err error
		if once, err = ask(ctx, handle); err != nil {
			return w.host("the host's function for subscriptions failed", err)
		}
	}
	if !completed && !once {
		return nil
	}
	ended := webhook.Ended{Handle: handle, Reason: webhook.EndExpired, Open: w.open}
	switch {
	case parcels > 0 && !w.unsure:
		ended.Reason = webhook.EndDelivered
	case once:
		ended.Reason = webhook.EndOnce
	}
	if handle == "" {
		w.fault(tracking.Query{}, tracking.ErrProtocol, errors.New("a subscription ended that is not named"))
	}
	if parcels == 0 {
		w.fault(tracking.Query{}, tracking.ErrProtocol, errors.New("a subscription ended without its parcels"))
	}
	w.reading.Ended = append(w.reading.Ended, ended)
	return nil
}
