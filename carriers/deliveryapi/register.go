package deliveryapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

const (
	subscribeOp = "subscribe"
	// mostItems is how many parcels one registration takes (documented).
	mostItems = 100
	// lifetime is how long a recurring subscription lasts unless the parcels are delivered before (documented).
	lifetime = 14 * 24 * time.Hour
)

// Registering asks for pushes about up to 100 parcels, as one subscription.
type Registering struct {
	Parcels    []tracking.Query  // Courier, Number and Ref are used; couriers that want extra fields cannot be subscribed, so far as is known
	Once       bool              // one crawl at once instead of polling until delivery or 14 days
	EndpointID string            // whom to tell; empty means nobody: read it with Subscription or Results
	Metadata   map[string]string // comes back with every push; nothing personal, please
}

// Registered is what became of it.
type Registered struct {
	RequestID string        // names the subscription, and every push of it
	Accepted  int           // parcels that the provider took; each costs one unit (reported)
	Refused   []InvalidItem // parcels that were left out, with the provider's reason where it gave one
	ExpiresAt time.Time     // zero for a single crawl

	taken map[parcelName]bool
}

// parcelName tells parcels apart: our code of the courier, and the number in normal form.
type parcelName struct {
	courier tracking.Courier
	number  string
}

type registerItem struct {
	CourierCode    string `json:"courierCode"`
	TrackingNumber string `json:"trackingNumber"`
	ClientID       string `json:"clientId,omitempty"`
}

