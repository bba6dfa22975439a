package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
)

// faultRows has the numbers at which something goes wrong. Under the fault each is a parcel in transit.
func faultRows(start time.Time) []magicRow {
	rows := slices.Concat(deliveryAPIFaults(), sweetTrackerFaults(), trackerDeliveryFaults(), callFaults(start))
	out := make([]magicRow, len(rows))
	for i, r := range rows {
		out[i] = row(courier.CJ, cj(r.n), r.name, r.what, Parcel{Scans: legs(start, cjWay[:2]...), Faults: r.faults})
		out[i].Faulty = !r.harmless
		for _, f := range r.faults {
			out[i].Once = f.Times == 1
			if f.Provider != "" {
				out[i].Providers = append(out[i].Providers, f.Provider)
			}
		}
	}
	return out
}

type faultRow struct {
	n          int
	name, what string
	harmless   bool // the answer is right in the end, without another attempt
	faults     []Fault
}

// deliveryAPIFaults has one number per row of deliveryapi's two error tables.
func deliveryAPIFaults() []faultRow {
	items := []string{
		"NOT_FOUND", "TRACKING_FAILED", "COURIER_PREPARING", "INVALID_TRACKING_NUMBER", "UNSUPPORTED_COURIER",
		"MISSING_PARAMS", "MISSING_REQUIRED_FIELD", "INVALID_REQUIRED_FIELD", "SOMETHING_NEW",
	}
	envelopes := []string{
		"UNAUTHORIZED", "FORBIDDEN", "MISSING_PARAMS", "INVALID_PARAMS", "MISSING_REQUIRED_FIELD", "INVALID_REQUIRED_FIELD",
		"INVALID_ITEMS", "NOT_FOUND", "CONFLICT", "RATE_LIMITED", "WEBHOOK_ENDPOINT_LIMIT", "WEBHOOK_ENDPOINT_UNREACHABLE",
		"EMAIL_ALREADY_EXISTS", "COURIER_OTP_REQUIRED", "COURIER_AUTH_FAILED", "NOT_IMPLEMENTED", "INTERNAL_ERROR",
		"INVALID_TRACKING_NUMBER", "UNSUPPORTED_COURIER", "TRACKING_FAILED", "COURIER_PREPARING", "SOMETHING_NEW",
	}
	var rows []faultRow
	for i, code := range items {
		rows = append(rows, faultRow{400 + i, "deliveryapi/item/" + code, "the item fails with " + code, false,
			[]Fault{{Provider: DeliveryAPI, Code: code}}})
	}
	for i, code := range envelopes {
		rows = append(rows, faultRow{420 + i, "deliveryapi/call/" + code, "the whole call fails with " + code, false,
			[]Fault{{Provider: DeliveryAPI, Code: code, Envelope: true}}})
	}
	for i, status := range []int{400, 401, 403, 404, 409, 500, 501, 503} {
		rows = append(rows, faultRow{450 + i, "deliveryapi/http/" + strconv.Itoa(status),
			"the whole call fails with HTTP " + strconv.Itoa(status) + " and an envelope without a code", false,
			[]Fault{{Provider: DeliveryAPI, Code: NoCode, Status: status, Envelope: true}}})
	}
	return rows
}

// sweetTrackerFaults has one number per documented code, and per failure of its framework and gateway.
func sweetTrackerFaults() []faultRow {
	var rows []faultRow
	for i, code := range []string{"101", "102", "103", "104", "105", "106", "199"} {
		rows = append(rows, faultRow{501 + i, "sweettracker/" + code, "fails with code " + code, false,
			[]Fault{{Provider: SweetTracker, Code: code}}})
	}
	rows = append(rows, faultRow{510, "sweettracker/no-code", "fails with status false and no code", false,
		[]Fault{{Provider: SweetTracker, Code: NoCode}}})
	for i, status := range []int{400, 405, 415, 500} {
		rows = append(rows, faultRow{511 + i, "sweettracker/http/" + strconv.Itoa(status),
			"fails with the framework's error " + strconv.Itoa(status), false,
			[]Fault{{Provider: SweetTracker, Status: status, Framework: true}}})
	}
	for i, code := range []string{"01", "02", "03", "04", "99"} {
		rows = append(rows, faultRow{520 + i, "sweettracker-trace/" + code, "registration fails with " + code, false,
			[]Fault{{Provider: SweetTrackerTrace, Code: code}}})
	}
	return append(rows, faultRow{515, "sweettracker/http/502", "fails with the gateway's page", false,
		[]Fault{{Provider: SweetTracker, Status: http.StatusBadGateway, HTML: true}}})
}

