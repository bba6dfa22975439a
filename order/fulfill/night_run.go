package fulfill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	nightLook  = 10 * time.Minute // at the longest, for a machine that was asleep
	nightRetry = time.Minute      // after the first failure, and twice as long after each further one
	nightRest  = time.Hour        // at the longest

	recollectEvery = time.Hour // is looked whether another process has learned, and kept what is known of pushes
)

// shift does the jobs of Config.Night when they are due, until ctx ends.
func (e *Engine) shift(ctx context.Context) error {
	turns := map[Job]*turn{}
	var recollect time.Time
	for ctx.Err() == nil {
		if now := e.config.Now(); !now.Before(recollect) {
			recollect = now.Add(recollectEvery)
			e.recollect(ctx)
			e.pushes.upkeep(ctx)
		}
		next := e.config.Now().Add(nightLook)
		for _, job := range Jobs() {
			if !slices.Contains(e.config.Night.Jobs, job) || ctx.Err() != nil {
				continue
			}
			now := e.config.Now()
			due := e.config.Night.due(job, now)
			if turns[job] == nil || !turns[job].due.Equal(due) {
				turns[job] = &turn{job: job, due: due}
			}
			t := turns[job]
			if !t.over && !now.Before(t.again) {
				e.take(ctx, t)
			}
			next = earlier(next, due.Add(job.period()))
			if !t.over {
				next = earlier(next, t.again)
			}
		}
		if wait := next.Sub(e.config.Now()); wait > 0 {
			if err := e.config.Wait(ctx, wait); err != nil && ctx.Err() == nil {
				return fmt.Errorf("fulfill: Wait: %w", err)
			}
		}
	}
	return nil
}

// A turn is a job that was due at a time, as one of the processes knows it.
type turn struct {
	job   Job
	due   time.Time
	mine  bool // this process began it
	over  bool // somebody brought it to its end
	tries int
	again time.Time // when to look at it next
}

// take does a job unless somebody has done it since it was due, or is at it.
func (e *Engine) take(ctx context.Context, t *turn) {
	granted, err := e.grant(ctx, t)
	if err != nil {
		e.config.Logger.ErrorContext(ctx, "night: the store failed", slog.String("job", string(t.job)), slog.String("err", reason(err)))
		t.again = e.config.Now().Add(nightRetry)
		return
	}
	if !granted {
		t.again = e.config.Now().Add(nightLook)
		return
	}
	r, err := e.shielded(ctx, t.job)
	if err != nil {
		e.config.Logger.ErrorContext(ctx, "night: a job was cut off", slog.String("job", string(t.job)), slog.String("err", reason(err)))
	}
	e.config.Logger.InfoContext(ctx, "night", slog.String("job", string(t.job)), slog.Int("done", r.Done), slog.Int("refused", r.Refused),
		slog.Int("left", r.Left), slog.Int("lost", r.Lost), slog.Duration("took", r.Ended.Sub(r.Began)), slog.Bool("complete", err == nil))
	if err != nil || r.failed > 0 || !e.finish(ctx, t) {
		t.again = e.config.Now().Add(min(nightRetry<<min(t.tries, 10), nightRest))
		t.tries++
	}
	e.report(ctx, r)
}

var errPeek = errors.New("nothing is to be kept")

// grant reports whether a job is to be done now, by this process.
func (e *Engine) grant(ctx context.Context, t *turn) (bool, error) {
	now, name := e.config.Now(), "night/"+string(t.job)
	var open, granted bool
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
		if open, err = tx.Begin(ctx, name, t.due, now); err != nil {
			return err
		}
		return errPeek
	})
	if err != nil && !errors.Is(err, errPeek) {
		return false, err
	}
	if t.over = !open; t.over || t.mine {
		return open, nil
	}
	since := now.Add(-e.config.Night.Lease)
	if t.due.After(since) {
		since = t.due
	}
	err = e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
		granted, err = tx.Begin(ctx, name+"/begun", since, now)
		return err
	})
	t.mine = err == nil && granted
	return t.mine, err
}

// finish lets everybody know that a job is done.
func (e *Engine) finish(ctx context.Context, t *turn) bool {
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		_, err := tx.Begin(ctx, "night/"+string(t.job), t.due, e.config.Now())
		return err
	})
	t.over = err == nil
	return t.over
}

// report calls Config.Night.Told, whose panics are nobody else's.
func (e *Engine) report(ctx context.Context, r Report) {
	if e.config.Night.Told == nil {
		return
	}
	defer func() {
		if value := recover(); value != nil {
			e.config.Logger.ErrorContext(ctx, "night: Told panicked", slog.String("type", fmt.Sprintf("%T", value)))
		}
	}()
	e.config.Night.Told(r)
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
