package deliveryapi

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const subscriptionsPath = "/v1/webhooks/subscriptions"

// Subscription is what the provider holds of one registration. Parcels, PolledAt, NextPollAt, Metadata and Modified come
// with [Carrier.Subscription] only, not with lists.
type Subscription struct {
	RequestID  string
	EndpointID string // empty when nobody is told
	Once       bool
	Active     bool
	Status     string // active, completed or cancelled (documented)
	Count      int    // parcels

	Delivered, Open, Failed int // of them, as the provider counts

	Parcels              []Tracked
	Metadata             map[string]string
	PolledAt, NextPollAt time.Time
	Created, Modified    time.Time
}

// Outcome says how a subscription ended.
type Outcome string

// The outcomes.
const (
	OutcomeNone      Outcome = ""          // it still runs
	OutcomeDelivered Outcome = "delivered" // every parcel is delivered or cancelled
	OutcomeOnce      Outcome = "once"      // it was a single crawl
	OutcomeExpired   Outcome = "expired"   // the 14 days ran out with open parcels, which must be polled from here on
	OutcomeCancelled Outcome = "cancelled"
)

// Outcome judges a subscription that was read with its parcels. The provider says "completed" for delivery and
// for expiry alike (documented), so each parcel is looked at.
func (s Subscription) Outcome() Outcome {
	switch {
	case s.Active || s.Status == "active":
		return OutcomeNone
	case s.Status == "cancelled":
		return OutcomeCancelled
	case s.allDone():
		return OutcomeDelivered
	case s.Once:
		return OutcomeOnce
	}
	return OutcomeExpired
}

func (s Subscription) allDone() bool {
	for _, parcel := range s.Parcels {
		if !parcel.done() {
			return false
		}
	}
	return len(s.Parcels) > 0
}

// SubscriptionFilter narrows a list. The zero value is everything.
type SubscriptionFilter struct {
	Status   string    // active, completed or cancelled; empty means any
	From, To time.Time // days of registration, both included; taken as Korean days (our decision)
	PageSize int       // subscriptions per call; 0 leaves it to the provider; 50 is in use (reported)
}

func (f SubscriptionFilter) query(cursor string) string {
	values := url.Values{}
	for name, value := range map[string]string{"cursor": cursor, "status": f.Status, "from": dayOf(f.From), "to": dayOf(f.To)} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if f.PageSize > 0 {
		values.Set("limit", strconv.Itoa(f.PageSize))
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

func dayOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(kst).Format(time.DateOnly)
}

type subscriptionData struct {
	RequestID  string `json:"requestId"`
	EndpointID string `json:"endpointId"`
	Recurring  bool   `json:"recurring"`
	IsActive   bool   `json:"isActive"`
	Status     string `json:"status"`
	ItemCount  int    `json:"itemCount"`
	Summary    struct {
		Delivered int `json:"delivered"`
		Active    int `json:"active"`
		Failed    int `json:"failed"`
	} `json:"summary"`
	Items        []json.RawMessage `json:"items"`
	LastPolledAt string            `json:"lastPolledAt"`
	NextPollAt   string            `json:"nextPollAt"`
	Metadata     map[string]string `json:"metadata"`
	DateCreated  string            `json:"dateCreated"`
	DateModified string            `json:"dateModified"`
}

func (d subscriptionData) subscription() Subscription {
	return Subscription{
		RequestID: d.RequestID, EndpointID: d.EndpointID, Once: !d.Recurring, Active: d.IsActive, Status: d.Status,
		Count: d.ItemCount, Delivered: d.Summary.Delivered, Open: d.Summary.Active, Failed: d.Summary.Failed,
		Metadata: d.Metadata, PolledAt: serviceTime(d.LastPolledAt), NextPollAt: serviceTime(d.NextPollAt),
		Created: serviceTime(d.DateCreated), Modified: serviceTime(d.DateModified),
	}
}

type subscriptionPage struct {
	Subscriptions []subscriptionData `json:"subscriptions"`
	NextCursor    string             `json:"nextCursor"`
}

// Subscriptions lists what the account registered, page after page, a call for each. An error comes once, last.
func (c *Carrier) Subscriptions(ctx context.Context, f SubscriptionFilter) iter.Seq2[Subscription, error] {
	return func(yield func(Subscription, error) bool) {
		seen := map[string]bool{}
		for cursor := ""; ; {
			page, err := c.subscriptionPage(ctx, f, cursor)
			if err != nil {
				yield(Subscription{}, err)
				return
			}
			for _, data := range page.Subscriptions {
				if !yield(data.subscription(), nil) {
					return
				}
			}
			cursor = page.NextCursor
			if cursor == "" || seen[cursor] { // a cursor that comes again would go round for ever
				return
			}
			seen[cursor] = true
		}
	}
}

func (c *Carrier) subscriptionPage(ctx context.Context, f SubscriptionFilter, cursor string) (subscriptionPage, error) {
	op := operation{name: "list subscriptions", method: http.MethodGet, url: c.base + subscriptionsPath + f.query(cursor), attempts: 3}
	page, _, err := exchange[subscriptionPage](ctx, c, op, nil, nil)
	if err == nil && page.Subscriptions == nil {
		err = c.nonsense(op.name, "subscriptions")
	}
	return page, err
}

// Subscription reads one subscription with its parcels.
func (c *Carrier) Subscription(ctx context.Context, requestID string) (Subscription, error) {
	op := operation{name: "get subscription", method: http.MethodGet, attempts: 3}
	if err := checkID(requestID); err != nil {
		return Subscription{}, c.refuse(op.name, err)
	}
	op.url = c.base + subscriptionsPath + "/" + url.PathEscape(requestID)
	data, told, err := exchange[subscriptionData](ctx, c, op, nil, nil)
	if err != nil {
		return Subscription{}, err
	}
	if data.RequestID == "" {
		return Subscription{}, c.nonsense(op.name, "request id")
	}
	s := data.subscription()
	for _, raw := range data.Items {
		if parcel, ok := c.tracked(readItem(raw), tracking.Query{}, told.at); ok {
			if parcel.RequestID == "" {
				parcel.RequestID = s.RequestID
			}
			s.Parcels = append(s.Parcels, parcel)
		}
	}
	return s, nil
}

// CancelSubscription ends a subscription with all of its parcels; there is no way to end one of them (documented). One that is
// not there is ErrResourceNotFound.
func (c *Carrier) CancelSubscription(ctx context.Context, requestID string) error {
	op := operation{name: "cancel", method: http.MethodDelete, attempts: 3}
	return c.discard(ctx, op, subscriptionsPath, requestID, nil)
}

// Cancel ends what Subscribe began, for all parcels that share the handle. A handle that is gone already is no error.
func (c *Carrier) Cancel(ctx context.Context, handle string) error {
	err := c.CancelSubscription(ctx, handle)
	if errors.Is(err, ErrResourceNotFound) {
		return nil
	}
	return err
}
