package deliveryapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/trackingtest"
)

// world is a small provider: what it says of a parcel depends on the number alone.
func world(t *testing.T) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		base := readFixture(t, "trace-members-missing")
		var sent sentTrace
		switch body := readBody(t, r); {
		case r.URL.Path == "/v1/usage":
			return readFixture(t, "usage").answer(), nil
		case r.URL.Path == "/v1/tracking/couriers":
			return readFixture(t, "couriers").answer(), nil
		case r.URL.Path != "/v1/tracking/trace":
			return readFixture(t, "endpoint-delete-missing").answer(), nil
		case json.Unmarshal(body, &sent) != nil:
			t.Errorf("sent %s", body)
		}
		var results []string
		for _, item := range sent.Items {
			if strings.HasSuffix(item.TrackingNumber, "77") {
				select {
				case <-r.Context().Done():
					return nil, r.Context().Err()
				case <-time.After(time.Hour):
				}
			}
			results = append(results, worldResult(item))
		}
		return base.answerWith([]byte(`{"isSuccess":true,"data":{"results":[` + strings.Join(results, ",") + `]}}`)), nil
	}
}

func worldResult(item sentItem) string {
	failed := func(code string) string {
		return fmt.Sprintf(`{"clientId":%q,"success":false,"error":{"code":%q,"message":"배송담당:홍길동 010-1234-5678"}}`, item.ClientID, code)
	}
	code := "PICKED_UP"
	switch {
	case strings.HasSuffix(item.TrackingNumber, "22"):
		return failed("NOT_FOUND")
	case strings.HasSuffix(item.TrackingNumber, "44"):
		return failed("TRACKING_FAILED")
	case strings.HasSuffix(item.TrackingNumber, "55"):
		return failed("COURIER_PREPARING")
	case strings.HasSuffix(item.TrackingNumber, "33"):
		code = "STORED_IN_LOCKER"
	}
	return fmt.Sprintf(`{"clientId":%q,"success":true,"data":{"trackingNumber":%q,"courierCode":%q,"deliveryStatus":%q,
		"receiverName":"홍길동","progresses":[{"dateTime":"2026-09-27 15:30","location":"수원영통","status":"무인함 보관","statusCode":%q,
		"description":"배송담당:홍길동 010-1234-5678","telno":"010-1234-5678"}]}}`, item.ClientID, item.TrackingNumber, item.CourierCode, code, code)
}

func TestConformance(t *testing.T) {
	number := func(end string) tracking.Query {
		return tracking.Query{Courier: courier.CJ, Number: "6801234567" + end}
	}
	trackingtest.Run(t, trackingtest.Harness{
		New:   func(t *testing.T) tracking.Carrier { return newCarrier(world(t)) },
		Known: number("11"), Missing: number("22"), Unmapped: number("33"), Slow: number("77"),
		Failing: []trackingtest.Failure{
			{Query: number("44"), Want: tracking.ErrUpstream}, {Query: number("55"), Want: tracking.ErrUpstream},
			{Query: tracking.Query{Courier: courier.CJ}, Want: tracking.ErrInvalidNumber},
			{Query: tracking.Query{Courier: courier.Chunil, Number: "12345678901"}, Want: tracking.ErrUnsupportedCourier},
		},
		Secrets:   []string{testKey, testSecret, "홍길동", "1234-5678"},
		InProcess: true,
	})
}

var _ tracking.Carrier = (*deliveryapi.Carrier)(nil)
