package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A Source is one provider's way to reach you, or one account's of a provider. Its methods are called concurrently.
//
// A source whose configuration can be wrong has a method Validate() error too; [NewHandler] calls it, and Verify of
// such a source refuses everything with that error.
type Source interface {
	// Name is short, lower case, constant, and unique among the sources of one handler. It is also the path segment
	// that a handler finds the source by.
	Name() string

	// Terms are what is asked of a request before it is looked into, and the provider's own answers. They are constant.
	Terms() Terms

	// Verify says what of a request is authenticated, reading no more of the body than it needs for that. It does no
	// input or output and keeps no part of the request after it returned.
	//
	// An error that wraps [ErrMalformed] says that the sender is who it should be but the body is no message of its;
	// Terms.Malformed answers it. Every other error is a refusal: all of them get Terms.Refused, byte for byte, and
	// only hooks and logs hear the reason. Errors hold no secret, no right signature and nothing of the body.
	Verify(r *Request) (Receipt, error)

	// Read turns a stored message into what it says. It runs in a [Worker], possibly long after Verify, possibly in
	// another process. It may look things up with the host.
	//
	// [ErrUnmatched] says that the host does not know yet what the message is about: it is tried again for days.
	// [ErrMalformed] says that it will never be readable: it becomes a dead letter at once. Other errors are tried
	// again like failures of the host.
	Read(ctx context.Context, m Message) (Reading, error)
}

// A Responder is a source whose answer depends on what was in the message. Respond is called after the message was
// stored, whether for the first time or again, and before the answer; whatever it answers, the message will be worked.
// When it takes longer than a fifth of a second, or panics, Terms.Accepted is the answer.
type Responder interface {
	Respond(ctx context.Context, m Message) Answer
}

// Terms are what a provider's requests must look like, and the answers it understands.
type Terms struct {
	// MaxBody is the largest body, in bytes as received; 0 means 1 MiB.
	MaxBody int64
	// ContentTypes lists the media types that are taken, without parameters. Empty means any, and none at all.
	ContentTypes []string
	// Gzip takes bodies with Content-Encoding: gzip as well. What was received is what is verified and stored;
	// [Message.Text] unpacks it. Every other content encoding is refused.
	Gzip bool

	Accepted  Answer // stored, now or before; the zero Answer means 200
	TryAgain  Answer // not stored; makes the provider send it again; the zero Answer means 503
	Refused   Answer // not authenticated; the zero Answer means 401
	Malformed Answer // authenticated, but unreadable; the zero Answer means 400
}

// An Answer is a response to a provider.
type Answer struct {
	Status      int
	ContentType string // of Body
	Body        string
}

// A Request is a push as it was received.
type Request struct {
	Header http.Header
	// Rest is what follows the source's name in the path, without slashes around it: for a source that is known by a
	// secret address, the secret. Never log it.
	Rest string
	// Body is what was received, to the byte. It is reused after Verify returned.
	Body []byte
	At   time.Time // when it was received
}

// Format writes the size of the body for every verb, and neither secrets nor what was pushed.
func (r Request) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "push of %d bytes", len(r.Body)) }

// LogValue is the size of the body.
func (r Request) LogValue() slog.Value { return slog.GroupValue(slog.Int("size", len(r.Body))) }

// A Receipt says what was authenticated.
type Receipt struct {
	Proof  tracking.Proof
	KeyID  string    // which of the configured keys fitted
	SentAt time.Time // as the sender signed it; zero when nobody signed a time
	// Key identifies the message: a message of the same source with the same key is the same message, sent again. For
	// the zero Key a handler takes the SHA-256 of the body.
	Key Digest
	// Ping marks a message that only tests the address. It is answered as accepted and not stored.
	Ping bool
}

// A Reading is what a message says.
type Reading struct {
	Event   string            // the provider's name for what happened; empty when it gives none
	Parcels []tracking.Parcel // facts
	Hints   []tracking.Query  // parcels about which the provider has something to say, when asked
	Ended   []Ended           // subscriptions that the provider closed
	Ignored string            // why nothing of it applies, such as an event that nobody knows; the message is done
	Faults  []error           // of single items that could not be read; the others count
}

// Ended says that a provider will push no more for a subscription.
type Ended struct {
	Handle string // what Subscribe gave for it
	Reason EndReason
	Open   []tracking.Query // its parcels that are not at their end yet: nobody but a poll will tell of them
}

// EndReason says why a subscription ended.
type EndReason string

// The reasons.
const (
	EndDelivered EndReason = "delivered" // every parcel arrived or was cancelled
	EndOnce      EndReason = "once"      // it was for one answer
	EndExpired   EndReason = "expired"   // the provider stopped looking
)
