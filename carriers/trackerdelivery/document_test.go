package trackerdelivery

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/gql"
	"github.com/waybill-dev/waybill/tracking"
)

// The shape of the open-source server, and what the managed service has besides.
const (
	selfHostedSchema = `
schema { query: Query }
type Query {
	track(carrierId: ID!, trackingNumber: String!): TrackInfo
	carriers(first: Int, after: String, last: Int, before: String): CarrierConnection
	carrier(id: ID!): Carrier
}
type Carrier { id: ID! }
` + commonSchema

	managedSchema = `
schema { query: Query mutation: Mutation }
type Query {
	track(carrierId: ID!, trackingNumber: String!): TrackInfo
	carriers(first: Int, after: String, last: Int, before: String, searchText: String, countryCode: String): CarrierConnection
	carrier(id: ID!): Carrier
}
type Mutation { registerTrackWebhook(input: RegisterTrackWebhookInput!): Boolean }
input RegisterTrackWebhookInput { carrierId: ID! trackingNumber: String! callbackUrl: String! expirationTime: DateTime! }
type Carrier { id: ID! name: String! }
` + commonSchema

	commonSchema = `
scalar DateTime
type TrackInfo {
	trackingNumber: String!
	lastEvent: TrackEvent
	events(first: Int, after: String, last: Int, before: String): TrackEventConnection
	sender: ContactInfo
	recipient: ContactInfo
}
type TrackEvent { time: DateTime status: TrackEventStatus! location: Location contact: ContactInfo description: String }
type TrackEventStatus { code: TrackEventStatusCode! name: String }
enum TrackEventStatusCode { INFORMATION_RECEIVED AT_PICKUP IN_TRANSIT OUT_FOR_DELIVERY AVAILABLE_FOR_PICKUP ATTEMPT_FAIL DELIVERED EXCEPTION UNKNOWN }
type ContactInfo { name: String phoneNumber(allowInvalidFormat: Boolean): String location: Location }
type Location { name: String countryCode: String postalCode: String }
type TrackEventConnection { edges: [TrackEventEdge] pageInfo: PageInfo! }
type TrackEventEdge { node: TrackEvent cursor: String! }
type CarrierConnection { edges: [CarrierEdge] pageInfo: PageInfo! }
type CarrierEdge { node: Carrier cursor: String! }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
`
)

// TestDocuments runs every body that is ever sent through a GraphQL engine with the server's shape: documents that a server
// refuses are found here.
func TestDocuments(t *testing.T) {
	number := "a\"b\\c\n한"
	a := ask{id: "kr.cjlogistics", query: tracking.Query{Number: number}}
	for name, schema := range map[string]string{"self-hosted": selfHostedSchema, "managed": managedSchema} {
		for _, raw := range []bool{false, true} {
			carrier := selfHosted(replies(), func(c *Config) { c.KeepRaw = raw })
			if name == "managed" {
				carrier = managed(replies(), func(c *Config) { c.KeepRaw = raw })
			}
			bodies := map[string][]byte{
				"Track": carrier.trackBody(&a), "TrackOlder": carrier.olderBody(&a, "eyJpbmRleCI6NX0="),
				"TrackBatch": carrier.batchBody([]ask{a, a, a, a, a, a, a, a, a, a, a, a}),
				"Carriers":   carrier.carriersBody(""), "Carriers, next": carrier.carriersBody("eyJpbmRleCI6NX0="),
			}
			if name == "managed" {
				bodies["Register"] = registerBody(&a, callback, time.Unix(0, 0).UTC())
			}
			for document, body := range bodies {
				if refused, text := run(t, schema, body, number); refused {
					t.Errorf("%s, raw %v: %s is refused: %s", name, raw, document, text)
				}
			}
		}
	}
	self := selfHosted(replies())
	if refused, _ := run(t, selfHostedSchema, managed(replies()).carriersBody(""), number); !refused {
		t.Error("the engine does not notice a managed document at a self-hosted server")
	}
	if refused, text := run(t, managedSchema, self.carriersBody(""), number); refused {
		t.Errorf("self-hosted documents must run on both: %s", text)
	}
}

// run answers a body with nulls, and reports whether the document or its variables were refused.
func run(t *testing.T, schema string, body []byte, number string) (refused bool, text string) {
	t.Helper()
	var request gql.Request
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // which the engine wants, to tell 20 from 20.0
	if err := decoder.Decode(&request); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, body)
	}
	if got, ok := request.Variables["trackingNumber"]; ok && got != number {
		t.Errorf("number %q, want %q", got, number)
	}
	nothing := gql.Func(func(context.Context, gql.Args) (any, error) { return nil, nil })
	server := gql.Server{
		Schema: gql.MustParseSchema(schema), Query: gql.Fields{"track": nothing, "carriers": nothing, "carrier": nothing},
		Mutation: gql.Fields{"registerTrackWebhook": nothing},
	}
	response := server.Do(t.Context(), request)
	answer, err := json.Marshal(response)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(answer), `"errors"`), string(answer)
}
