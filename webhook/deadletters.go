package webhook

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrNoArchive says that the inbox of a worker cannot be looked into: it is no [Archive].
var ErrNoArchive = errors.New("webhook: the inbox is no archive")

// pruneEvery is how often Run forgets what was done long ago.
const pruneEvery = time.Hour

// DeadLetters lists the messages that were given up, in the order in which they came. The sequence yields an error once,
// last; [ErrNoArchive] when the inbox cannot list them.
func (w *Worker) DeadLetters(ctx context.Context) iter.Seq2[Letter, error] {
	archive, ok := w.Inbox.(Archive)
	if !ok {
		return func(yield func(Letter, error) bool) { yield(Letter{}, ErrNoArchive) }
	}
	return archive.Letters(ctx, LetterFilter{State: Dead})
}

// Replay makes messages that were given up, or done, due at once, with all their attempts before them, and reports how
// many. Deliveries get the keys that they had: effects that were stored under them do not happen again. A message that
// has waited for longer than UnmatchedFor is given up again as soon as it would have to wait.
func (w *Worker) Replay(ctx context.Context, ids ...LetterID) (int, error) {
	archive, ok := w.Inbox.(Archive)
	if !ok {
		return 0, ErrNoArchive
	}
	n, err := archive.Replay(ctx, w.clock()(), ids...)
	if n > 0 {
		w.Wake()
	}
	return n, err
}

func (w *Worker) clock() func() time.Time {
	if w.Now == nil {
		return time.Now
	}
	return w.Now
}

// prune forgets done messages every so often until ctx ends.
func (s *shift) prune(ctx context.Context) {
	archive, ok := s.worker.Inbox.(Archive)
	if !ok || s.keepDone < 0 {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		err := s.guarded(func() error {
			_, err := archive.Prune(ctx, s.now().Add(-s.keepDone))
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.inboxFailed("prune", err)
		}
		timer.Reset(pruneEvery)
	}
}
