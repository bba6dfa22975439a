package trackerdelivery

import (
	"encoding/json"
	"strconv"
)

// The documents are one line and free of quotes and backslashes, so that they go into a JSON body as they are. They run
// on both kinds of server. Sender and recipient are never asked for, the courier's contact only with KeepRaw:
// what is not fetched cannot leak.
const (
	eventFragment    = ` fragment Event on TrackEvent { time status { code name } location { name } description }`
	rawEventFragment = ` fragment Event on TrackEvent { time status { code name } location { countryCode postalCode name } contact { name phoneNumber } description }`

	infoFragment = ` fragment Info on TrackInfo { trackingNumber lastEvent { ...Event } events(last: $last) { edges { cursor node { ...Event } } pageInfo { hasPreviousPage } } }`

	trackQuery = `query Track($carrierId: ID!, $trackingNumber: String!, $last: Int!) { track(carrierId: $carrierId, trackingNumber: $trackingNumber) { ...Info } }` + infoFragment

	olderQuery = `query TrackOlder($carrierId: ID!, $trackingNumber: String!, $last: Int!, $before: String!) { track(carrierId: $carrierId, trackingNumber: $trackingNumber) { events(last: $last, before: $before) { edges { cursor node { ...Event } } pageInfo { hasPreviousPage } } } }`

	carriersQuery     = `query Carriers($first: Int!, $after: String) { carriers(first: $first, after: $after) { edges { cursor node { id name } } pageInfo { hasNextPage } } }`
	selfCarriersQuery = `query Carriers($first: Int!, $after: String) { carriers(first: $first, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage } } }`

	registerMutation = `mutation RegisterTrackWebhook($input: RegisterTrackWebhookInput!) { registerTrackWebhook(input: $input) }`
)

// pageSize is the most that a page holds: servers cut larger wishes silently (observed).
const pageSize = 20

// body builds a request body: a document, then its variables one by one.
type body struct{ text []byte }

// newBody begins a body; room is what the variables may need.
func newBody(room int, document ...string) body {
	for _, part := range document {
		room += len(part)
	}
	b := body{make([]byte, 0, room+48)}
	b.text = append(b.text, `{"query":"`...)
	for _, part := range document {
		b.text = append(b.text, part...)
	}
	b.text = append(b.text, `","variables":{`...)
	return b
}

func (b *body) name(name string) {
	if b.text[len(b.text)-1] != '{' {
		b.text = append(b.text, ',')
	}
	b.text = append(b.text, '"')
	b.text = append(b.text, name...)
	b.text = append(b.text, `":`...)
}

func (b *body) string(name, value string) {
	b.name(name)
	b.text = appendJSON(b.text, value)
}

// page asks for a full page, by the argument's name.
func (b *body) page(name string) {
	b.name(name)
	b.text = strconv.AppendInt(b.text, pageSize, 10)
}

// end completes the body.
func (b *body) end() []byte { return append(b.text, '}', '}') }

// appendJSON appends a JSON string. Waybill numbers and carrier ids take the short way.
func appendJSON(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// trackBody asks for the newest page of one parcel.
func (c *Carrier) trackBody(a *ask) []byte {
	b := newBody(64+len(a.id)+len(a.query.Number), trackQuery, c.fragment)
	b.string("carrierId", a.id)
	b.string("trackingNumber", a.query.Number)
	b.page("last")
	return b.end()
}

// olderBody asks for the page before a cursor.
func (c *Carrier) olderBody(a *ask, before string) []byte {
	b := newBody(96+len(a.id)+len(a.query.Number)+len(before), olderQuery, c.fragment)
	b.string("carrierId", a.id)
	b.string("trackingNumber", a.query.Number)
	b.page("last")
	b.string("before", before)
	return b.end()
}

// batchBody asks for several parcels in one document, under the aliases t0, t1 …; what a host or courier chose goes into
// variables, never into the document.
func (c *Carrier) batchBody(asks []ask) []byte {
	document := make([]byte, 0, 1024+128*len(asks))
	document = append(document, "query TrackBatch("...)
	for i := range asks {
		n := strconv.Itoa(i)
		document = append(document, "$c"+n+": ID!, $n"+n+": String!, "...)
	}
	document = append(document, "$last: Int!) { "...)
	for i := range asks {
		n := strconv.Itoa(i)
		document = append(document, "t"+n+": track(carrierId: $c"+n+", trackingNumber: $n"+n+") { ...Info } "...)
	}
	document = append(document, '}')
	b := newBody(64*len(asks), string(document), infoFragment, c.fragment)
	for i := range asks {
		n := strconv.Itoa(i)
		b.string("c"+n, asks[i].id)
		b.string("n"+n, asks[i].query.Number)
	}
	b.page("last")
	return b.end()
}

// carriersBody asks for a page of the list of couriers.
func (c *Carrier) carriersBody(after string) []byte {
	document := carriersQuery
	if c.config.Mode == ModeSelfHosted {
		document = selfCarriersQuery
	}
	b := newBody(64+len(after), document)
	b.page("first")
	if after != "" {
		b.string("after", after)
	}
	return b.end()
}
