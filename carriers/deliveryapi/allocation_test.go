package deliveryapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking/transport"
)

// ownAllocations is how much a query may allocate beside the transport's call and one typed decode of the answer.
const ownAllocations = 16

func TestQueryAllocations(t *testing.T) {
	f := readFixture(t, "trace-progresses-oldest-first")
	qs, _ := queriesOf(t, f)
	body, header := f.body(), http.Header{"Content-Type": {"application/json"}}
	rt := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		}, nil
	})
	c, ctx := newCarrier(rt), t.Context()
	whole := testing.AllocsPerRun(200, func() {
		if _, err := c.Query(ctx, qs); err != nil {
			t.Fatal(err)
		}
	})
	decode := testing.AllocsPerRun(200, func() {
		if err := decodeLikeQuery(body); err != nil {
			t.Fatal(err)
		}
	})
	calls, err := transport.New(transport.Config{
		Carrier: "bare", Client: &http.Client{Transport: rt}, Limiter: rate.NewLimiter(rate.Inf, 0), Calls: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	request := transport.Request{
		Method: http.MethodPost, URL: "https://api.deliveryapi.co.kr/v1/tracking/trace", Body: f.Request.Body,
		Header: http.Header{"Authorization": {"Bearer a:b"}, "Content-Type": {"application/json"}},
	}
	bare := testing.AllocsPerRun(200, func() {
		if _, err := calls.Do(ctx, transport.Operation{Name: "query", Attempts: 2}, request); err != nil {
			t.Fatal(err)
		}
	})
	if own := whole - decode - bare; own > ownAllocations {
		t.Errorf("%v allocations of our own, of %v in all; %v decode, %v call", own, whole, decode, bare)
	}
}

// decodeLikeQuery decodes what Query reads of an answer, and nothing else.
func decodeLikeQuery(body []byte) error {
	var v struct {
		IsSuccess *bool `json:"isSuccess"`
		Data      struct {
			Results []struct {
				ClientID string `json:"clientId"`
				Success  bool   `json:"success"`
				Data     *struct {
					TrackingNumber     string `json:"trackingNumber"`
					CourierCode        string `json:"courierCode"`
					DeliveryStatus     string `json:"deliveryStatus"`
					DeliveryStatusText string `json:"deliveryStatusText"`
					IsDelivered        bool   `json:"isDelivered"`
					DateLastProgress   string `json:"dateLastProgress"`
					Progresses         []struct {
						DateTime    string `json:"dateTime"`
						Location    string `json:"location"`
						Status      string `json:"status"`
						StatusCode  string `json:"statusCode"`
						Description string `json:"description"`
					} `json:"progresses"`
				} `json:"data"`
			} `json:"results"`
			Summary *struct {
				Billable *int64 `json:"billable"`
			} `json:"summary"`
		} `json:"data"`
	}
	return json.Unmarshal(body, &v)
}
