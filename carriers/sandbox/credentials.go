package sandbox

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
)

// Credentials are the keys of one account at every provider. Those of a world ([World.Demo]) are made up from its
// seed, open nothing elsewhere and are meant to be printed.
type Credentials struct {
	DeliveryAPIKey              string `json:"deliveryapi_key"`
	DeliveryAPISecret           string `json:"deliveryapi_secret"`
	SweetTrackerKey             string `json:"sweettracker_key"` // the t_key of the query product
	SweetTrackerTier            string `json:"sweettracker_tier"`
	SweetTrackerTraceKey        string `json:"sweettracker_trace_key"`
	TrackerDeliveryClientID     string `json:"trackerdelivery_client_id"`
	TrackerDeliveryClientSecret string `json:"trackerdelivery_client_secret"`
}

// URLs are the base addresses of the providers' doubles in a world, as the adapters take them.
type URLs struct {
	DeliveryAPI          string `json:"deliveryapi"`           // without /v1
	SweetTracker         string `json:"sweettracker"`          // without /api/v1
	SweetTrackerTrace    string `json:"sweettracker_trace"`    // without /add_invoice
	TrackerDelivery      string `json:"trackerdelivery"`       // the GraphQL address
	TrackerDeliveryToken string `json:"trackerdelivery_token"` // the OAuth2 token address
	TrackerDeliveryV1    string `json:"trackerdelivery_v1"`
	SelfHosted           string `json:"selfhosted"`
	Truth                string `json:"truth"` // append /{courier}/{number}
	Requests             string `json:"requests"`
	Clock                string `json:"clock"`
}

// URLs gives the addresses below base, such as http://127.0.0.1:8787; empty means the host of [World.Client].
func (w *World) URLs(base string) URLs {
	if base == "" {
		base = inProcess
	}
	for len(base) > 0 && base[len(base)-1] == '/' {
		base = base[:len(base)-1]
	}
	return URLs{
		DeliveryAPI:          base + "/deliveryapi",
		SweetTracker:         base + "/sweettracker",
		SweetTrackerTrace:    base + "/sweettracker-trace",
		TrackerDelivery:      base + "/trackerdelivery/graphql",
		TrackerDeliveryToken: base + "/trackerdelivery/oauth2/token",
		TrackerDeliveryV1:    base + "/trackerdelivery-v1",
		SelfHosted:           base + "/selfhosted",
		Truth:                base + "/truth",
		Requests:             base + "/requests",
		Clock:                base + "/clock",
	}
}

// Demo gives the credentials that every provider of the world accepts. They are the same for the same seed.
func (w *World) Demo() Credentials { return w.demo }

// Env gives addresses and credentials as the environment variables that the programs of this module read.
func (w *World) Env(base string) map[string]string {
	urls, demo := w.URLs(base), w.demo
	return map[string]string{
		"WAYBILL_DELIVERYAPI_URL":               urls.DeliveryAPI,
		"WAYBILL_DELIVERYAPI_KEY":               demo.DeliveryAPIKey,
		"WAYBILL_DELIVERYAPI_SECRET":            demo.DeliveryAPISecret,
		"WAYBILL_SWEETTRACKER_URL":              urls.SweetTracker,
		"WAYBILL_SWEETTRACKER_KEY":              demo.SweetTrackerKey,
		"WAYBILL_SWEETTRACKER_TRACE_URL":        urls.SweetTrackerTrace,
		"WAYBILL_SWEETTRACKER_TIER":             demo.SweetTrackerTier,
		"WAYBILL_SWEETTRACKER_TRACE_KEY":        demo.SweetTrackerTraceKey,
		"WAYBILL_TRACKERDELIVERY_URL":           urls.TrackerDelivery,
		"WAYBILL_TRACKERDELIVERY_TOKEN_URL":     urls.TrackerDeliveryToken,
		"WAYBILL_TRACKERDELIVERY_CLIENT_ID":     demo.TrackerDeliveryClientID,
		"WAYBILL_TRACKERDELIVERY_CLIENT_SECRET": demo.TrackerDeliveryClientSecret,
		"WAYBILL_TRACKERDELIVERY_V1_URL":        urls.TrackerDeliveryV1,
	}
}

// accepts finds the account that matches; the demo account comes first.
func (w *World) accepts(match func(Credentials) bool) bool {
	if match(w.demo) {
		return true
	}
	for _, account := range w.config.Accounts {
		if match(account) {
			return true
		}
	}
	return false
}

func demoCredentials(seed uint64) Credentials {
	source := rand.NewChaCha8(seedOf(seed, "credentials"))
	text := func(n int) []byte {
		b := make([]byte, n)
		_, _ = source.Read(b)
		return b
	}
	return Credentials{
		DeliveryAPIKey:              "pk_live_" + hex.EncodeToString(text(12)),
		DeliveryAPISecret:           "sk_live_" + hex.EncodeToString(text(16)),
		SweetTrackerKey:             base64.RawURLEncoding.EncodeToString(text(16)), // 22 characters
		SweetTrackerTier:            "WB" + hex.EncodeToString(text(3)),
		SweetTrackerTraceKey:        hex.EncodeToString(text(16)),
		TrackerDeliveryClientID:     hex.EncodeToString(text(13)),
		TrackerDeliveryClientSecret: hex.EncodeToString(text(26)),
	}
}

// seedOf spreads a seed and a purpose over the 32 bytes of a generator.
func seedOf(seed uint64, purpose string) (key [32]byte) {
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	copy(key[8:], purpose)
	return key
}
