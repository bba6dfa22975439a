package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// received is a call that a test's host got.
type received struct {
	path   string
	header http.Header
	body   string
}

// pushHost takes whatever is pushed, and answers as answer says.
type pushHost struct {
	calls  []received
	answer func(received) (int, string)
}

func (h *pushHost) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := received{r.URL.Path, r.Header.Clone(), string(body)}
	h.calls = append(h.calls, call)
	status, reply := http.StatusOK, `{"code":true,"message":"success"}`
	if h.answer != nil {
		status, reply = h.answer(call)
	}
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, reply)
}

var pushNow = time.Date(2026, 11, 20, 9, 0, 0, 0, kst)

// pushParcel is picked up at 10:10, out at 11:20 and delivered at 12:30, published at once.
func pushParcel(number string) Parcel {
	day := func(hour, minute int) time.Time { return time.Date(2026, 11, 20, hour, minute, 0, 0, kst) }
	return Parcel{Courier: courier.CJ, Number: number, Label: pushNow.Add(-time.Hour), Scans: []Scan{
		{At: day(10, 10), Status: pickedUp, Text: "집화처리", Place: "서울모래"},
		{At: day(11, 20), Status: outFor, Text: "배송출발", Place: "부산모래", Window: "12~14시"},
		{At: day(12, 30), Status: delivered, Text: "배송완료", Place: "부산모래", Driver: theDriver},
	}}
}

type pushed struct {
	t     *testing.T
	world *World
	clock *Clock
	host  *pushHost
	push  *Pusher
}

func newPushed(t *testing.T, config PushConfig) *pushed {
	t.Helper()
	p := &pushed{t: t, clock: NewClock(pushNow, 0), host: &pushHost{}}
	p.world = New(Config{Empty: true, Clock: p.clock, Limits: Limits{EndpointFailures: 3}})
	config.Client = HandlerClient(p.host)
	p.push = p.world.Pusher(config)
	p.world.Add(pushParcel("550000001234"))
	return p
}

// to sets the clock and gives what was pushed by then.
func (p *pushed) to(hour, minute int) []Push {
	p.t.Helper()
	p.clock.Set(time.Date(2026, 11, 20, hour, minute, 0, 0, kst))
	pushes, err := p.push.Deliver(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return pushes
}

func (p *pushed) api(method, path string, body, data any) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.world.URLs("").DeliveryAPI+path, strings.NewReader(string(encoded(body))))
	if err != nil {
		p.t.Fatal(err)
	}
	demo := p.world.Demo()
	r.Header.Set("Authorization", "Bearer "+demo.DeliveryAPIKey+":"+demo.DeliveryAPISecret)
	r.Header.Set("Content-Type", "application/json")
	resp, err := p.world.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if data != nil {
		envelope := struct{ Data any }{data}
		if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
			p.t.Fatal(err)
		}
	}
	return resp.StatusCode
}

const pushSecret = "a-secret-of-the-shop"

// endpoint makes an endpoint and subscribes numbers to it.
func (p *pushed) subscribe(recurring bool, numbers ...string) (endpointID, requestID string) {
	p.t.Helper()
	var made struct{ EndpointID string }
	if status := p.api(http.MethodPost, "/v1/webhooks/endpoints", map[string]string{
		"url": "https://shop.example/hooks/deliveryapi", "name": "shop", "webhookSecret": pushSecret,
	}, &made); status != http.StatusCreated {
		p.t.Fatalf("making an endpoint: %d", status)
	}
	var items []apiItem
	for _, n := range numbers {
		items = append(items, apiItem{CourierCode: "cj", TrackingNumber: n, ClientID: "O-" + n})
	}
	var registered struct{ RequestID string }
	p.api(http.MethodPost, "/v1/webhooks/register", map[string]any{
		"items": items, "recurring": recurring, "endpointId": made.EndpointID, "metadata": map[string]string{"shop": "1"},
	}, &registered)
	p.host.calls = nil
	return made.EndpointID, registered.RequestID
}

