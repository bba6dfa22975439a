package webhook

import (
	"context"
	"iter"
	"time"
)

// An Inbox keeps messages from the moment they are answered until they are worked. Package webhooktest has the suite
// that every implementation passes; [NewMemoryInbox] makes one that keeps nothing over a restart.
//
// Its methods are called concurrently, from several processes where the implementation is shared by several. Times
// come from the caller: an inbox has no clock of its own.
type Inbox interface {
	// Put keeps m, unless a message of the same source and key is kept already, worked or not; it reports which.
	// When it returns without an error, m survives whatever the implementation promises to survive. It gives up soon
	// after ctx ended. An error means that m may or may not be kept. The body belongs to the inbox from then on.
	Put(ctx context.Context, m Message) (fresh bool, err error)

	// Claim leases up to limit messages that are due at now, those that are due longest first, until now plus lease,
	// which is positive. A message is due from when it was received, a waiting one from Finding.At, and one whose lease
	// ran out from then. Nobody else is given a leased message. The body is the caller's: writing to it changes nothing
	// in the inbox.
	Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]Claim, error)

	// Finish says what became of a claimed message, and ends the claim. It fails with [ErrLeaseLost], changing nothing,
	// when the message has been claimed again since, or is there no more, or the claim has ended; finishing a message
	// twice under one claim is no error when the first was Done, and changes nothing either. A lease that merely ran out
	// does no harm. Of the claim only the message's source and key, and the fence, are looked at.
	Finish(ctx context.Context, c Claim, f Finding) error
}

// A Claim is a message and the right to work it for a time.
type Claim struct {
	Message Message
	Attempt int   // 1 for the first; findings that are not counted do not raise it, a lease that ran out does
	Fence   int64 // rises with every claim of the message
}

// A Finding is what became of a claimed message.
type Finding struct {
	State State
	// At is when a waiting message is due again, or when the message was done or given up.
	At time.Time
	// Why is for people: one line, no personal data. Empty for a message that was done as usual.
	Why string
	// Uncounted gives the attempt back: the message waited through no fault of its own.
	Uncounted bool
}

// State is where a message stands.
type State string

// The states.
const (
	Waiting State = "waiting" // due at some time
	Done    State = "done"    // worked; only its key is still needed
	Dead    State = "dead"    // given up; waits for a person
)

// An Archive is an inbox that can be looked into. [Worker.DeadLetters] and [Worker.Replay] need one.
type Archive interface {
	// Letters lists messages in the order in which they were put. The sequence yields an error once, last.
	Letters(ctx context.Context, f LetterFilter) iter.Seq2[Letter, error]

	// Replay makes dead or done messages due at now, with no attempts counted, and reports how many. A message whose
	// body is not kept any more is left alone.
	Replay(ctx context.Context, now time.Time, ids ...LetterID) (int, error)

	// Prune forgets done messages, keys included, that were done before the time given, and reports how many.
	Prune(ctx context.Context, before time.Time) (int, error)
}

// A LetterID names a message in an archive.
type LetterID struct {
	Source string
	Key    Digest
}

// A Letter is a message as an archive shows it.
type Letter struct {
	Message Message
	State   State
	Attempt int
	At      time.Time // of the state: when a waiting message is due, when its lease ends, when it was done or given up
	Why     string
}

// A LetterFilter chooses letters. The zero value chooses all.
type LetterFilter struct {
	Source string // empty for all
	State  State  // empty for all
}
