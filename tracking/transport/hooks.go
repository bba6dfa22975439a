package transport

import (
	"context"
	"time"
)

// Hooks observe the attempts of a Transport: a host binds its tracing and metrics here. Neither hook sees a URL, a header
// or a body. They are called from the goroutine of Do, in pairs, and should be quick.
type Hooks struct {
	// Start is called right before a request is sent, when its turn has come. The context it returns, which must be
	// derived from ctx, goes to End and with the request to the RoundTripper of the host's client. Nil is nothing.
	Start func(ctx context.Context, a AttemptStart) context.Context

	// End is called when the answer has been read and judged. Nil is nothing.
	End func(ctx context.Context, a Attempt)
}

// AttemptStart is an HTTP request about to be sent.
type AttemptStart struct {
	Carrier, Op string
	Number      int           // 1 is the first attempt of a call
	Wait        time.Duration // waited since the call began, or since the attempt before
}

// Attempt is an HTTP request that has ended.
type Attempt struct {
	Carrier, Op string
	Number      int           // 1 is the first attempt of a call
	Status      int           // 0 when there was no answer
	Wait        time.Duration // waited since the call began, or since the attempt before
	Took        time.Duration // from sending to the end of the answer
	Next        time.Duration // the pause before the next attempt; 0 when there is none
	Err         error         // a *tracking.Error, nil for success
}