func events(pushes []Push) string {
	var said []string
	for _, p := range pushes {
		s := p.Event
		if p.Attempt > 1 {
			s += fmt.Sprint("#", p.Attempt)
		}
		if p.Lie != "" {
			s += "!" + string(p.Lie)
		}
		if !p.Accepted {
			s += "?"
		}
		said = append(said, s)
	}
	return strings.Join(said, " ")
}

func TestPushesOfDeliveryAPIComeHourlyAndSigned(t *testing.T) {
	p := newPushed(t, PushConfig{})
	_, request := p.subscribe(true, "550000001234")
	for _, step := range []struct {
		hour, minute int
		want         string
	}{
		{9, 0, "tracking.polled"}, {9, 59, ""}, {10, 59, ""}, {11, 0, "tracking.polled"}, {11, 59, ""},
		{12, 0, "tracking.polled"}, {12, 59, ""}, {13, 0, "tracking.completed"}, {23, 0, ""},
	} {
		if got := events(p.to(step.hour, step.minute)); got != step.want {
			t.Errorf("at %d:%02d: %q, want %q", step.hour, step.minute, got, step.want)
		}
	}
	var statuses []string
	for _, call := range p.host.calls {
		mac := hmac.New(sha256.New, []byte(pushSecret))
		mac.Write([]byte(call.header.Get("X-Webhook-Timestamp") + "." + call.body))
		if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); call.header.Get("X-Webhook-Signature") != want {
			t.Errorf("signature %s, want %s", call.header.Get("X-Webhook-Signature"), want)
		}
		var payload apiPush
		if err := json.Unmarshal([]byte(call.body), &payload); err != nil {
			t.Fatal(err)
		}
		if payload.RequestID != request || payload.Metadata["shop"] != "1" || payload.Items[0].ClientID != "O-550000001234" || !payload.Summary.HasChanges {
			t.Errorf("payload %+v", payload)
		}
		statuses = append(statuses, payload.Items[0].PreviousStatus+">"+payload.Items[0].CurrentStatus)
	}
	if got := strings.Join(statuses, " "); got != ">PENDING PENDING>PICKED_UP PICKED_UP>OUT_FOR_DELIVERY OUT_FOR_DELIVERY>DELIVERED" {
		t.Error(got)
	}
}

func TestPushesOfDeliveryAPIAreNotRepeatedUnlessAsked(t *testing.T) {
	for attempts, want := range map[int]string{0: "tracking.polled?", 3: "tracking.polled? tracking.polled#2? tracking.polled#3?"} {
		p := newPushed(t, PushConfig{Attempts: attempts})
		p.subscribe(true, "550000001234")
		p.host.answer = func(received) (int, string) { return http.StatusServiceUnavailable, "" }
		got := append(p.to(9, 1), p.to(9, 6)...)
		got = append(got, p.to(9, 30)...)
		if events(got) != want {
			t.Errorf("%d attempts: %s", attempts, events(got))
		}
	}
}

func TestEndpointsThatKeepFailingAreSwitchedOff(t *testing.T) {
	p := newPushed(t, PushConfig{})
	p.subscribe(true, "550000001234")
	p.host.answer = func(received) (int, string) { return http.StatusInternalServerError, "" }
	list := func() (status string, failures int) {
		var data struct {
			Endpoints []struct {
				Status              string
				ConsecutiveFailures int
			}
		}
		p.api(http.MethodGet, "/v1/webhooks/endpoints", nil, &data)
		return data.Endpoints[0].Status, data.Endpoints[0].ConsecutiveFailures
	}
	p.to(11, 0)
	if status, failures := list(); status != "active" || failures != 2 {
		t.Errorf("after two failures: %s, %d", status, failures)
	}
	p.to(12, 0)
	if status, failures := list(); status != "inactive" || failures != 3 {
		t.Errorf("after three failures: %s, %d", status, failures)
	}
	if got := p.to(23, 0); len(got) != 0 {
		t.Errorf("an endpoint that is off was called: %s", events(got))
	}
}

