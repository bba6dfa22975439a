package trackerdelivery

import (
	"context"
	"time"
)

// An unmodified open-source server answers every failed query with the same bytes: not found, malformed number,
// unknown courier, the courier's site down (observed). What can be told without trusting the text is narrowed here. The
// rest stays ErrUpstream, marked Masked, and is never ErrNotFound.

// unmask finds the row for a masked failure.
func (c *Carrier) unmask(ctx context.Context, a *ask) rule {
	switch {
	case c.directory.lacks(ctx, c, a.id):
		return ruleCourier
	case !acceptedNumber(a.id, a.query.Number):
		return ruleNumber
	default:
		return ruleMasked
	}
}

// acceptedNumber applies the checks that the open-source server makes before it asks a courier (observed). They explain a
// refusal and are no judgement of their own: other couriers' numbers pass.
func acceptedNumber(id, number string) bool {
	switch id {
	case "kr.cjlogistics", "kr.cupost", "kr.swgexp.cjlogistics":
		return digits(number) && (len(number) == 10 || len(number) == 12)
	case "kr.hanjin":
		return digits(number) && (len(number) == 12 || len(number) == 14)
	case "kr.lotte":
		return digits(number) && len(number) == 12 && remainder7(number[:11]) == int(number[11]-'0')
	case "kr.logen":
		return digits(number)
	default:
		return true
	}
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func remainder7(digits string) int {
	r := 0
	for i := range len(digits) {
		r = (10*r + int(digits[i]-'0')) % 7
	}
	return r
}

// listFailedFor is how long a list that could not be read is not asked for again on behalf of masked failures.
const listFailedFor = time.Minute

// loader reads a server's list of couriers and keeps it, unless it is kept already.
type loader interface {
	load(ctx context.Context) error
	now() time.Time
}

// lacks reports whether the server's own list of couriers is known and has no such id. One caller at a time reads it.
func (l *listing) lacks(ctx context.Context, from loader, id string) bool {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return false
	}
	if l.failedLately(from.now()) {
		return false
	}
	if err := from.load(ctx); err != nil {
		if ctx.Err() == nil {
			l.fail(from.now())
		}
		return false
	}
	return l.without(id)
}

// load reads all pages.
func (c *Carrier) load(ctx context.Context) error {
	for _, err := range c.listed(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Carrier) now() time.Time { return c.config.Now() }

func (v *V1) now() time.Time { return v.config.Now() }
