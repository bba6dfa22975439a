package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// apiSubscription is one registered batch. What it shows is computed from the world when it is asked for.
type apiSubscription struct {
	id, endpoint string
	recurring    bool
	items        []apiItem
	metadata     map[string]string
	created      time.Time
	cancelled    time.Time
}

const (
	apiRegisterMax = 100                 // items per registration, documented
	apiLifetime    = 14 * 24 * time.Hour // documented
	apiPollEvery   = time.Hour           // documented
)

// apiRegister answers POST /v1/webhooks/register. One bad item refuses the batch, with all bad ones listed: whether
// the real service does so, or takes the rest, is not known.
func (w *World) apiRegister(c *apiCall) {
	var wish struct {
		Items      []apiItem         `json:"items"`
		Recurring  *bool             `json:"recurring"`
		EndpointID string            `json:"endpointId"`
		Metadata   map[string]string `json:"metadata"`
	}
	if !c.decode(&wish) {
		return
	}
	noteItems(c.r, len(wish.Items))
	switch {
	case len(wish.Items) == 0, wish.Recurring == nil:
		c.fail(Fault{Code: "MISSING_PARAMS"})
		return
	case len(wish.Items) > apiRegisterMax:
		c.fail(Fault{Code: "INVALID_PARAMS"})
		return
	case w.apiPlan(c.key).Quota.Remaining == 0:
		c.fail(Fault{Code: "RATE_LIMITED"})
		return
	case wish.EndpointID != "" && !w.apiHasEndpoint(c.key, wish.EndpointID):
		c.fail(Fault{Code: "NOT_FOUND", Message: "엔드포인트를 찾을 수 없습니다"})
		return
	}
	if _, done := w.apiItemFaults(c, wish.Items); done {
		return
	}
	if bad := w.apiBadItems(wish.Items); len(bad) > 0 {
		c.failWith(Fault{Code: "INVALID_ITEMS"}, bad, nil)
		return
	}
	s := &apiSubscription{
		id: w.newID("req_"), endpoint: wish.EndpointID, recurring: *wish.Recurring,
		items: wish.Items, metadata: wish.Metadata, created: w.clock.Now(),
	}
	w.mu.Lock()
	w.deliveryAPI.subscriptions[c.key] = append(w.deliveryAPI.subscriptions[c.key], s)
	w.mu.Unlock()
	w.apiSpend(c.key, len(s.items))
	plan := w.apiPlan(c.key)
	c.send(http.StatusOK, apiEnvelope{IsSuccess: true, APIKeyInfo: &plan, Data: struct {
		RequestID string `json:"requestId"`
		ItemCount int    `json:"itemCount"`
		Recurring bool   `json:"recurring"`
	}{s.id, len(s.items), s.recurring}})
}

type apiBadItem struct {
	CourierCode    string `json:"courierCode"`
	TrackingNumber string `json:"trackingNumber"`
	ErrorCode      string `json:"errorCode"`
}

func (w *World) apiBadItems(items []apiItem) []apiBadItem {
	var bad []apiBadItem
	for _, item := range items {
		item.Extra = nil // not among the members of a registration, as far as is known
		if _, refused := w.apiRefuses(item); refused != nil {
			bad = append(bad, apiBadItem{item.CourierCode, item.TrackingNumber, refused.Code})
		}
	}
	return bad
}

func (w *World) apiHasEndpoint(key, id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.deliveryAPI.endpoints[key], func(e *apiEndpoint) bool { return e.id == id })
}

