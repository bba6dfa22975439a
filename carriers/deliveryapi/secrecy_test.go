package deliveryapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

const (
	canaryKey    = "pk_live_canary1"
	canarySecret = "sk_live_canary2"
)

// forms gives every way in which a value may come to be read.
func forms(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v|%+v|%#v|%s|%q|%d|%x", v, v, v, v, v, v, v)
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		t.Error(err)
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Info("value", "v", v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("value", "v", v)
	return b.String()
}

func mustNotShow(t testing.TB, what, text string, canaries ...string) {
	t.Helper()
	for _, canary := range canaries {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s shows %q: …%.200s", what, canary, text[max(0, strings.Index(text, canary)-80):])
		}
	}
}

func TestConfigurationShowsNoSecret(t *testing.T) {
	config := deliveryapi.Config{APIKey: canaryKey, SecretKey: canarySecret}
	combined := deliveryapi.Config{APIKey: canaryKey + ":" + canarySecret}
	carrier := deliveryapi.New(config)
	values := map[string]any{
		"config": config, "pointer to config": &config, "combined": combined, "carrier": carrier,
		"credential": deliveryapi.Credential{APIKey: canaryKey, SecretKey: canarySecret},
		"secret":     deliveryapi.Secret(canarySecret),
		"endpoint":   deliveryapi.Endpoint{ID: "ep", Secret: canarySecret},
		"new":        deliveryapi.NewEndpoint{URL: "https://example.com", Secret: canarySecret},
		"nested":     []any{struct{ C deliveryapi.Config }{config}, []*deliveryapi.Carrier{carrier}},
	}
	for name, value := range values {
		mustNotShow(t, name, forms(t, value), canaryKey, canarySecret)
	}
}

// TestErrorsShowNoSecret has the provider send our keys, an address, a person and a number back in every text of a failure.
func TestErrorsShowNoSecret(t *testing.T) {
	number := "680123456782"
	text := fmt.Sprintf(`Bearer %s:%s at https://api.deliveryapi.co.kr/v1?key=%s\n%s 배송담당:홍길동 010-1234-5678 %s`,
		canaryKey, canarySecret, canarySecret, number, strings.Repeat("가나다 ", 300))
	bodies := map[string]string{
		"refused":  `{"isSuccess":false,"errorCode":"` + canarySecret + `","error":"` + text + `"}`,
		"object":   `{"error":{"code":"INVALID_PARAMS","message":"` + text + `"}}`,
		"message":  `{"isSuccess":false,"message":"` + text + `"}`,
		"page":     `<html>` + text,
		"in items": `{"isSuccess":true,"data":{"results":[{"success":false,"error":{"code":"` + canarySecret + `","message":"` + text + `"}}]}}`,
		"field":    `{"isSuccess":true,"data":{"results":[{"success":false,"error":{"code":"MISSING_REQUIRED_FIELD","fieldKey":"` + text + `"}}]}}`,
	}
	for name, body := range bodies {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
				f := readFixture(t, "error-string")
				if name == "in items" || name == "field" {
					f.Response.Status = http.StatusOK
				}
				return f.answerWith([]byte(body)), nil
			}), func(c *deliveryapi.Config) {
				c.APIKey, c.SecretKey = canaryKey, canarySecret
				c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			results, err := c.Query(t.Context(), []tracking.Query{{Courier: courier.CJ, Number: number}})
			if err == nil {
				err = results[0].Err
			}
			if err == nil {
				t.Fatalf("%s: no error", name)
			}
			shown := err.Error() + fmt.Sprintf("%v %+v", err, err) + log.String()
			mustNotShow(t, name, shown, canaryKey, canarySecret, "api.deliveryapi", "홍길동", "1234-5678", number)
			if len([]rune(err.Error())) > 600 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: not one short line: %q", name, err)
			}
		})
	}
}

func TestParcelsShowNobody(t *testing.T) {
	for _, name := range []string{"trace-one-all-members", "trace-20-mixed", "results"} {
		f := readFixture(t, name)
		qs, sent := queriesOf(t, f)
		var value any
		if name == "results" {
			tracked, err := newCarrier(newProvider(t, name)).Results(t.Context(), qs)
			if err != nil {
				t.Fatal(err)
			}
			value = tracked
			for _, one := range tracked {
				if one.Parcel != nil {
					mustNotShow(t, name, forms(t, one.Parcel), "홍길동", "010-0000-0000")
				}
			}
		} else {
			results, err := newCarrier(tracer(t, name, f, sent)).Query(t.Context(), qs)
			if err != nil {
				t.Fatal(err)
			}
			value = results
			for _, r := range results {
				mustNotShow(t, name, forms(t, r.Parcel), "홍길동", "예*상사", "수원시", "의류", "010-0000-0000")
			}
		}
		mustNotShow(t, name, fmt.Sprintf("%v", value), "홍길동", "010-0000-0000")
	}
}
