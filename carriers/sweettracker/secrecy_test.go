package sweettracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// leaks prints a value in every way there is and reports which canaries came out.
func leaks(t *testing.T, name string, value any, canaries ...string) {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
		fmt.Fprintf(&out, verb+"\n", value)
		fmt.Fprintf(&out, verb+"\n", struct{ V any }{value})
	}
	if encoded, err := json.Marshal(value); err == nil {
		out.Write(encoded)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
	if err, ok := value.(error); ok {
		out.WriteString(err.Error())
	}
	for _, canary := range canaries {
		if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
			t.Errorf("%s shows %s:\n%s", name, canary, out.String())
		}
	}
}

func TestNothingShowsASecret(t *testing.T) {
	const key, tier, token = "CANARY-KEY", "CANARY-TIER", "CANARY-TOKEN-0123456789"
	config := Config{Key: key}
	traceConfig := TraceConfig{Tier: tier, Key: key, BaseURL: "https://trace.example", Callback: "https://shop.example/" + token}
	carrier, trace := New(config), NewTrace(traceConfig)
	for name, value := range map[string]any{
		"Config": config, "*Config": &config, "TraceConfig": traceConfig, "Carrier": carrier, "Trace": trace,
		"Carrier by value": struct{ c *Carrier }{carrier}, "Trace by value": struct{ t *Trace }{trace},
		"Joined":           Join(carrier, trace),
		"TraceCredentials": TraceCredentials{Tier: tier, Key: key},
		"BackOffice":       BackOffice{Tier: tier, Key: key, CallbackPath: "/" + token, ExternalURL: "https://shop.example"},
	} {
		leaks(t, name, value, key, tier, token)
	}
}

// A provider that repeats everything it was told, and a courier that writes persons into its texts.
func TestErrorsShowNothing(t *testing.T) {
	const key, tier, token = "CANARY-KEY", "CANARY-TIER", "CANARY-TOKEN-0123456789"
	const said = key + " " + tier + " https://shop.example/h/" + token + " " + token + ` 550000001234 배송담당:홍길동 010-1234-5678 \n\u0007` + "끝"
	inTime(t, "query", func(t *testing.T) {
		for _, body := range []string{
			`{"status":false,"msg":"` + said + `","code":"104"}`, `{"status":false,"msg":"` + said + `"}`,
			`{"status":false,"msg":"x","code":"` + key + ` 550000001234"}`, "<html>" + key,
		} {
			c := carrierOf(func(*http.Request) (*http.Response, error) { return answerJSON(body), nil },
				func(c *Config) { c.Key = key })
			_, err := askOne(t, c, tracking.Query{Courier: courier.CJ, Number: "550000001234"})
			if err == nil {
				t.Fatal("no error")
			}
			leaks(t, body, err, key, "https:", "550000001234", "홍길동", "010-1234-5678")
			if strings.ContainsAny(err.Error(), "\n\a") {
				t.Errorf("not a clean line: %q", err)
			}
		}
	})
	inTime(t, "subscribe", func(t *testing.T) {
		for _, body := range []string{
			`{"success":false,"e_code":"02","e_message":"` + said + `"}`,
			`{"success":false,"e_code":"01","e_message":"` + said + `"}`,
			`{"success":true,"list":[{"fid":"D0","success":false,"e_code":"02","e_message":"` + said + `"},{"fid":"D1","success":false,"e_code":"` + token + `"}]}`,
			`{"success":false,"e_code":"01","e_message":"` + said + `","list":[]}`,
		} {
			trace := traceOf(func(*http.Request) (*http.Response, error) { return answerJSON(body), nil },
				func(c *TraceConfig) { c.Tier, c.Key = tier, key })
			subs := manySubscriptions(2)
			subs[0].Number, subs[1].Number = "551234567891", "550000001234"
			for i := range subs {
				subs[i].Callback = "https://shop.example/h/" + token
			}
			registrations, err := trace.Subscribe(t.Context(), subs)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range registrations {
				leaks(t, body, r.Err, key, tier, token, "shop.example", "홍길동", "010-1234-5678")
			}
		}
	})
}

func TestParcelsShowNoPersons(t *testing.T) {
	body := `{"result":"Y","level":5,"complete":false,"senderName":"CANARY-1","receiverName":"CANARY-2","receiverAddr":"CANARY-3",
		"recipient":"CANARY-4","itemName":"CANARY-5","trackingDetails":[{"time":1772496300000,"where":"부산가상 010-9999-8888",
		"kind":"배송출발(배송담당:홍길동 010-1234-5678)","level":5,"telno":"02-111-2222","telno2":"010-7777-6666","manName":"CANARY-6","manPic":"CANARY-7"}]}`
	ask := func(keepRaw bool) *tracking.Parcel {
		c := carrierOf(func(*http.Request) (*http.Response, error) { return answerJSON(body), nil }, func(c *Config) { c.KeepRaw = keepRaw })
		parcel, err := askOne(t, c, tracking.Query{Courier: courier.CJ, Number: "550000001234"})
		if err != nil {
			t.Fatal(err)
		}
		return parcel
	}
	leaks(t, "parcel", ask(false), "CANARY", "홍길동", "010-1234-5678", "010-9999-8888", "02-111-2222", "010-7777-6666")
	raw := ask(true).Events[0].Raw
	if !json.Valid([]byte(raw)) || !strings.Contains(raw, "CANARY-6") || strings.Contains(raw, "CANARY-1") {
		t.Errorf("raw: %s", raw)
	}
}
