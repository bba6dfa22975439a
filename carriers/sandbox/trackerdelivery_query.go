package sandbox

import (
	"context"
	"strings"

	"github.com/waybill-dev/waybill/internal/gql"
)

// Turns put the errors of one answer in order of failure, as a server has them that asks the couriers side by side.
const (
	turnCarrier = iota // an unknown courier: at once
	turnNumber         // a number that cannot be: before the courier is asked
	turnCourier        // what the courier says
	turnField          // what is found out when the parcel is there
)

// trackerQuery is the root of queries.
type trackerQuery trackerCall

// Field resolves track, carriers and carrier.
func (q *trackerQuery) Field(ctx context.Context, name string, args gql.Args) (any, error) {
	c := (*trackerCall)(q)
	switch name {
	case "track":
		return c.track(ctx, args)
	case "carriers":
		return c.carriers(args)
	default:
		id, _ := args.String("id")
		carrier, ok := trackerCarrierOn(c.side(), id)
		if !ok {
			return nil, carrierNotFound()
		}
		return carrier.object(), nil
	}
}

// side says which list of couriers holds for the call.
func (c *trackerCall) side() servers {
	if c.managed {
		return onManaged
	}
	return onOpen
}

func carrierNotFound() error {
	return &gql.Error{Message: "Carrier not found", Code: "NOT_FOUND", Turn: turnCarrier}
}

func (t trackerCarrier) object() gql.Fields { return gql.Fields{"id": t.id, "name": t.name} }

// carriers lists the couriers. countryCode has no effect, as documented.
func (c *trackerCall) carriers(args gql.Args) (any, error) {
	search, searching := args.String("searchText")
	var nodes []any
	for _, carrier := range trackerCarriersOn(c.side()) {
		if !searching || carrier.matches(search) {
			nodes = append(nodes, carrier.object())
		}
	}
	return connection(nodes, args)
}

// track answers about one parcel.
func (c *trackerCall) track(ctx context.Context, args gql.Args) (any, error) {
	c.mu.Lock()
	c.tracks++
	c.mu.Unlock()
	id, _ := args.String("carrierId")
	number, _ := args.String("trackingNumber")
	carrier, ok := trackerCarrierOn(c.side(), id)
	if !ok {
		return nil, carrierNotFound()
	}
	fault := c.fault
	if fault.Code == "" {
		fault, _ = c.world.fault(c.provider, carrier.courier(), number)
	}
	if err := c.itemFault(ctx, fault); err != nil {
		if fields, ok := brokenFields(fault); !ok {
			return nil, err
		} else if info, ok := c.look(carrier, number); ok {
			return info.breaking(fields, err), nil
		}
	}
	if id == dummyCarrier {
		return c.dummy(number)
	}
	info, ok := c.look(carrier, number)
	if !ok {
		return nil, noParcel(carrier, number)
	}
	return info, nil
}

// brokenFields gives the fields of a parcel that a fault breaks, where its code names some: "INTERNAL@events" or
// "INTERNAL@lastEvent,events".
func brokenFields(f Fault) ([]string, bool) {
	_, fields, ok := strings.Cut(f.Code, "@")
	return strings.Split(fields, ","), ok
}

// breaking makes fields fail with an error.
func (t trackInfo) breaking(fields []string, err error) trackInfo {
	for _, name := range fields {
		t.fields[name] = gql.Func(func(context.Context, gql.Args) (any, error) { return nil, err })
	}
	return t
}

// noParcel is the error for a number that the courier does not have. The check of the number comes after the look, so
// that a world may hold numbers that the couriers' rules refuse: our decision.
func noParcel(carrier trackerCarrier, number string) error {
	if message := carrier.refuses(number); message != "" {
		return &gql.Error{Message: message, Code: "BAD_REQUEST", Turn: turnNumber}
	}
	if carrier.id == "kr.homepick" { // says so of every failure (observed in the open source)
		return &gql.Error{Code: "BAD_REQUEST", Turn: turnCourier}
	}
	return &gql.Error{Code: "NOT_FOUND", Turn: turnCourier}
}
