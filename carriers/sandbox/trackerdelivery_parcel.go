package sandbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/gql"
	"github.com/waybill-dev/waybill/tracking"
)

// trackInfo is a parcel as tracker.delivery shows it.
type trackInfo struct{ fields gql.Fields }

// Field gives a field of the parcel.
func (t trackInfo) Field(ctx context.Context, name string, args gql.Args) (any, error) {
	return t.fields.Field(ctx, name, args)
}

// look gives a parcel as this server shows it; false when the courier does not have it.
func (c *trackerCall) look(carrier trackerCarrier, number string) (trackInfo, bool) {
	view, ok := c.world.Look(carrier.courier(), number)
	if !ok {
		return trackInfo{}, false
	}
	scans := view.Parcel.Scans
	if !c.managed {
		scans = withInferredDelivery(carrier.id, scans)
	}
	events := make([]any, len(scans))
	for i, scan := range scans {
		events[i] = c.event(carrier, scan)
	}
	sender, recipient := view.Parcel.Sender, view.Parcel.Recipient
	if sender == (Person{}) {
		sender = theSender
	}
	if recipient == (Person{}) {
		recipient = theRecipient
	}
	return trackInfo{gql.Fields{
		"trackingNumber": number,
		"lastEvent":      lastEvent(scans, events),
		"events":         gql.Func(func(_ context.Context, args gql.Args) (any, error) { return connection(events, args) }),
		"sender":         c.person(carrier.id, sender),
		"recipient":      c.person(carrier.id, recipient),
	}}, true
}

// lastEvent is the delivery nearest the end of the list where there is one, else the end of the list (documented).
func lastEvent(scans []Scan, events []any) any {
	for i, scan := range slices.Backward(scans) {
		if scan.trackerDeliveryCode() == "DELIVERED" {
			return events[i]
		}
	}
	if len(events) == 0 {
		return nil
	}
	return events[len(events)-1]
}

// withInferredDelivery adds the event that newer self-hosted servers add to a Lotte parcel whose last word is the
// registration of who took it (observed).
func withInferredDelivery(id string, scans []Scan) []Scan {
	if id != "kr.lotte" || len(scans) == 0 || scans[len(scans)-1].Text != "인수자등록" {
		return scans
	}
	if slices.ContainsFunc(scans, func(s Scan) bool { return s.trackerDeliveryCode() == "DELIVERED" }) {
		return scans
	}
	last := scans[len(scans)-1]
	last.Status, last.Sub, last.As.TrackerDelivery = tracking.StatusDelivered, tracking.SubNone, ""
	last.Text, last.Note = "배달 완료", "배달 완료 (인수자등록)"
	return append(slices.Clone(scans), last)
}

// event shows a scan.
func (c *trackerCall) event(carrier trackerCarrier, s Scan) gql.Fields {
	location := any(nil)
	if s.Place != "" {
		location = gql.Fields{"name": s.Place, "countryCode": "KR"}
	}
	contact := any(nil)
	if s.Driver != "" {
		contact = gql.Fields{"name": s.Driver, "phoneNumber": c.phone(s.Phone), "location": location}
	}
	return gql.Fields{
		"time": carrier.time(s), "status": gql.Fields{"code": c.statusCode(s), "name": orNull(s.Text)},
		"location": location, "contact": contact, "description": orNull(s.Note),
	}
}

// time writes the time of a scan: Korean couriers' in Korean time, others' with the offset it has. Without a clock
// time it is the last second of the day, as at kr.lotte.
func (t trackerCarrier) time(s Scan) any {
	at := s.At
	if strings.HasPrefix(t.id, "kr.") {
		at = at.In(kst)
	}
	switch {
	case s.Undated:
		return nil
	case s.DayOnly:
		year, month, day := at.Date()
		at = time.Date(year, month, day, 23, 59, 59, 0, at.Location())
	}
	return trackerStamp(at)
}

// statusCode gives the code of a scan. A self-hosted server makes UNKNOWN of what it does not know (observed); the
// managed one may have codes that no client knows yet.
func (c *trackerCall) statusCode(s Scan) string {
	code := s.trackerDeliveryCode()
	if c.managed || slices.Contains(trackerCodes(), code) {
		return code
	}
	return "UNKNOWN"
}

func trackerCodes() []string {
	return []string{
		"INFORMATION_RECEIVED", "AT_PICKUP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "AVAILABLE_FOR_PICKUP", "ATTEMPT_FAIL",
		"DELIVERED", "EXCEPTION", "UNKNOWN",
	}
}

// person shows a sender or recipient: masked at the managed service, in clear by a self-hosted server, and without a
// name for the couriers that never give one.
func (c *trackerCall) person(carrierID string, p Person) gql.Fields {
	nameless := carrierID == "kr.lotte" || carrierID == "kr.logen"
	fields := gql.Fields{}
	switch {
	case nameless:
	case c.managed:
		fields["name"] = maskedName(p.Name)
	default:
		fields["name"], fields["phoneNumber"] = orNull(p.Name), c.phone(p.Phone)
		fields["location"] = gql.Fields{"name": orNull(p.Address), "countryCode": "KR"}
	}
	return fields
}

// maskedName leaves the family name: 홍**.
func maskedName(name string) any {
	runes := []rune(name)
	if len(runes) == 0 {
		return nil
	}
	return string(runes[0]) + strings.Repeat("*", len(runes)-1)
}

// phone shows a phone number. For one that the courier has masked, documentation and self-hosted server disagree on
// what the argument does; each double does what is said of it.
func (c *trackerCall) phone(number string) gql.Func {
	return func(_ context.Context, args gql.Args) (any, error) {
		if number == "" {
			return nil, nil
		}
		if !strings.ContainsAny(number, "*X") {
			return e164(number), nil
		}
		show := c.managed // what the absence of the argument means
		if allow, given := args.Bool("allowInvalidFormat"); given {
			show = allow == c.managed
		}
		if !show {
			return nil, nil
		}
		return "+82-" + strings.TrimPrefix(strings.ReplaceAll(number, "*", "X"), "0"), nil
	}
}

// orNull gives nil for an empty text.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
