package main

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
)

const (
	tick    = 2 * time.Millisecond // of the pace, by the wall clock
	working = 50                   // by how much the world goes slower while somebody works
	ahead   = 6 * time.Hour        // by how much the world's time is remembered in advance
	fastest = 200_000              // how many times faster than the wall clock the world may go
)

// A pace steps the world's clock: fast while everybody waits, and slowly while somebody works, so that a machine that is slow
// sees the same days as one that is fast.
type pace struct {
	clock *sandbox.Clock
	speed float64
	slow  func() time.Duration // by how much the world is to go slower now: 1 or working
	// save remembers the time of the world, which never goes beyond what was saved: a process that is started again goes on
	// at a time that no other one has seen.
	save  func(context.Context, time.Time) error
	saved time.Time
}

// run keeps the pace until ctx ends. It fails when the time cannot be saved.
func (p *pace) run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for ctx.Err() == nil {
		step := time.Duration(p.speed*float64(tick)) / p.slow()
		if next := p.clock.Now().Add(step); next.After(p.saved) {
			until := next.Add(ahead)
			if err := p.save(ctx, until); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
			p.saved = until
		}
		p.clock.Advance(step)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}