// trackerDeliveryFaults has one number per code of tracker.delivery, and per way to say NOT_FOUND and FORBIDDEN.
// A self-hosted server masks them all as INTERNAL; the old REST API has statuses instead.
func trackerDeliveryFaults() []faultRow {
	family := []string{TrackerDelivery, SelfHosted, TrackerDeliveryV1}
	table := []struct {
		name, code, message string
		providers           []string
	}{
		{"UNAUTHENTICATED", "UNAUTHENTICATED", "Unauthenticated", family[:1]},
		{"FORBIDDEN", "FORBIDDEN", "Forbidden", family[:1]},
		{"FORBIDDEN-rate-limit", "FORBIDDEN", "Forbidden: rate limit exceeded", family[:1]},
		{"NOT_FOUND", "NOT_FOUND", "", family},
		{"NOT_FOUND-with-message", "NOT_FOUND", "운송장 미등록", family},
		{"NOT_FOUND-carrier", "NOT_FOUND", "Carrier not found", family},
		{"BAD_REQUEST", "BAD_REQUEST", "", family},
		{"INTERNAL", "INTERNAL", "Please try again in a few minutes.", family},
		{"SOMETHING_NEW", "SOMETHING_NEW", "Something new", family},
		{"no-code", NoCode, "Something without a code", family[:1]},
	}
	rows := make([]faultRow, len(table))
	for i, t := range table {
		rows[i] = faultRow{600 + i, "trackerdelivery/" + t.name, "fails with " + t.code, false, nil}
		for _, provider := range t.providers {
			rows[i].faults = append(rows[i].faults, Fault{Provider: provider, Code: t.code, Message: t.message})
		}
	}
	return rows
}

// limited is a 429 everywhere, in each provider's way.
func limited(f Fault) []Fault {
	f.Provider, f.Code, f.Envelope = DeliveryAPI, "RATE_LIMITED", true
	faults := []Fault{f}
	f.Code, f.Envelope, f.Status = "", false, http.StatusTooManyRequests
	for _, provider := range []string{SweetTracker, TrackerDelivery, SelfHosted, TrackerDeliveryV1} {
		f.Provider = provider
		faults = append(faults, f)
	}
	return faults
}

// down is trouble at the courier's own site until a time, in each provider's way; the zero time means for ever.
func down(until time.Time) []Fault {
	const again = "Please try again in a few minutes."
	return []Fault{
		{Provider: DeliveryAPI, Code: "TRACKING_FAILED", Until: until},
		{Provider: SweetTracker, Code: "106", Until: until},
		{Provider: TrackerDelivery, Code: "INTERNAL", Message: again, Until: until},
		{Provider: SelfHosted, Code: "INTERNAL", Message: again, Until: until},
		{Provider: TrackerDeliveryV1, Code: "INTERNAL", Message: again, Until: until},
	}
}

// callFaults has the numbers that spoil a call at every provider.
func callFaults(start time.Time) []faultRow {
	everywhere := func(f Fault) []Fault { return []Fault{f} }
	return []faultRow{
		{700, "courier-down", "the courier's own site is down", false, down(time.Time{})},
		{701, "courier-down-for-an-hour", "the courier's own site is down for the world's first hour", false, down(start.Add(time.Hour))},
		{702, "rate-limited", "429 with Retry-After of 2 seconds", false, limited(Fault{RetryAfter: "2"})},
		{703, "rate-limited-without-wait", "429 that does not say how long", false, limited(Fault{})},
		{704, "rate-limited-once", "429 with Retry-After of 2 seconds, the first time only", false, limited(Fault{RetryAfter: "2", Times: 1})},
		{705, "quota-gone", "the plan is used up", false, []Fault{
			{Provider: DeliveryAPI, Code: "RATE_LIMITED", Envelope: true, QuotaGone: true},
			{Provider: SweetTracker, Code: "103"},
		}},
		{706, "slow", "answers after 5 seconds", true, everywhere(Fault{Delay: 5 * time.Second})},
		{707, "hanging", "never answers", false, everywhere(Fault{Hang: true})},
		{708, "hanging-once", "does not answer the first time", false, everywhere(Fault{Hang: true, Times: 1})},
		{709, "html", "a page with status 200 where JSON belongs", false, everywhere(Fault{HTML: true, Status: http.StatusOK})},
		{710, "bad-gateway", "the gateway's page, 502", false, everywhere(Fault{HTML: true})},
		{711, "bad-gateway-once", "the gateway's page, the first time only", false, everywhere(Fault{HTML: true, Times: 1})},
		{712, "unavailable", "503 with Retry-After of 2 seconds", false,
			everywhere(Fault{HTML: true, Status: http.StatusServiceUnavailable, RetryAfter: "2"})},
		{713, "gateway-timeout", "504 without a body", false, everywhere(Fault{Empty: true, Status: http.StatusGatewayTimeout})},
		{714, "empty", "200 without a body", false, everywhere(Fault{Empty: true, Status: http.StatusOK})},
		{715, "truncated", "the right answer, cut in the middle", false, everywhere(Fault{Truncated: true})},
		{716, "torn", "the connection breaks in the middle of the answer", false, everywhere(Fault{Torn: true})},
		{717, "nonsense", "well-formed JSON that makes no sense", false, everywhere(Fault{Nonsense: true})},
	}
}
