package trackerdelivery

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

const opCouriers = "couriers"

// maxCourierPages bounds the list, and listedFor is how long it is believed: our decisions.
const (
	maxCourierPages = 50
	listedFor       = 24 * time.Hour
)

// carrierList is the data of a Carriers document.
type carrierList struct {
	Carriers *struct {
		Edges []struct {
			Cursor string   `json:"cursor"`
			Node   *carrier `json:"node"`
		} `json:"edges"`
		PageInfo struct {
			HasNextPage bool `json:"hasNextPage"`
		} `json:"pageInfo"`
	} `json:"carriers"`
}

type carrier struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the managed service's alone
}

// listing keeps the list of couriers of one server.
type listing struct {
	turn chan struct{} // held by who reads the list to explain a failure

	mu     sync.Mutex
	list   []carrier
	ids    map[string]struct{}
	readAt time.Time
	failed time.Time
}

func newListing() *listing { return &listing{turn: make(chan struct{}, 1)} }

// failedLately reports whether the list could not be read a moment ago.
func (l *listing) failedLately(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.failed.IsZero() && now.Before(l.failed.Add(listFailedFor))
}

// without reports whether there is a list and it has no such id.
func (l *listing) without(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, found := l.ids[id]
	return l.ids != nil && !found
}

// fresh gives the list if it is not too old.
func (l *listing) fresh(now time.Time) ([]carrier, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list, l.ids != nil && now.Before(l.readAt.Add(listedFor))
}

func (l *listing) keep(list []carrier, now time.Time) {
	ids := make(map[string]struct{}, len(list))
	for _, item := range list {
		ids[item.ID] = struct{}{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.ids, l.readAt, l.failed = list, ids, now, time.Time{}
}

func (l *listing) fail(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = now
}

// Couriers lists what the server serves now, page by page, in its order; a complete list is kept for a day. A self-hosted
// server tells ids only, so that names and service lines come from our own table. The test courier is left out.
func (c *Carrier) Couriers(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
	return func(yield func(tracking.CourierInfo, error) bool) {
		if err := c.ready(ctx, opCouriers); err != nil {
			yield(tracking.CourierInfo{}, err)
			return
		}
		for item, err := range c.listed(ctx) {
			if err != nil {
				yield(tracking.CourierInfo{}, err)
				return
			}
			if item.ID != dummyID && !yield(courierInfo(item.ID, item.Name), nil) {
				return
			}
		}
	}
}

// listed gives the kept list, or reads it page by page and keeps it when it is complete.
func (c *Carrier) listed(ctx context.Context) iter.Seq2[carrier, error] {
	return func(yield func(carrier, error) bool) {
		if list, fresh := c.directory.fresh(c.config.Now()); fresh {
			for _, item := range list {
				if !yield(item, nil) {
					return
				}
			}
			return
		}
		var list []carrier
		seen := make(map[string]struct{})
		after := ""
		for range maxCourierPages {
			page, err := c.readCarriers(ctx, after)
			if err != nil {
				yield(carrier{}, err)
				return
			}
			news := false
			for _, edge := range page.Carriers.Edges {
				after = edge.Cursor
				if edge.Node == nil || edge.Node.ID == "" {
					continue
				}
				if _, again := seen[edge.Node.ID]; again {
					continue
				}
				seen[edge.Node.ID], news = struct{}{}, true
				list = append(list, *edge.Node)
				if !yield(*edge.Node, nil) {
					return
				}
			}
			if !page.Carriers.PageInfo.HasNextPage || !news || after == "" {
				break
			}
		}
		if len(list) > 0 { // entries without an id are no list to go by
			c.directory.keep(list, c.config.Now())
		}
	}
}

// readCarriers reads one page.
func (c *Carrier) readCarriers(ctx context.Context, after string) (*carrierList, error) {
	var got answer[carrierList]
	op := transport.Operation{Name: opCouriers, Attempts: readAttempts, Attempt: trackLimit}
	op.Classify = func(resp *transport.Response) *tracking.Error {
		if err := got.read(resp); err != nil {
			return err
		}
		if err := got.refusal(c.config.Mode); err != nil {
			return err
		}
		if got.Data == nil || got.Data.Carriers == nil || len(got.Data.Carriers.Edges) == 0 && after == "" {
			return &tracking.Error{Kind: tracking.ErrProtocol, Retry: tracking.RetrySoon, Err: errNoList}
		}
		return nil
	}
	if err := c.post(ctx, op, c.carriersBody(after)); err != nil {
		return nil, err
	}
	return got.Data, nil
}

var errNoList = errors.New("the answer holds no list")

// courierInfo completes a provider's entry from our table.
func courierInfo(id, name string) tracking.CourierInfo {
	info := tracking.CourierInfo{Code: id, Name: name, International: international(id)}
	info.Courier, _ = courier.FromProvider(courier.TrackerDelivery, id)
	for i := range known {
		if known[i].id == id {
			info.Phone = known[i].phone
			if info.Name == "" {
				info.Name = known[i].name
			}
			break
		}
	}
	if info.Name == "" {
		info.Name = id
	}
	return info
}

// international reports what an id says: a country other than Korea, or one of the Korean forwarders' lines.
func international(id string) bool {
	switch id {
	case "kr.epost.ems", "kr.lotte.global", "kr.actcore.ocean-inbound", "kr.swgexp", "kr.swgexp.epost", "kr.swgexp.cjlogistics", dummyID:
		return id != dummyID
	}
	return !strings.HasPrefix(id, "kr.")
}
