package webhook

import (
	"errors"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
)

// The schedule of [Worker]. There is no jitter in it: the messages of one worker are due one by one anyway.
const (
	firstRetry   = time.Second
	retryGrowth  = 4
	longestRetry = 30 * time.Minute

	longestUnmatched = time.Hour
	slowRetry        = 30 * time.Minute // for a parcel that a carrier is getting ready
	longestWait      = 24 * time.Hour   // that a carrier may ask for
)

// longestWhy is how many characters of a text that is not ours are kept and logged.
const longestWhy = 200

// retryDelay is how long a message waits after that many attempts failed: 1 s, 4 s, 16 s, 64 s, 256 s, about 17 min,
// then half an hour each time.
func retryDelay(attempts int) time.Duration {
	delay := firstRetry
	for range min(attempts, 20) - 1 {
		delay *= retryGrowth
		if delay >= longestRetry {
			return longestRetry
		}
	}
	return delay
}

// unmatchedDelay is how long a message of that age waits before it is looked at again: half its age, within a second
// and an hour.
func unmatchedDelay(age time.Duration) time.Duration {
	return min(max(age/2, firstRetry), longestUnmatched)
}

// A stage is what a message was in when it failed.
type stage string

const (
	reading    stage = "read"
	delivering stage = "deliver"
	asking     stage = "ask"
)

// judge says what becomes of a message that failed.
func (s *shift) judge(at stage, c Claim, err error) Finding {
	now := s.now()
	why := string(at) + ": " + remark(err)
	switch {
	case s.work.Err() != nil: // the worker was shut down, and its patience with this work is over
		return Finding{State: Waiting, At: now, Uncounted: true}
	case at == asking:
		return s.judgeAnswer(now, c, err, why)
	case isAny(err, ErrMalformed, ErrRefused):
		return Finding{State: Dead, At: now, Why: why}
	case errors.Is(err, ErrUnmatched):
		return s.patient(now, c, unmatchedDelay(now.Sub(c.Message.ReceivedAt)), "unmatched, "+why)
	default:
		return s.counted(now, c, why)
	}
}

// judgeAnswer is judge for a carrier that did not answer.
func (s *shift) judgeAnswer(now time.Time, c Claim, err error, why string) Finding {
	told, _ := errors.AsType[*tracking.Error](err)
	if told == nil {
		told = &tracking.Error{Retry: tracking.RetrySoon}
	}
	switch {
	case isAny(err, tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrInvalidRequest, tracking.ErrUnsupported):
		return Finding{State: Dead, At: now, Why: why}
	case told.Retry == tracking.RetryAfter:
		return s.patient(now, c, min(max(told.Wait, firstRetry), longestWait), why)
	case told.Retry == tracking.RetrySlow:
		return s.patient(now, c, slowRetry, why)
	case told.ResetAt.After(now):
		return s.patient(now, c, min(max(told.ResetAt.Sub(now), firstRetry), longestWait), why)
	case told.Retry == tracking.RetryQuota, told.Retry == tracking.RetryNextDay,
		isAny(err, tracking.ErrCredentials, tracking.ErrForbidden, tracking.ErrQuotaExhausted, tracking.ErrDailyCap):
		return s.patient(now, c, longestUnmatched, why)
	default:
		return s.counted(now, c, why)
	}
}

// counted lets a message wait that may be to blame itself, or ends its attempts.
func (s *shift) counted(now time.Time, c Claim, why string) Finding {
	if c.Attempt >= s.attempts {
		return Finding{State: Dead, At: now, Why: why}
	}
	return Finding{State: Waiting, At: now.Add(retryDelay(c.Attempt)), Why: why}
}

// patient lets a message wait that is not to blame, unless it is too old.
func (s *shift) patient(now time.Time, c Claim, delay time.Duration, why string) Finding {
	if now.Sub(c.Message.ReceivedAt) >= s.unmatchedFor {
		return Finding{State: Dead, At: now, Why: why, Uncounted: true}
	}
	return Finding{State: Waiting, At: now.Add(delay), Why: why, Uncounted: true}
}

// remark is what of an error may be kept and logged: a host's may hold anything.
func remark(err error) string { return remarkText(textOf(err)) }

func remarkText(text string) string { return mask.Remark(text, nil, longestWhy) }

// textOf is the text of an error whose own method may panic.
func textOf(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = "an error without a text"
		}
	}()
	return err.Error()
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