// apiSubscriptionView is a subscription as it is listed; get adds the items and what follows them.
type apiSubscriptionView struct {
	RequestID    string            `json:"requestId"`
	EndpointID   string            `json:"endpointId,omitempty"`
	Recurring    bool              `json:"recurring"`
	IsActive     bool              `json:"isActive"`
	Status       string            `json:"status"`
	ItemCount    int               `json:"itemCount"`
	Summary      apiBatchSummary   `json:"summary"`
	Items        []apiPolled       `json:"items,omitempty"`
	LastPolledAt string            `json:"lastPolledAt,omitempty"`
	NextPollAt   string            `json:"nextPollAt,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
	DateCreated  string            `json:"dateCreated"`
	DateModified string            `json:"dateModified,omitempty"`
}

type apiBatchSummary struct {
	Total     int `json:"total"`
	Delivered int `json:"delivered"`
	Active    int `json:"active"`
	Failed    int `json:"failed"`
}

// apiPolled is an item as the provider's own hourly poll last saw it.
type apiPolled struct {
	CourierCode    string     `json:"courierCode"`
	TrackingNumber string     `json:"trackingNumber"`
	ClientID       string     `json:"clientId,omitempty"`
	RequestID      string     `json:"requestId,omitempty"` // in results only
	CurrentStatus  string     `json:"currentStatus"`
	PreviousStatus string     `json:"previousStatus,omitempty"`
	HasChanged     bool       `json:"hasChanged"`
	IsDelivered    bool       `json:"isDelivered"`
	TrackingData   *apiParcel `json:"trackingData,omitempty"`
	Error          string     `json:"error,omitempty"`
	LastPolledAt   string     `json:"lastPolledAt,omitempty"` // in results only
}

// polled gives the time of the provider's last own poll, and of the one before it; the first is at registration.
func (s *apiSubscription) polled(now time.Time) (last, before time.Time) {
	end := s.created.Add(apiLifetime)
	if !s.cancelled.IsZero() && s.cancelled.Before(end) {
		end = s.cancelled
	}
	if end.Before(now) {
		now = end
	}
	if !s.recurring {
		return s.created, time.Time{}
	}
	rounds := max(now.Sub(s.created)/apiPollEvery, 0)
	last = s.created.Add(rounds * apiPollEvery)
	if rounds > 0 {
		before = last.Add(-apiPollEvery)
	}
	return last, before
}

// apiShow computes what a subscription shows at now.
func (w *World) apiShow(s *apiSubscription, now time.Time) apiSubscriptionView {
	last, before := s.polled(now)
	v := apiSubscriptionView{
		RequestID: s.id, EndpointID: s.endpoint, Recurring: s.recurring, ItemCount: len(s.items),
		LastPolledAt: isoMillis(last), Metadata: s.metadata, DateCreated: isoMillis(s.created), DateModified: isoMillis(last),
		Summary: apiBatchSummary{Total: len(s.items)},
	}
	for _, item := range s.items {
		polled := w.apiPoll(item, last, before)
		v.Items = append(v.Items, polled)
		if polled.IsDelivered {
			v.Summary.Delivered++
		}
	}
	v.Status = s.status(now, v.Summary.Delivered)
	v.IsActive = v.Status == "active"
	open := len(s.items) - v.Summary.Delivered
	if v.IsActive {
		v.Summary.Active, v.NextPollAt = open, isoMillis(last.Add(apiPollEvery))
	} else {
		v.Summary.Failed = open
	}
	return v
}

func (s *apiSubscription) status(now time.Time, deliveredItems int) string {
	switch {
	case !s.cancelled.IsZero():
		return "cancelled"
	case !s.recurring, deliveredItems == len(s.items), !now.Before(s.created.Add(apiLifetime)):
		return "completed"
	default:
		return "active"
	}
}

func (w *World) apiPoll(item apiItem, last, before time.Time) apiPolled {
	p := apiPolled{CourierCode: item.CourierCode, TrackingNumber: item.TrackingNumber, ClientID: item.ClientID}
	code, _ := courier.FromProvider(courier.DeliveryAPI, item.CourierCode)
	info, _ := courier.Get(code)
	view, found := w.lookAt(code, item.TrackingNumber, last)
	if !found {
		p.CurrentStatus, p.Error = tracking.StatusUnknown.String(), "배송 정보를 찾을 수 없습니다"
		return p
	}
	p.TrackingData = apiParcelOf(view, info, true)
	p.CurrentStatus, p.IsDelivered = p.TrackingData.DeliveryStatus, p.TrackingData.IsDelivered
	if earlier, ok := w.lookAt(code, item.TrackingNumber, before); ok && !before.IsZero() {
		p.PreviousStatus = earlier.apiStatus()
		p.HasChanged = p.PreviousStatus != p.CurrentStatus
	}
	return p
}

// apiSubscriptionsOf gives a key's subscriptions, newest first.
func (w *World) apiSubscriptionsOf(key string) []*apiSubscription {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]*apiSubscription, 0, len(w.deliveryAPI.subscriptions[key]))
	for _, s := range slices.Backward(w.deliveryAPI.subscriptions[key]) {
		copied := *s
		list = append(list, &copied)
	}
	return list
}

// apiListSubscriptions answers GET /v1/webhooks/subscriptions?cursor&limit&status&from&to, days in UTC.
func (w *World) apiListSubscriptions(c *apiCall) {
	query := c.r.URL.Query()
	limit, err := strconv.Atoi(cmp.Or(query.Get("limit"), "20"))
	from, errCursor := strconv.Atoi(cmp.Or(strings.TrimPrefix(query.Get("cursor"), "cur_"), "0"))
	if err != nil || errCursor != nil || limit < 1 || from < 0 {
		c.fail(Fault{Code: "INVALID_PARAMS"})
		return
	}
	now := w.clock.Now()
	matching := []apiSubscriptionView{}
	for _, s := range w.apiSubscriptionsOf(c.key) {
		view := w.apiShow(s, now)
		view.Items, view.LastPolledAt, view.NextPollAt, view.Metadata, view.DateModified = nil, "", "", nil, ""
		day := view.DateCreated[:len(time.DateOnly)]
		if status := query.Get("status"); (status == "" || status == view.Status) &&
			day >= query.Get("from") && day <= cmp.Or(query.Get("to"), "9999") {
			matching = append(matching, view)
		}
	}
	start := min(from, len(matching))
	end := min(start+min(limit, 100), len(matching))
	next := ""
	if end < len(matching) {
		next = "cur_" + strconv.Itoa(end)
	}
	c.ok(struct {
		Subscriptions []apiSubscriptionView `json:"subscriptions"`
		Total         int                   `json:"total"`
		NextCursor    string                `json:"nextCursor,omitempty"`
	}{matching[start:end], len(matching), next})
}

func (w *World) apiGetSubscription(c *apiCall) {
	for _, s := range w.apiSubscriptionsOf(c.key) {
		if s.id == c.r.PathValue("id") {
			c.ok(w.apiShow(s, w.clock.Now()))
			return
		}
	}
	c.fail(Fault{Code: "NOT_FOUND", Message: "구독을 찾을 수 없습니다"})
}

// apiCancelSubscription stops the whole batch; there is no cancelling of one item.
func (w *World) apiCancelSubscription(c *apiCall) {
	now := w.clock.Now()
	found := false
	w.mu.Lock()
	for _, s := range w.deliveryAPI.subscriptions[c.key] {
		if s.id == c.r.PathValue("id") && s.cancelled.IsZero() {
			s.cancelled, found = now, true
		}
	}
	w.mu.Unlock()
	if !found {
		c.fail(Fault{Code: "NOT_FOUND", Message: "구독을 찾을 수 없습니다"})
		return
	}
	c.ok(nil)
}

// apiResults answers POST /v1/webhooks/results for subscribed items; others are left out.
func (w *World) apiResults(c *apiCall) {
	var wish struct {
		Items []apiItem `json:"items"`
	}
	if !c.decode(&wish) {
		return
	}
	noteItems(c.r, len(wish.Items))
	if len(wish.Items) == 0 {
		c.fail(Fault{Code: "MISSING_PARAMS"})
		return
	}
	now := w.clock.Now()
	subscriptions := w.apiSubscriptionsOf(c.key)
	results := []apiPolled{}
	for _, item := range wish.Items {
		if polled, ok := w.apiSubscribed(subscriptions, item, now); ok {
			results = append(results, polled)
		}
	}
	c.ok(struct {
		Results []apiPolled `json:"results"`
		Total   int         `json:"total"`
	}{results, len(results)})
}

// apiSubscribed finds an item in the newest subscription that has it.
func (w *World) apiSubscribed(subscriptions []*apiSubscription, wanted apiItem, now time.Time) (apiPolled, bool) {
	for _, s := range subscriptions {
		for _, item := range s.items {
			if item.CourierCode == wanted.CourierCode && item.TrackingNumber == wanted.TrackingNumber {
				last, before := s.polled(now)
				polled := w.apiPoll(item, last, before)
				polled.RequestID, polled.LastPolledAt = s.id, isoMillis(last)
				return polled, true
			}
		}
	}
	return apiPolled{}, false
}
