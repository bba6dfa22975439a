package fulfill

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	nightLook  = 10 * time.Minute // at the longest, for a machine that was asleep
	nightRetry = time.Minute      // after the store failed
)

// shift does the jobs of Config.Night when they are due, until ctx ends.
func (e *Engine) shift(ctx context.Context) error {
	seen := map[Job]time.Time{} // the turns of which it is known that somebody had them
	for ctx.Err() == nil {
		now := e.config.Now()
		next := now.Add(nightLook)
		for _, job := range Jobs() {
			if !slices.Contains(e.config.Night.Jobs, job) || ctx.Err() != nil {
				continue
			}
			due := e.config.Night.due(job, now)
			if !due.Equal(seen[job]) {
				if err := e.turn(ctx, job, due); err != nil {
					e.config.Logger.ErrorContext(ctx, "night: the store failed", slog.String("job", string(job)), slog.String("err", reason(err)))
					next = earlier(next, now.Add(nightRetry))
					continue
				}
				seen[job] = due
			}
			next = earlier(next, due.Add(job.period()))
		}
		if wait := next.Sub(e.config.Now()); wait > 0 {
			if err := e.config.Wait(ctx, wait); err != nil && ctx.Err() == nil {
				return fmt.Errorf("fulfill: Wait: %w", err)
			}
		}
	}
	return nil
}

// turn does a job if nobody has done it since it was due. An error is one of the store before the job began.
func (e *Engine) turn(ctx context.Context, job Job, due time.Time) error {
	var granted bool
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
		granted, err = tx.Begin(ctx, "night/"+string(job), due, e.config.Now())
		return err
	})
	if err != nil || !granted {
		return err
	}
	r, err := e.shielded(ctx, job)
	if err != nil {
		e.config.Logger.ErrorContext(ctx, "night: a job was cut off", slog.String("job", string(job)), slog.String("err", reason(err)))
	}
	e.config.Logger.InfoContext(ctx, "night", slog.String("job", string(job)), slog.Int("done", r.Done), slog.Int("refused", r.Refused),
		slog.Int("left", r.Left), slog.Int("lost", r.Lost), slog.Duration("took", r.Ended.Sub(r.Began)), slog.Bool("complete", err == nil))
	if e.config.Night.Told != nil {
		defer func() {
			if value := recover(); value != nil {
				e.config.Logger.ErrorContext(ctx, "night: Told panicked", slog.String("type", fmt.Sprintf("%T", value)))
			}
		}()
		e.config.Night.Told(r)
	}
	return nil
}

// shielded does a job. A panic in what the host brought ends the job and no more.
func (e *Engine) shielded(ctx context.Context, job Job) (r Report, err error) {
	r = Report{Job: job, Began: e.config.Now()}
	defer func() {
		if value := recover(); value != nil {
			r.Ended, err = e.config.Now(), fmt.Errorf("fulfill: %s panicked (%T)", job, value)
		}
		r.Err = err
	}()
	return e.Do(ctx, job)
}

// period is the time from one turn of a job to the next.
func (j Job) period() time.Duration {
	if j == Stalls {
		return time.Hour
	}
	return 24 * time.Hour // Korea has no summer time
}

// due gives the latest time, not after now, at which a job was due.
func (n *Night) due(job Job, now time.Time) time.Time {
	begin := midnight(now)
	at, ok := n.At[job]
	if job == Stalls {
		begin = now.Truncate(time.Hour) // Korea is whole hours from UTC
	} else if !ok {
		at = job.usualTime()
	}
	due := begin.Add(at)
	if due.After(now) {
		due = due.Add(-job.period())
	}
	return due
}
