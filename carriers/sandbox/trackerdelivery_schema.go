package sandbox

// The schemas of the two servers. A self-hosted one has no mutation type, no carrier names and no search (observed).

const trackerManagedSDL = `
schema { query: Query mutation: Mutation }

type Query {
	track(carrierId: ID!, trackingNumber: String!): TrackInfo
	carriers(first: Int, after: String, last: Int, before: String, searchText: String, countryCode: String): CarrierConnection
	carrier(id: ID!): Carrier
}

type Mutation {
	registerTrackWebhook(input: RegisterTrackWebhookInput!): Boolean
}

input RegisterTrackWebhookInput {
	carrierId: ID!
	trackingNumber: String!
	callbackUrl: String!
	expirationTime: DateTime!
}

type Carrier { id: ID! name: String! }
` + trackerSharedSDL

const trackerOpenSDL = `
schema { query: Query }

type Query {
	track(carrierId: ID!, trackingNumber: String!): TrackInfo
	carriers(first: Int, after: String, last: Int, before: String): CarrierConnection
	carrier(id: ID!): Carrier
}

type Carrier { id: ID! }
` + trackerSharedSDL

const trackerSharedSDL = `
scalar DateTime

type TrackInfo {
	trackingNumber: String!
	lastEvent: TrackEvent
	events(first: Int, after: String, last: Int, before: String): TrackEventConnection
	sender: ContactInfo
	recipient: ContactInfo
}

type TrackEvent {
	time: DateTime
	status: TrackEventStatus!
	location: Location
	contact: ContactInfo
	description: String
}

type TrackEventStatus { code: TrackEventStatusCode! name: String }

enum TrackEventStatusCode {
	INFORMATION_RECEIVED AT_PICKUP IN_TRANSIT OUT_FOR_DELIVERY AVAILABLE_FOR_PICKUP ATTEMPT_FAIL DELIVERED EXCEPTION UNKNOWN
}

type ContactInfo {
	name: String
	phoneNumber(allowInvalidFormat: Boolean): String
	location: Location
}

type Location { name: String countryCode: String postalCode: String }

type TrackEventConnection { edges: [TrackEventEdge] pageInfo: PageInfo! }
type TrackEventEdge { node: TrackEvent cursor: String! }
type CarrierConnection { edges: [CarrierEdge] pageInfo: PageInfo! }
type CarrierEdge { node: Carrier cursor: String! }

type PageInfo {
	hasNextPage: Boolean!
	hasPreviousPage: Boolean!
	startCursor: String
	endCursor: String
}
`
