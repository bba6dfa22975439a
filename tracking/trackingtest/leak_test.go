package trackingtest_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// awkward are credentials with everything in them that some writing escapes.
var awkward = sandbox.Credentials{
	DeliveryAPIKey: "pk_live_canary<1>&%2F", DeliveryAPISecret: `sk_live_canary/2+=&"\`,
	SweetTrackerKey: "canary/3+=&<t_key>", SweetTrackerTier: "CANARY-TIER&4", SweetTrackerTraceKey: `canary\5"trace/key`,
	TrackerDeliveryClientID: "public-client-id", TrackerDeliveryClientSecret: `canary/6+=&"<client>\`,
}

// A driver whom the sandbox does not know, in a text as couriers write it.
const (
	plantedName  = "홍길동"
	plantedPhone = "010-0000-7531"
	planted      = "배송출발 (배송담당:" + plantedName + " " + plantedPhone + ")"
)

// secretForms lists the ways in which a secret can be written.
func secretForms(secret string) []string {
	quoted, _ := json.Marshal(secret)
	var forms []string
	for _, form := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`), strings.Trim(fmt.Sprintf("%q", secret), `"`),
		hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		if !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	return forms
}

// secretsOf lists the secrets of an account at one provider, or with an empty one at all of them.
func secretsOf(keys sandbox.Credentials, provider string) []string {
	own := map[string][]string{
		sandbox.DeliveryAPI:  {keys.DeliveryAPIKey, keys.DeliveryAPISecret, keys.DeliveryAPIKey + ":" + keys.DeliveryAPISecret},
		sandbox.SweetTracker: {keys.SweetTrackerKey},
		sandbox.TrackerDelivery: {
			keys.TrackerDeliveryClientSecret, keys.TrackerDeliveryClientID + ":" + keys.TrackerDeliveryClientSecret,
		},
		sandbox.SelfHosted: nil, // it is sent none
		"":                 {keys.SweetTrackerTier, keys.SweetTrackerTraceKey, callbackToken, endpointSecret},
	}
	own[sandbox.TrackerDeliveryV1] = own[sandbox.TrackerDelivery]
	if provider != "" {
		return own[provider]
	}
	var all []string
	for _, secrets := range own {
		all = append(all, secrets...)
	}
	return all
}

// written lists secrets in all their forms.
func written(secrets []string) []string {
	var all []string
	for _, secret := range secrets {
		all = append(all, secretForms(secret)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func persons() []string { return append(sandbox.Canaries(), plantedName, plantedPhone) }

// worldsNumbers lists every number that a world answers for.
func worldsNumbers() []string {
	all := make([]string, 0, 200)
	for _, m := range sandbox.Magic() {
		all = append(all, m.Number)
	}
	return all
}

// TestNothingLeaks runs everything there is, and searches all that comes out for credentials, persons and whole numbers.
func TestNothingLeaks(t *testing.T) {
	for _, a := range everyAdapter() {
		for _, keepRaw := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, raw kept %t", a.name, keepRaw), func(t *testing.T) {
				t.Parallel()
				inFakeTime(t, func(t *testing.T) {
					l := &listener{t: t}
					s := l.attach(at(sandbox.New(sandbox.Config{Accounts: []sandbox.Credentials{awkward}})))
					s.keys, s.keepRaw, s.table = awkward, keepRaw, tableOf(a.provider)
					tellEverything(t, l, a, s)
					for _, debt := range s.table.Debts() {
						l.value("a debt", debt)
					}
					l.check(append(written(secretsOf(awkward, "")), persons()...), worldsNumbers())
				})
			})
		}
	}
}

func tableOf(provider string) *statusmap.Table {
	switch provider {
	case sandbox.DeliveryAPI:
		return statusmap.DeliveryAPI()
	case sandbox.SweetTracker:
		return statusmap.SweetTracker()
	}
	return statusmap.TrackerDelivery()
}

// configsOf lists the configurations that hold the keys of a site.
func configsOf(s site) []any {
	api := deliveryapi.Config{APIKey: s.keys.DeliveryAPIKey, SecretKey: s.keys.DeliveryAPISecret, Client: s.client}
	v1 := trackerdelivery.V1Config{ClientID: s.keys.TrackerDeliveryClientID, ClientSecret: s.keys.TrackerDeliveryClientSecret}
	demand, trace, graph := onDemand(s), traced(s), managed(s)
	graph.Callbacks = []string{callback}
	return []any{
		api, &api, deliveryapi.Credential{APIKey: api.APIKey, SecretKey: api.SecretKey}, deliveryapi.Config{APIKey: api.APIKey + ":" + api.SecretKey},
		deliveryapi.NewEndpoint{URL: "https://shop.example/x", Secret: endpointSecret}, deliveryapi.Endpoint{Secret: endpointSecret},
		demand, &demand, trace, &trace, sweettracker.TraceCredentials{Tier: trace.Tier, Key: trace.Key}, sweettracker.NewTrace(trace),
		graph, &graph, v1, &v1, trackerdelivery.Credentials{ClientID: graph.ClientID, ClientSecret: graph.ClientSecret},
		trackerdelivery.New(graph), trackerdelivery.NewV1(v1), deliveryapi.New(api),
		tracking.Subscription{Courier: "cj", Number: "T-1", Callback: callback}, &tracking.Subscription{Callback: callback},
	}
}

