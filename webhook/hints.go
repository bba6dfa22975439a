package webhook

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A hinted is a claimed message that waits for answers to its hints.
type hinted struct {
	claimed
	hints []tracking.Query

	mu      sync.Mutex
	open    int                  // hints that are not answered
	settled map[parcelKey]string // those that are, with what is to be said of the message
	worst   Finding              // of those that are to be asked again
	cause   error
}

// skip leaves out the hints that were answered in an earlier attempt. It reports whether any is left.
func (l *hinted) skip() bool {
	left := l.hints[:0:0]
	seen := make(map[parcelKey]bool, len(l.hints))
	for _, q := range l.hints {
		if _, settled := l.settled[keyOf(q)]; settled || seen[keyOf(q)] {
			continue
		}
		seen[keyOf(q)] = true
		left = append(left, q)
	}
	l.hints, l.open = left, len(left)
	return len(left) > 0
}

// answer takes what came of one hint; f is nil when it is settled. It reports whether it was the last.
func (l *hinted) answer(key parcelKey, f *Finding, cause error) (last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case f == nil, f.State == Dead:
		if l.settled == nil {
			l.settled = make(map[parcelKey]string)
		}
		why := ""
		if f != nil {
			why, l.cause = f.Why, cause
		}
		l.settled[key] = why
	case l.worst.State == "" || f.At.Before(l.worst.At):
		uncounted := f.Uncounted && (l.worst.State == "" || l.worst.Uncounted)
		l.worst, l.cause = *f, cause
		l.worst.Uncounted = uncounted
	default:
		l.worst.Uncounted = l.worst.Uncounted && f.Uncounted
	}
	l.open--
	return l.open == 0
}

// finishHinted settles a message all of whose hints have come to something.
func (s *shift) finishHinted(l *hinted, end *ending) {
	if l.worst.State != "" {
		s.answered.keep(idOf(l.Claim), l.settled)
		s.conclude(l.Claim, l.worst, l.cause, end)
		return
	}
	f := Finding{State: Done, At: s.now()}
	for _, why := range l.settled {
		if why != "" {
			f.State, f.Why = Dead, why
		}
	}
	s.conclude(l.Claim, f, l.cause, end)
}

// ask asks about a parcel on behalf of all its hints, and delivers the answer.
func (s *shift) ask(w *window, end *ending) {
	now := s.now()
	var claims []Claim
	var asked []*hinted
	for _, l := range w.letters {
		if now.Add(s.timeout).Before(l.until) {
			asked, claims = append(asked, l), append(claims, l.Claim)
			continue
		}
		s.resolve(l, w.key, &Finding{State: Waiting, At: now, Uncounted: true}, nil, end)
	}
	if len(asked) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(s.work, s.timeout)
	defer cancel()
	var parcel *tracking.Parcel
	at := asking
	err := s.guarded(func() (err error) {
		parcel, err = s.worker.Ask(ctx, w.query)
		return err
	})
	s.asked(Asked{Letters: len(asked), Took: s.now().Sub(now), Err: err})
	switch {
	case errors.Is(err, tracking.ErrNotFound):
		err = nil
	case err == nil && parcel != nil:
		at = delivering
		err = s.deliver(ctx, answerOf(w.key, claims, completed(*parcel, w.query, s.now()), s.now()))
	}
	for _, l := range asked {
		if err == nil {
			s.resolve(l, w.key, nil, nil, end)
			continue
		}
		f := s.judge(at, l.Claim, err)
		s.resolve(l, w.key, &f, err, end)
	}
}

func (s *shift) asked(a Asked) {
	if hook := s.worker.Hooks.Asked; hook != nil {
		s.call(func() { hook(a) })
	}
}

func (s *shift) resolve(l *hinted, key parcelKey, f *Finding, cause error, end *ending) {
	if l.answer(key, f, cause) {
		s.finishHinted(l, end)
	}
}