type registerRequest struct {
	Items      []registerItem    `json:"items"`
	Recurring  bool              `json:"recurring"` // never left out
	EndpointID string            `json:"endpointId,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

// Register makes one subscription. Parcels that are known to be wrong without a call, or that the provider refuses
// by name, are left out and listed; the rest is sent, once more if need be. When the provider takes fewer than were
// sent without saying which, the subscription is read back. An error means that no subscription was made, or that
// nobody knows.
//
// It is never repeated by itself, for every registration is paid. After an error that leaves the outcome open
// (tracking.ErrUpstream), [Carrier.Results] tells whether the parcels belong to a subscription now: adopt one
// whose id is not known, and register again only if there is none.
func (c *Carrier) Register(ctx context.Context, r Registering) (Registered, error) {
	if len(r.Parcels) == 0 || len(r.Parcels) > mostItems {
		return Registered{}, c.refuse(subscribeOp, fmt.Errorf("%d parcels, 1 to %d fit in a registration", len(r.Parcels), mostItems))
	}
	items, refused := c.registrable(r.Parcels)
	if len(items) == 0 {
		return Registered{}, c.refuse(subscribeOp, &InvalidItemsError{Items: refused})
	}
	data, told, err := c.register(ctx, r, items)
	var invalid *InvalidItemsError
	if errors.As(err, &invalid) {
		if rest := without(items, invalid.Items); len(rest) > 0 && len(rest) < len(items) {
			refused = append(refused, invalid.Items...)
			items = rest
			data, told, err = c.register(ctx, r, items)
		}
	}
	if err != nil {
		return Registered{}, err
	}
	done := Registered{RequestID: data.RequestID, Accepted: data.accepted(len(items)), Refused: refused}
	if !r.Once {
		done.ExpiresAt = told.at.Add(lifetime)
	}
	c.billed.Add(int64(done.Accepted))
	return c.sortOut(ctx, done, items), nil
}

type registerData struct {
	RequestID string `json:"requestId"`
	ItemCount *int   `json:"itemCount"`
}

// accepted trusts what was sent where the provider does not count.
func (d registerData) accepted(sent int) int {
	if d.ItemCount == nil || *d.ItemCount < 0 {
		return sent
	}
	return min(*d.ItemCount, sent)
}

func (c *Carrier) register(ctx context.Context, r Registering, items []registerItem) (registerData, reply, error) {
	op := operation{name: subscribeOp, method: http.MethodPost, url: c.base + "/v1/webhooks/register", attempts: 1, slow: true}
	body := registerRequest{Items: items, Recurring: !r.Once, EndpointID: r.EndpointID, Metadata: r.Metadata}
	data, told, err := exchange[registerData](ctx, c, op, body, nil)
	if err == nil && data.RequestID == "" {
		err = c.nonsense(op.name, "request id")
	}
	return data, told, err
}

// registrable normalises parcels, without repeats, and sets apart those that cannot be sent.
func (c *Carrier) registrable(parcels []tracking.Query) (items []registerItem, refused []InvalidItem) {
	seen := make(map[parcelName]bool, len(parcels))
	for _, q := range parcels {
		a, err := c.accept(q)
		if err != nil {
			refused = append(refused, InvalidItem{Courier: q.Courier, Number: q.Number, Code: refusalCode(err)})
			continue
		}
		name := parcelName{a.query.Courier, a.query.Number}
		if !seen[name] {
			seen[name] = true
			items = append(items, registerItem{CourierCode: a.code, TrackingNumber: a.query.Number, ClientID: a.query.Ref})
		}
	}
	return items, refused
}

// refusalCode speaks of our own refusal in the provider's words.
func refusalCode(err error) string {
	if errors.Is(err, tracking.ErrUnsupportedCourier) {
		return "UNSUPPORTED_COURIER"
	}
	return "INVALID_TRACKING_NUMBER"
}

// without leaves out the items that are listed.
func without(items []registerItem, listed []InvalidItem) []registerItem {
	var rest []registerItem
next:
	for _, item := range items {
		name := nameOf(item.CourierCode, item.TrackingNumber)
		for _, bad := range listed {
			if bad.Courier == name.courier && sameNumber(bad.Number, name.number) {
				continue next
			}
		}
		rest = append(rest, item)
	}
	return rest
}

// nameOf names a parcel by our code of its courier.
func nameOf(code, number string) parcelName {
	known, _ := courier.FromProvider(provider, strings.ToLower(code))
	return parcelName{known, courier.Normalize(known, number)}
}

// sortOut finds which parcels were taken. When all were, that needs no call; when the subscription cannot be read
// back, all that is known is how many.
func (c *Carrier) sortOut(ctx context.Context, done Registered, items []registerItem) Registered {
	done.taken = make(map[parcelName]bool, len(items))
	if done.Accepted == len(items) {
		for _, item := range items {
			done.taken[nameOf(item.CourierCode, item.TrackingNumber)] = true
		}
		return done
	}
	taken, err := c.Subscription(ctx, done.RequestID)
	if err != nil {
		return done
	}
	for _, parcel := range taken.Parcels {
		done.taken[parcelName{parcel.Courier, parcel.Number}] = true
	}
	for _, item := range items {
		if name := nameOf(item.CourierCode, item.TrackingNumber); !done.taken[name] {
			done.Refused = append(done.Refused, InvalidItem{Courier: name.courier, Number: name.number})
		}
	}
	return done
}

// Subscribe asks for pushes. Subscription.Callback is an endpoint's id (see [Carrier.CreateEndpoint]), not an address; Ref comes
// back as clientId; Lifetime is not for us to choose.
//
// Parcels with the same Ref, Callback and Once, which is to say of one order, share a subscription and its handle, for
// it ends as a whole: cancelling the handle of one ends the others. A parcel without a Ref has a subscription of its own. Each
// costs one unit (reported). The error of a registration whose outcome is open is tracking.ErrUpstream; see [Carrier.Register].
func (c *Carrier) Subscribe(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	if err := c.ready(ctx, subscribeOp); err != nil {
		return nil, err
	}
	registrations := make([]tracking.Registration, len(subs))
	for i, s := range subs {
		registrations[i] = tracking.Registration{Subscription: s, Carrier: c.name, Billed: tracking.No}
	}
	for _, group := range orders(subs) {
		c.subscribe(ctx, group, registrations)
	}
	return registrations, nil
}

// orders groups what belongs to one order, by index, in the order of the first of each.
func orders(subs []tracking.Subscription) [][]int {
	type order struct {
		ref, callback string
		once          bool
	}
	var groups [][]int
	at := make(map[order]int, len(subs))
	for i, s := range subs {
		name := order{s.Ref, s.Callback, s.Once}
		if g, ok := at[name]; ok && s.Ref != "" && len(groups[g]) < mostItems {
			groups[g] = append(groups[g], i)
			continue
		}
		at[name] = len(groups)
		groups = append(groups, []int{i})
	}
	return groups
}

// subscribe registers one group and fills in its registrations.
func (c *Carrier) subscribe(ctx context.Context, group []int, registrations []tracking.Registration) {
	first := registrations[group[0]].Subscription
	r := Registering{Once: first.Once, EndpointID: first.Callback}
	var done Registered
	var err error
	if strings.Contains(first.Callback, "://") {
		err = c.refuse(subscribeOp, errors.New("the callback is an endpoint's id here, not an address"))
	} else {
		for _, i := range group {
			s := registrations[i].Subscription
			r.Parcels = append(r.Parcels, tracking.Query{Courier: s.Courier, Number: s.Number, Ref: s.Ref})
		}
		done, err = c.Register(ctx, r)
	}
	for _, i := range group {
		c.settle(&registrations[i], done, err)
	}
}

// settle fills in what became of one parcel of a registration.
func (c *Carrier) settle(r *tracking.Registration, done Registered, err error) {
	a, own := c.accept(tracking.Query{Courier: r.Subscription.Courier, Number: r.Subscription.Number})
	if own != nil {
		r.Err = own
		return
	}
	name := parcelName{a.query.Courier, a.query.Number}
	refused := done.Refused
	var invalid *InvalidItemsError
	if errors.As(err, &invalid) {
		refused = invalid.Items
	}
	for _, item := range refused {
		if item.Courier == name.courier && sameNumber(item.Number, name.number) {
			r.Err = c.refusedItem(a, item)
			return
		}
	}
	if err != nil {
		var whole *tracking.Error
		if errors.As(err, &whole) {
			r.Billed = whole.Billed
		}
		r.Err = err
		return
	}
	if !done.taken[name] {
		// Fewer were taken than sent and the subscription could not be read: its handle is still the one to cancel.
		r.Handle, r.Billed = done.RequestID, tracking.Maybe
		r.Err = c.itemNonsense(subscribeOp, a, "nobody knows whether this parcel was taken")
		return
	}
	r.Handle, r.ExpiresAt, r.Billed = done.RequestID, done.ExpiresAt, tracking.Yes
}

// refusedItem is the error of a parcel that a registration left out.
func (c *Carrier) refusedItem(a asked, item InvalidItem) error {
	known := meaning{kind: tracking.ErrInvalidRequest}
	if item.Code != "" {
		known = itemMeaning(item.Code)
	}
	return &tracking.Error{
		Carrier: c.name, Op: subscribeOp, Kind: known.kind, Courier: a.query.Courier, Last4: tracking.Last4(a.query.Number),
		Code: item.Code, Retry: known.retry, Billed: tracking.No, Err: ErrInvalidItems,
	}
}