// tellEverything does all that can be done with an adapter, and with a client around it.
func tellEverything(t *testing.T, l *listener, a adapter, s site) {
	t.Helper()
	for _, config := range configsOf(s) {
		l.value(fmt.Sprintf("%T", config), config)
	}
	carrier := a.make(s)
	l.value("the carrier", carrier)
	l.value("the carrier, paced", tracking.Paced(carrier, nil))
	if limited, ok := tracking.Ability[tracking.Limited](carrier); ok {
		l.value("its limits", limited.Limits())
	}
	for _, op := range operations(t, a, s) {
		value, err := op.run(t.Context())
		l.outcome(op.name, value, err)
	}
	client := l.client(s, carrier)
	var queries []tracking.Query
	for _, m := range sandbox.Magic() {
		if s.keepRaw && (m.Faulty || len(queries) > 20) { // the raw form is in parcels alone
			continue
		}
		q := m.Query()
		q.Ref, q.Extra = m.Case, []string{plantedPhone}
		queries = append(queries, q)
		l.value("a query", q)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		p, err := client.Track(ctx, q)
		l.failure("Track", err)
		for _, tried := range tracking.Tried(err) {
			l.failure("tried", tried)
		}
		if p != nil {
			l.result("Track", tracking.Result{Query: q, Parcel: p})
		}
		cancel()
		time.Sleep(time.Hour) // what the carrier remembers of a refusal is forgotten
	}
	for r := range client.TrackAll(t.Context(), slices.Values(queries)) {
		l.result("TrackAll", r)
	}
	l.value("what was spent", client.Spent())
	for _, report := range client.Quota(t.Context()) {
		l.failure("quota", report.Err)
		report.Err = nil
		l.value("quota", report)
	}
	if l.raw != s.keepRaw {
		t.Errorf("the driver's name in Event.Raw: %t, raw form asked for: %t", l.raw, s.keepRaw)
	}
}

// TestParrotsLeakNothing lets servers repeat what they were sent, and couriers write persons, in every text of every kind of
// answer: one at a time, alone and in a sentence.
func TestParrotsLeakNothing(t *testing.T) {
	for _, a := range everyAdapter() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				seen := map[string]bool{}
				for _, m := range sandbox.Magic() {
					if bad := m.Faulty && m.Concerns(a.provider); !bad && !slices.Contains([]string{"out-for-delivery", "unknown"}, m.Case) {
						continue
					}
					if strings.HasPrefix(m.Case, "hanging") || strings.HasPrefix(m.Case, "torn") {
						continue
					}
					w := sandbox.New(sandbox.Config{Accounts: []sandbox.Credentials{awkward}})
					got := record(t, a, w, m.Query())
					kind := strings.ReplaceAll(string(got.body), m.Number, "")
					if !json.Valid(got.body) || seen[kind] {
						continue
					}
					seen[kind] = true
					repeat(t, a, w, m, got)
				}
			})
		})
	}
}

// repeat puts what must not show into each text of an answer.
func repeat(t *testing.T, a adapter, w *sandbox.World, m sandbox.MagicNumber, got reply) {
	t.Helper()
	l := &listener{t: t}
	x := newWire(w)
	var now reply
	x.answer = func(r *http.Request, pass http.RoundTripper) (*http.Response, error) { return always(now)(r, pass) }
	s := l.attach(x.site())
	s.keys, s.table = awkward, tableOf(a.provider)
	carrier := a.make(s)
	dashed := m.Number[:4] + "-" + m.Number[4:8] + "-" + m.Number[8:]
	echoes := []string{planted, plantedPhone}
	if m.Faulty { // in a parcel's own texts its number may stand, and no server has a reason to write keys there
		secrets := secretsOf(awkward, a.provider)
		echoes = append(echoes, secrets...)
		echoes = append(echoes, m.Number, dashed, strings.Join(append(secrets, planted, m.Number, dashed, callback), " "))
	}
	for _, n := range nodes(t, got.body) {
		if n.isKey || got.body[n.start] != '"' {
			continue
		}
		for _, echo := range echoes {
			quoted, _ := json.Marshal(echo)
			now = reply{got.status, got.header, n.replaced(got.body, string(quoted))}
			r, err := one(t.Context(), carrier, m.Query())
			r.Err = err
			if r.Parcel == nil {
				l.failure(m.Case+" "+n.key, err)
			} else {
				l.result(m.Case+" "+n.key, r)
			}
			time.Sleep(time.Hour)
		}
	}
	for _, debt := range s.table.Debts() {
		l.value("a debt", debt)
	}
	// A bare name, without a label, cannot be told from a place: of names only the labelled one is looked for.
	l.check(append(written(secretsOf(awkward, a.provider)), plantedName, plantedPhone, callbackToken), []string{m.Number, dashed})
}
