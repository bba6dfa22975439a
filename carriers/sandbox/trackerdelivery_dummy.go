package sandbox

import (
	"context"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/gql"
)

// dummy answers for the test courier of the managed service (documented): the number is the time of delivery in UTC,
// on an hour that three divides. Within a day before it the parcel is on its way, within a day after it delivered.
func (c *trackerCall) dummy(number string) (any, error) {
	delivery, err := time.Parse("2006-01-02T15:00:00Z", strings.ToUpper(number))
	if err != nil || delivery.Hour()%3 != 0 {
		return nil, &gql.Error{Code: "BAD_REQUEST", Turn: turnNumber}
	}
	const day = 24 * time.Hour
	ago := c.world.clock.Now().Sub(delivery)
	if ago >= day || ago < -day {
		return nil, &gql.Error{Code: "NOT_FOUND", Turn: turnCourier}
	}
	events := []any{dummyEvent(delivery.Add(-day), "IN_TRANSIT")}
	if ago >= 0 {
		events = append(events, dummyEvent(delivery, "DELIVERED"))
	}
	return gql.Fields{
		"trackingNumber": number,
		"lastEvent":      events[len(events)-1],
		"events":         gql.Func(func(_ context.Context, args gql.Args) (any, error) { return connection(events, args) }),
	}, nil
}

func dummyEvent(at time.Time, code string) gql.Fields {
	return gql.Fields{"time": trackerStamp(at), "status": gql.Fields{"code": code, "name": code}}
}
