package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// storedPin is the stored form of a pin.
type storedPin struct {
	Status tracking.Status `json:"status"`
	Sub    tracking.Sub    `json:"sub,omitempty"`
	At     time.Time       `json:"at"`
	By     order.Actor     `json:"by"`
	Reason string          `json:"reason,omitempty"`
}

// scanTravel gives a function that appends the shipments of a query, without their links.
func scanTravel(to *[]fulfill.Shipment) func(*sql.Rows) error {
	return func(from *sql.Rows) error {
		var s fulfill.Shipment
		var since, seen int64
		var pin, state []byte
		err := from.Scan(&s.ID.Courier, &s.ID.Number, &s.ID.Generation, &s.Carrier, &since, &s.Epoch, &seen, &s.Awaiting, &pin, &s.Forgotten, &state)
		if err != nil {
			return err
		}
		s.Since, s.Seen = moment(since), moment(seen)
		if len(pin) > 0 {
			var p storedPin
			if err := json.Unmarshal(pin, &p); err != nil {
				return fmt.Errorf("the pin of a shipment: %w", err)
			}
			s.Pin = (*fulfill.Pin)(&p)
		}
		if len(state) > 0 {
			var known storedState
			if err := json.Unmarshal(state, &known); err != nil {
				return fmt.Errorf("the state of a shipment: %w", err)
			}
			s.Known, s.Parcel = true, known.state()
		}
		*to = append(*to, s)
		return nil
	}
}

// scanLinks gives a function that gives each link of a query to its shipment. Both come in the same order, or there are few.
func scanLinks(to []fulfill.Shipment) func(*sql.Rows) error {
	at := 0
	return func(from *sql.Rows) error {
		var id poll.ShipmentID
		var l fulfill.Link
		if err := from.Scan(&id.Courier, &id.Number, &id.Generation, &l.Order, &l.Role); err != nil {
			return err
		}
		if at >= len(to) || to[at].ID != id {
			if at = slices.IndexFunc(to, func(s fulfill.Shipment) bool { return s.ID == id }); at < 0 {
				return nil
			}
		}
		to[at].Links = append(to[at].Links, l)
		return nil
	}
}

// Shipment implements [fulfill.Tx]. Its lock is that of [poll.Store]'s Record, too.
func (t *Tx) Shipment(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
	if err := t.writing(ctx); err != nil {
		return fulfill.Shipment{}, err
	}
	var found []fulfill.Shipment
	if err := t.list(ctx, stTravelGet, shipmentArgs(id), scanTravel(&found)); err != nil {
		return fulfill.Shipment{}, t.failed(err)
	}
	if len(found) == 0 {
		return fulfill.Shipment{}, fulfill.ErrNoShipment
	}
	if err := t.list(ctx, stLinkList, shipmentArgs(id), scanLinks(found)); err != nil {
		return fulfill.Shipment{}, t.failed(err)
	}
	return found[0], nil
}

// Latest implements [fulfill.Tx].
func (t *Tx) Latest(ctx context.Context, courier tracking.Courier, number string) (poll.ShipmentID, error) {
	id := poll.ShipmentID{Courier: courier, Number: number}
	found, err := t.get(ctx, stTravelLatest, []any{sought(string(courier)), sought(number)}, &id.Generation)
	if err == nil && !found {
		err = fulfill.ErrNoShipment
	}
	if err != nil {
		return poll.ShipmentID{}, err
	}
	return id, nil
}

// ShipmentsOf implements [fulfill.Tx].
func (t *Tx) ShipmentsOf(ctx context.Context, id order.OrderID) ([]fulfill.Shipment, error) {
	var of []fulfill.Shipment
	key := []any{sought(string(id))}
	if err := t.list(ctx, stTravelOf, key, scanTravel(&of)); err != nil {
		return nil, err
	}
	if err := t.list(ctx, stLinkListOf, key, scanLinks(of)); err != nil {
		return nil, err
	}
	return of, nil
}

// SaveShipment implements [fulfill.Tx].
func (t *Tx) SaveShipment(ctx context.Context, s fulfill.Shipment) error {
	var l limit
	l.key("the shipment's courier, number or carrier", string(s.ID.Courier), s.ID.Number, s.Carrier)
	l.key("what a shipment waits for", string(s.Awaiting))
	for _, link := range s.Links {
		l.key("a link's order or role", string(link.Order), string(link.Role))
	}
	if l.err != nil {
		return l.err
	}
	if err := t.writing(ctx); err != nil {
		return err
	}
	return t.failed(t.saveShipment(ctx, s))
}

func (t *Tx) saveShipment(ctx context.Context, s fulfill.Shipment) error {
	key := shipmentArgs(s.ID)
	if err := t.lockShipment(ctx, key); err != nil {
		return err
	}
	var pin any
	if s.Pin != nil {
		data, err := json.Marshal(storedPin(*s.Pin))
		if err != nil {
			return fmt.Errorf("sqlstore: a pin: %w", err)
		}
		pin = string(data)
	}
	row := append([]any{s.Carrier, nanos(s.Since), s.Epoch, nanos(s.Seen), string(s.Awaiting), pin}, key...)
	n, err := t.exec(ctx, stTravelUpdate, row...)
	if err == nil && n == 0 { // it is new or, in MySQL, it was so already: its row is locked
		_, err = t.insert(ctx, stTravelInsert, row...)
	}
	if err != nil {
		return err
	}
	return t.saveLinks(ctx, s)
}

// lockShipment locks the row of a shipment, which it makes if there is none.
func (t *Tx) lockShipment(ctx context.Context, key []any) error {
	for {
		var state []byte
		there, err := t.get(ctx, stShipmentLock, key, &state)
		if err != nil || there {
			return err
		}
		unknown := nanos(time.Time{})
		fresh, err := t.insert(ctx, stShipmentInsert, append(slices.Clip(key), unknown, unknown)...)
		if err != nil || fresh {
			return err
		}
	}
}

// saveLinks writes the links that came and removes those that are gone.
func (t *Tx) saveLinks(ctx context.Context, s fulfill.Shipment) error {
	stored := []fulfill.Shipment{{ID: s.ID}}
	if err := t.list(ctx, stLinkList, shipmentArgs(s.ID), scanLinks(stored)); err != nil {
		return err
	}
	write := func(st statement, l fulfill.Link) error {
		_, err := t.insert(ctx, st, append(shipmentArgs(s.ID), string(l.Order), string(l.Role))...) // twice the same is one
		return err
	}
	for _, l := range stored[0].Links {
		if !slices.Contains(s.Links, l) {
			if err := write(stLinkDelete, l); err != nil {
				return err
			}
		}
	}
	for _, l := range s.Links {
		if !slices.Contains(stored[0].Links, l) {
			if err := write(stLinkInsert, l); err != nil {
				return err
			}
		}
	}
	return nil
}
