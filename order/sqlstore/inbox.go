package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// An Inbox keeps the pushes of providers. It implements [webhook.Inbox] and [webhook.Archive], for several processes at
// once.
//
// It drops the body of a message that is done, so that no personal data stays behind, and keeps the rest until Prune: done
// messages cannot be replayed, dead ones can. Zero bytes, and bytes that are no UTF-8, in the content type and the like
// come back as U+FFFD; the body comes back to the byte.
type Inbox struct{ s *Store }

var (
	_ webhook.Inbox   = (*Inbox)(nil)
	_ webhook.Archive = (*Inbox)(nil)
)

// Inbox gives the inbox of the store.
func (s *Store) Inbox() *Inbox { return &Inbox{s} }

// The states as they are stored.
const (
	storedWaiting = iota
	storedDone
	storedDead
)

var states = [...]webhook.State{storedWaiting: webhook.Waiting, storedDone: webhook.Done, storedDead: webhook.Dead}

// stateNumber gives the stored form; -1 of what is no state.
func stateNumber(s webhook.State) int {
	for n, state := range states {
		if s == state {
			return n
		}
	}
	return -1
}

// Put implements [webhook.Inbox]. It is a single statement.
func (in *Inbox) Put(ctx context.Context, m webhook.Message) (fresh bool, err error) {
	if err := in.s.outside(ctx); err != nil {
		return false, err
	}
	var l limit
	if l.key("the message's source", m.Source); l.err != nil {
		return false, l.err
	}
	body := m.Body
	if body == nil {
		body = []byte{}
	}
	received := nanos(m.ReceivedAt)
	err = in.s.write(ctx, func() (err error) {
		fresh, err = in.s.insert(ctx, stInboxPut, m.Source, hex.EncodeToString(m.Key[:]), body, text(m.ContentType), text(m.Encoding),
			int64(m.Proof), text(m.KeyID), nanos(m.SentAt), received, received)
		return err
	})
	return fresh, err
}

// Claim implements [webhook.Inbox].
func (in *Inbox) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) (claims []webhook.Claim, err error) {
	err = in.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		claims = nil
		until := nanos(now.Add(lease))
		var rows []letterRow
		if err := tx.list(ctx, stInboxDue, []any{nanos(now), limit}, appendRow(&rows)); err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := tx.exec(ctx, stInboxLease, until, r.seq); err != nil {
				return tx.failed(err)
			}
			claims = append(claims, webhook.Claim{Message: r.letter.Message, Attempt: r.letter.Attempt + 1, Fence: r.fence + 1})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// Finish implements [webhook.Inbox].
func (in *Inbox) Finish(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
	return in.s.Update(ctx, func(ctx context.Context, tx *Tx) error { return tx.FinishMessage(ctx, c, f) })
}

// FinishMessage is [Inbox.Finish] in the transaction: the message is done exactly if what it caused is kept. After
// [webhook.ErrLeaseLost] somebody else works the message: roll back.
func (t *Tx) FinishMessage(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
	state := stateNumber(f.State)
	if state < 0 {
		return fmt.Errorf("sqlstore: no state of a message: %.20q", string(f.State))
	}
	key := hex.EncodeToString(c.Message.Key[:])
	n, err := t.exec(ctx, stInboxFinish, state, nanos(f.At), text(f.Why), flag(f.Uncounted), flag(f.State == webhook.Done), c.Message.Source, key, c.Fence)
	if err != nil || n > 0 {
		return t.failed(err)
	}
	var fence int64
	found, err := t.get(ctx, stInboxStanding, []any{c.Message.Source, key}, &fence, &state)
	switch {
	case err != nil:
		return err
	case found && fence == c.Fence && state == storedDone:
		return nil
	}
	return webhook.ErrLeaseLost
}

// A letterRow is a row of the inbox.
type letterRow struct {
	seq, fence int64
	letter     webhook.Letter
}

// appendRow gives a function that appends the rows of a query.
func appendRow(rows *[]letterRow) func(*sql.Rows) error {
	return func(from *sql.Rows) error {
		var r letterRow
		m := &r.letter.Message
		var key string
		var proof, sent, received, at int64
		var state int
		err := from.Scan(&r.seq, &m.Source, &key, &m.Body, &m.ContentType, &m.Encoding, &proof, &m.KeyID, &sent, &received,
			&state, &at, &r.letter.Why, &r.letter.Attempt, &r.fence)
		if err != nil {
			return err
		}
		if n, err := hex.Decode(m.Key[:], []byte(key)); err != nil || n != len(m.Key) || state < 0 || state >= len(states) {
			return fmt.Errorf("message %d is not one that was put", r.seq)
		}
		m.Proof, m.SentAt, m.ReceivedAt = tracking.Proof(proof), moment(sent), moment(received)
		r.letter.State, r.letter.At = states[state], moment(at)
		*rows = append(*rows, r)
		return nil
	}
}