// completed fills in what the client would have: which parcel it is, and when the answer came.
func completed(p tracking.Parcel, q tracking.Query, now time.Time) *tracking.Parcel {
	p.Courier = cmp.Or(p.Courier, q.Courier)
	p.Number = cmp.Or(p.Number, q.Number)
	if p.RetrievedAt.IsZero() {
		p.RetrievedAt = now
	}
	return &p
}

// A window gathers the hints of one parcel.
type window struct {
	key     parcelKey
	query   tracking.Query
	ends    time.Time
	letters []*hinted
}

// windows are the parcels that hints are gathered for, and those that are being asked about. They belong to one
// goroutine.
type windows struct {
	open   map[parcelKey]*window
	order  []*window // the open ones as they end
	asking map[parcelKey]bool
	held   int
}

// add joins a letter to the windows of its parcels, opening those that are not open.
func (ws *windows) add(l *hinted, ends time.Time) {
	if ws.open == nil {
		ws.open, ws.asking = make(map[parcelKey]*window), make(map[parcelKey]bool)
	}
	for _, q := range l.hints {
		key := keyOf(q)
		w := ws.open[key]
		if w == nil {
			w = &window{key: key, query: q, ends: ends}
			ws.open[key] = w
			ws.order = append(ws.order, w)
		}
		w.query = joined(w.query, q)
		w.letters = append(w.letters, l)
		ws.held++
	}
}

// next closes a window that is over and gives it to be asked about. A parcel that is being asked about has to wait: the
// carrier may already be about to answer what it knew before the hint, and a client joins equal questions.
func (ws *windows) next(now time.Time) *window {
	for i, w := range ws.order {
		if w.ends.After(now) && ws.held < mostHeld {
			return nil
		}
		if ws.asking[w.key] {
			continue
		}
		copy(ws.order[1:i+1], ws.order[:i])
		ws.order[0] = nil
		ws.order = ws.order[1:]
		delete(ws.open, w.key)
		ws.asking[w.key] = true
		ws.held -= len(w.letters)
		return w
	}
	return nil
}

// close takes note that a parcel was asked about.
func (ws *windows) close(w *window) { delete(ws.asking, w.key) }

// soonest is when the first window ends that could be asked about.
func (ws *windows) soonest() (time.Time, bool) {
	for _, w := range ws.order {
		if !ws.asking[w.key] {
			return w.ends, true
		}
	}
	return time.Time{}, false
}

// letters are those that wait, each once.
func (ws *windows) letters() []*hinted {
	var all []*hinted
	seen := make(map[*hinted]bool)
	for _, w := range ws.order {
		for _, l := range w.letters {
			if !seen[l] {
				seen[l] = true
				all = append(all, l)
			}
		}
	}
	return all
}

// joined is one question for two hints: what either asks for.
func joined(q, other tracking.Query) tracking.Query {
	q.Ref = cmp.Or(q.Ref, other.Ref)
	if q.Since.IsZero() {
		q.Since = other.Since
	}
	if len(q.Extra) == 0 {
		q.Extra = other.Extra
	}
	q.Fresh = q.Fresh || other.Fresh
	q.FullHistory = q.FullHistory || other.FullHistory
	q.Recall = q.Recall || other.Recall
	return q
}

// answered remembers, for messages with several hints of which some have to be asked again, those that need not: to ask
// costs money. It lives as long as a Run.
type answered struct {
	mu   sync.Mutex
	byID map[LetterID]map[parcelKey]string
}

func (a *answered) keep(id LetterID, settled map[parcelKey]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(settled) == 0 {
		return
	}
	if a.byID == nil || len(a.byID) >= mostHeld {
		a.byID = make(map[LetterID]map[parcelKey]string)
	}
	a.byID[id] = settled
}

func (a *answered) of(id LetterID) map[parcelKey]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.byID[id])
}

func (a *answered) forget(id LetterID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byID, id)
}
