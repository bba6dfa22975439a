package sweettracker

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func decodeBody(t *testing.T, req *http.Request, into any) {
	t.Helper()
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func TestCouriers(t *testing.T) {
	for name, want := range map[string][]string{
		"companylist":            {"04", "05", "08", "01", "06", "12", "21", "110"},
		"companylist-bare-array": {"04", "05", "08"},
	} {
		inTime(t, name, func(t *testing.T) {
			var codes []string
			for info, err := range carrierOf(play(t, loadFixture(t, name))).Couriers(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, info.Code)
				if ours, _ := courier.FromProvider(Name, info.Code); info.Courier != ours || info.Name == "" {
					t.Errorf("%+v", info)
				}
				if abroad := info.Code == "12" || info.Code == "21"; info.International != abroad {
					t.Errorf("%s international: %t", info.Code, info.International)
				}
			}
			if diff := cmp.Diff(want, codes); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCouriersFail(t *testing.T) {
	f := loadFixture(t, "companylist-http-400-code-101")
	var errs []error
	for _, err := range carrierOf(play(t, f)).Couriers(t.Context()) {
		errs = append(errs, err)
	}
	if len(errs) != 1 || !errors.Is(errs[0], tracking.ErrCredentials) {
		t.Errorf("%v", errs)
	}
}

func TestCouriersStopEarly(t *testing.T) {
	for range carrierOf(play(t, loadFixture(t, "companylist"))).Couriers(t.Context()) {
		break // yielding once more would panic
	}
}

func TestCourierListShapes(t *testing.T) {
	for body, want := range map[string]struct {
		n   int
		err error
	}{
		`{"Company":[]}`:                       {0, nil},
		`[]`:                                   {0, nil},
		`{"Company":[{"Code":4},"x",{},null]}`: {1, nil}, // what has no code is left out
		`{"Company":null}`:                     {0, tracking.ErrProtocol},
		`{"Recommend":[]}`:                     {0, tracking.ErrProtocol},
		`{}`:                                   {0, tracking.ErrProtocol},
		`<html>`:                               {0, tracking.ErrUpstream},
	} {
		inTime(t, body, func(t *testing.T) {
			n := 0
			var got error
			for _, err := range carrierOf(func(*http.Request) (*http.Response, error) { return answerJSON(body), nil }).Couriers(t.Context()) {
				if err != nil {
					got = err
					continue
				}
				n++
			}
			if n != want.n || !errors.Is(got, want.err) {
				t.Errorf("%d couriers and %v, want %d and %v", n, got, want.n, want.err)
			}
		})
	}
}

func TestDetect(t *testing.T) {
	f := loadFixture(t, "recommend")
	guesses, err := carrierOf(play(t, f)).Detect(t.Context(), "5500-0000-1234")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]tracking.Courier{courierOf("04"), courierOf("46")}, guesses); diff != "" {
		t.Errorf("guesses (-want +got):\n%s", diff)
	}
}

func TestDetectNothing(t *testing.T) {
	for _, body := range []string{`{"Recommend":[]}`, `{"status":false,"msg":"x","code":"104"}`} {
		guesses, err := carrierOf(func(*http.Request) (*http.Response, error) { return answerJSON(body), nil }).Detect(t.Context(), "550000001234")
		if err != nil || guesses == nil || len(guesses) != 0 {
			t.Errorf("%s: %v, %v", body, guesses, err)
		}
	}
	for _, bad := range []string{"", " - ", "5500/1234", "운송장"} {
		if _, err := carrierOf(nil).Detect(t.Context(), bad); !errors.Is(err, tracking.ErrInvalidNumber) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestQuota(t *testing.T) {
	for name, left := range map[string]int64{"key-usage": 99, "key-usage-exhausted": 0} {
		inTime(t, name, func(t *testing.T) {
			got, err := carrierOf(play(t, loadFixture(t, name))).Quota(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := tracking.Quota{
				Limit: 100, Used: 100 - left, Remaining: left,
				From: kstTime("2026-03-01 09:30:00"), ResetAt: kstTime("2026-04-01 09:30:00"),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("quota (-want +got):\n%s", diff)
			}
		})
	}
}

// A used-up plan says when it is renewed, once the provider has been asked.
func TestQuotaExhaustedSaysWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().In(kst).Add(48 * time.Hour).Truncate(time.Second)
		c := carrierOf(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/api/v1/key/usage" {
				return answerJSON(`{"leftAmount":0,"endDate":"` + end.Format(time.DateTime) + `"}`), nil
			}
			return answerJSON(`{"status":false,"msg":"x","code":"103"}`), nil
		})
		q := tracking.Query{Courier: courier.CJ, Number: "550000001234"}
		resetAt := func() time.Time {
			_, err := askOne(t, c, q)
			var e *tracking.Error
			if !errors.As(err, &e) || !errors.Is(err, tracking.ErrQuotaExhausted) {
				t.Fatalf("%v", err)
			}
			return e.ResetAt
		}
		if at := resetAt(); !at.IsZero() {
			t.Errorf("renewed at %v before anybody asked", at)
		}
		if _, err := c.Quota(t.Context()); err != nil {
			t.Fatal(err)
		}
		if at := resetAt(); !at.Equal(end) {
			t.Errorf("renewed at %v, want %v", at, end)
		}
		time.Sleep(49 * time.Hour)
		if at := resetAt(); !at.IsZero() {
			t.Errorf("renewed at %v, which has passed", at)
		}
	})
}