func TestMakingAnEndpointPingsIt(t *testing.T) {
	p := newPushed(t, PushConfig{})
	p.host.answer = func(received) (int, string) { return http.StatusUnauthorized, "" }
	wish := map[string]string{"url": "https://shop.example/hooks/deliveryapi", "name": "shop", "webhookSecret": pushSecret}
	if status := p.api(http.MethodPost, "/v1/webhooks/endpoints", wish, nil); status == http.StatusCreated {
		t.Error("made although the ping was refused")
	}
	p.host.answer = nil
	if status := p.api(http.MethodPost, "/v1/webhooks/endpoints", wish, nil); status != http.StatusCreated {
		t.Errorf("status %d", status)
	}
	if len(p.host.calls) != 2 || p.host.calls[1].header.Get("X-Webhook-Signature") == "" || !strings.Contains(p.host.calls[1].body, "ping") {
		t.Errorf("%d pings", len(p.host.calls))
	}
}

func TestPushesOfASingleCrawlAndOfAnExpiredSubscription(t *testing.T) {
	p := newPushed(t, PushConfig{})
	p.subscribe(false, "550000001234")
	if got := events(p.to(9, 0)) + events(p.to(20, 0)); got != "tracking.completed" {
		t.Errorf("a single crawl: %s", got)
	}
	p = newPushed(t, PushConfig{})
	p.world.Add(Parcel{Courier: courier.CJ, Number: "550000001245", Label: pushNow})
	p.subscribe(true, "550000001245")
	p.to(9, 0)
	p.clock.Advance(15 * 24 * time.Hour)
	pushes, err := p.push.Deliver(t.Context())
	if err != nil || events(pushes) != "tracking.completed" || pushes[0].Due.Sub(pushNow) != 14*24*time.Hour {
		t.Errorf("%s, %v", events(pushes), err)
	}
}

