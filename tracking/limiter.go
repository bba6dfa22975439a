package tracking

import "context"

// Limiter paces the calls of one credential. *rate.Limiter of golang.org/x/time/rate satisfies it; a host with
// several machines can put a shared one in its place.
//
// Wait takes one token per call that the provider counts. It returns early with an error when ctx ends, and may do so
// at once when the wait could not end before ctx does.
type Limiter interface {
	Wait(ctx context.Context) error
}
