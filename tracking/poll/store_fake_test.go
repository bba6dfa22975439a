package poll_test

import (
	"context"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// failingStore fails on command.
type failingStore struct {
	*poll.MemoryStore

	mu     sync.Mutex
	record error
	next   error
	claims int // and looks at what is due
}

func (s *failingStore) set(record, next error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record, s.next, s.claims = record, next, 0
}

// looks counts the looks at what is due since the last set.
func (s *failingStore) looks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claims
}

func (s *failingStore) Record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	s.mu.Lock()
	err := s.record
	s.mu.Unlock()
	if err != nil {
		return poll.Recorded{}, err
	}
	return s.MemoryStore.Record(ctx, r, decide)
}

func (s *failingStore) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	s.mu.Lock()
	s.claims++
	err := s.next
	s.mu.Unlock()
	if err != nil {
		return time.Time{}, err
	}
	return s.MemoryStore.NextDue(ctx, carrier)
}