func (p *pushed) trace(kind string) {
	p.t.Helper()
	demo := p.world.Demo()
	body := encoded(traceRequest{
		Num: "550000001234", Code: "04", FID: "D1", CallbackURL: "https://shop.example/hooks/sweettracker/kW8yV3xQ2mD5nB7tR1pZ6a",
		CallbackType: kind, Tier: demo.SweetTrackerTier, Key: demo.SweetTrackerTraceKey,
	})
	resp, err := p.world.Client().Post(p.world.URLs("").SweetTrackerTrace+"/add_invoice", "application/json", strings.NewReader(string(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if reply, _ := io.ReadAll(resp.Body); !strings.Contains(string(reply), `"success":true`) {
		p.t.Fatalf("registering: %s", reply)
	}
}

func TestCallbacksOfSweetTracker(t *testing.T) {
	for kind, field := range map[string]func(body, name string) string{
		"map": func(body, name string) string { v, _ := url.ParseQuery(body); return v.Get(name) },
		"json": func(body, name string) string {
			var v map[string]string
			_ = json.Unmarshal([]byte(body), &v)
			return v[name]
		},
	} {
		p := newPushed(t, PushConfig{})
		p.to(10, 20)
		p.trace(kind) // one scan is there already
		var got []string
		for _, at := range [][2]int{{10, 20}, {11, 19}, {11, 20}, {11, 50}, {12, 49}, {12, 50}, {20, 0}} {
			got = append(got, events(p.to(at[0], at[1])))
		}
		if want := []string{"2", "", "5", "", "", "6", ""}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
		last := p.host.calls[len(p.host.calls)-1]
		for name, want := range map[string]string{
			"fid": "D1", "invoice_no": "550000001234", "level": "6", "time_trans": "2026-11-20 12:30:00",
			"time_sweet": "2026-11-20 12:50:00", "details": "배송완료", "where": "부산모래", "man": theDriver,
		} {
			if got := field(last.body, name); got != want {
				t.Errorf("%s: %s is %q, want %q", kind, name, got, want)
			}
		}
		if last.path != "/hooks/sweettracker/kW8yV3xQ2mD5nB7tR1pZ6a" {
			t.Errorf("called %s", last.path)
		}
	}
}

func TestCallbacksOfSweetTrackerAreRepeatedUntilTheReplySaysTrue(t *testing.T) {
	p := newPushed(t, PushConfig{})
	p.to(10, 20)
	p.trace("json")
	p.host.answer = func(received) (int, string) { return http.StatusOK, `{"code":false,"message":"fail - try again"}` }
	var got []string
	for _, at := range [][2]int{{10, 20}, {10, 29}, {10, 30}, {10, 40}, {10, 50}, {11, 0}} {
		got = append(got, events(p.to(at[0], at[1])))
	}
	if want := []string{"2?", "", "2#2?", "2#3?", "2#4?", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func (p *pushed) hook(until time.Time) {
	p.t.Helper()
	input := encoded(map[string]any{"input": map[string]any{
		"carrierId": "kr.cjlogistics", "trackingNumber": "550000001234", "expirationTime": until,
		"callbackUrl": "https://shop.example/hooks/trackerdelivery/kW8yV3xQ2mD5nB7tR1pZ6a",
	}})
	body := askTracker(p.t, p.world, TrackerDelivery, `mutation R($input: RegisterTrackWebhookInput!) { registerTrackWebhook(input: $input) }`, string(input))
	if len(body.Errors) > 0 {
		p.t.Fatal(body.Errors)
	}
}

func TestCallbacksOfTrackerDelivery(t *testing.T) {
	p := newPushed(t, PushConfig{})
	p.hook(pushNow.Add(3 * time.Hour))
	p.host.answer = func(received) (int, string) { return http.StatusAccepted, "" }
	var got []string
	for _, at := range [][2]int{{9, 30}, {10, 10}, {11, 19}, {11, 20}, {23, 0}} {
		got = append(got, events(p.to(at[0], at[1])))
	}
	if want := []string{"", "changed", "", "changed", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q: the registration ran out at 12:00", got, want)
	}
	if want := `{"carrierId":"kr.cjlogistics","trackingNumber":"550000001234"}`; p.host.calls[0].body != want {
		t.Errorf("body %s", p.host.calls[0].body)
	}
	p = newPushed(t, PushConfig{})
	p.hook(pushNow.Add(48 * time.Hour))
	p.host.answer = func(received) (int, string) { return http.StatusServiceUnavailable, "" }
	if got := events(append(p.to(10, 10), p.to(10, 59)...)); got != "changed? changed#2?" {
		// what is queued by a repetition is due a minute after it was sent, by the world's clock
		t.Errorf("repeated: %s", got)
	}
}

func TestLies(t *testing.T) {
	for _, tt := range []struct {
		lie  Lie
		want []string // at 9:00, 11:00, 12:00, 13:00 and 23:00
		hits int      // calls that reached the host
	}{
		{Lie{Kind: Drop, Times: 1}, []string{"tracking.polled!drop?", "tracking.polled", "tracking.polled", "tracking.completed", ""}, 3},
		{Lie{Kind: Duplicate, Times: 1}, []string{"tracking.polled!duplicate tracking.polled!duplicate", "tracking.polled", "tracking.polled", "tracking.completed", ""}, 5},
		{Lie{Kind: Delay, By: 3 * time.Hour, Times: 1}, []string{"", "tracking.polled", "tracking.polled!delay tracking.polled", "tracking.completed", ""}, 4},
		{Lie{Kind: Reorder, By: 2 * time.Hour, Times: 1}, []string{"", "tracking.polled!reorder tracking.polled", "tracking.polled", "tracking.completed", ""}, 4},
		{Lie{Kind: Forge, Times: 1}, []string{"tracking.polled!forge tracking.polled", "tracking.polled", "tracking.polled", "tracking.completed", ""}, 5},
		{Lie{Kind: Replay, Times: 1}, []string{"tracking.polled", "tracking.polled!replay tracking.polled", "tracking.polled", "tracking.completed", ""}, 5},
		{Lie{Kind: Tamper, Times: 1}, []string{"tracking.polled!tamper", "tracking.polled", "tracking.polled", "tracking.completed", ""}, 4},
	} {
		p := newPushed(t, PushConfig{})
		p.subscribe(true, "550000001234")
		p.push.Lie(tt.lie)
		var got []string
		for _, hour := range []int{9, 11, 12, 13, 23} {
			got = append(got, events(p.to(hour, 0)))
		}
		if !slices.Equal(got, tt.want) || len(p.host.calls) != tt.hits {
			t.Errorf("%s: %q, %d calls; want %q, %d", tt.lie.Kind, got, len(p.host.calls), tt.want, tt.hits)
		}
		right := 0
		for _, call := range p.host.calls {
			mac := hmac.New(sha256.New, []byte(pushSecret))
			mac.Write([]byte(call.header.Get("X-Webhook-Timestamp") + "." + call.body))
			if call.header.Get("X-Webhook-Signature") == "sha256="+hex.EncodeToString(mac.Sum(nil)) {
				right++
			}
		}
		wrong := map[LieKind]int{Forge: 1, Tamper: 1}[tt.lie.Kind]
		if len(p.host.calls)-right != wrong {
			t.Errorf("%s: %d of %d calls are signed rightly", tt.lie.Kind, right, len(p.host.calls))
		}
	}
}

func TestLiesOfUnsignedProvidersAndOfOneParcel(t *testing.T) {
	p := newPushed(t, PushConfig{})
	p.hook(pushNow.Add(48 * time.Hour))
	stop := p.push.Lie(Lie{Kind: Forge, Provider: TrackerDelivery, Number: "550000001234"})
	p.push.Lie(Lie{Kind: Drop, Number: "550000009999"})
	p.to(10, 10)
	if len(p.host.calls) != 2 || !strings.HasSuffix(p.host.calls[0].path, "/xxxxxxxxxxxxxxxxxxxxxx") || p.host.calls[0].body == p.host.calls[1].body {
		t.Errorf("%+v", p.host.calls)
	}
	stop()
	p.to(11, 20)
	if len(p.host.calls) != 3 {
		t.Errorf("%d calls after the lie was stopped", len(p.host.calls))
	}
}

func TestPushesGoToTheRedirectedAddress(t *testing.T) {
	p := newPushed(t, PushConfig{Redirect: map[string]string{"https://shop.example": "http://127.0.0.1:8080/waybill"}})
	p.hook(pushNow.Add(48 * time.Hour))
	p.to(10, 10)
	if len(p.host.calls) != 1 || p.host.calls[0].path != "/waybill/hooks/trackerdelivery/kW8yV3xQ2mD5nB7tR1pZ6a" {
		t.Errorf("%+v", p.host.calls)
	}
}

func TestPusherTellsOfParcelsByNumber(t *testing.T) {
	p := newPushed(t, PushConfig{})
	var seen []Push
	p.push.config.Observe = func(push Push) { seen = append(seen, push) }
	p.subscribe(true, "550000001234")
	pushes := p.to(9, 0)
	if len(pushes) != 1 || !slices.Equal(pushes[0].Parcels, []string{"550000001234"}) || pushes[0].Status != http.StatusOK {
		t.Errorf("%+v", pushes)
	}
	if len(seen) != 2 || seen[0].Event != "webhook.ping" || seen[1].Event != "tracking.polled" {
		t.Errorf("observed %s", events(seen))
	}
	if _, found := p.world.Look(tracking.Courier("cj"), "550000001234"); !found {
		t.Error("the parcel is not there")
	}
}
