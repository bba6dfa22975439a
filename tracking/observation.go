package tracking

import "time"

// Observation is what we saw of a parcel, when, and by which door. Polls and pushes make the same Observation and
// take the same road from there.
type Observation struct {
	Parcel  Parcel    `json:"parcel"`
	Carrier string    `json:"carrier"`
	Door    Door      `json:"door"`
	Kind    Kind      `json:"kind"`
	Proof   Proof     `json:"proof,omitempty"`
	SeenAt  time.Time `json:"seen_at"`
}

// Door is how a fact reached us.
type Door string

// The doors.
const (
	DoorPoll Door = "poll" // we asked
	DoorPush Door = "push" // the provider called
)

// Kind says what an observation may be used for.
type Kind string

// The kinds.
const (
	KindFact Kind = "fact" // evidence
	KindHint Kind = "hint" // a reason to ask, nothing more
)

// Proof says which parts of a push were authenticated. A poll over TLS needs none.
type Proof uint8

// The parts, as a set.
const (
	ProofURL      Proof = 1 << iota // the sender knows a secret address, nothing else
	ProofBody                       // the body is as the sender wrote it
	ProofTime                       // the time of sending is the sender's
	ProofIdentity                   // the message has an authenticated id
)
