package webhook

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Hooks observe a [Handler], for traces and meters. Nil functions are skipped; one that panics is logged.
// They run on the goroutine of the request, concurrently with other requests, and hold the answer up while they run.
//
// What they are given names no parcel and holds no secret.
type Hooks struct {
	// Answered is called after an answer was written and before it is sent off, with the context of the request.
	Answered func(ctx context.Context, r Report)
}

// A Report says what became of a request.
type Report struct {
	Source string // empty when the path names none
	Status int    // of the answer
	Size   int    // bytes of body that were read

	// Of a push that was authenticated.
	Proof tracking.Proof
	KeyID string
	Key   Digest
	Ping  bool // it only tested the address

	Stored    bool // for the first time
	Duplicate bool // it was stored before

	// Err is why it was not accepted: it wraps a sentinel of this package, or is what a host's own source said.
	Err  error
	Took time.Duration // by Config.Now, the reading of the body included
}
