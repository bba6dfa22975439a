package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"iter"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

// portion is how many rows are read or removed at a time.
const portion = 200

// Letters implements [webhook.Archive]. It shows the messages that are there when the loop over it begins, as they stand
// when the loop comes to them, and holds no connection between them.
func (in *Inbox) Letters(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
	return func(yield func(webhook.Letter, error) bool) {
		if err := in.letters(ctx, f, yield); err != nil {
			yield(webhook.Letter{}, err)
		}
	}
}

// letters yields the letters until the caller has enough; the error is for it to yield.
func (in *Inbox) letters(ctx context.Context, f webhook.LetterFilter, yield func(webhook.Letter, error) bool) error {
	if err := in.s.outside(ctx); err != nil {
		return err
	}
	state := -1
	if f.State != "" {
		if state = stateNumber(f.State); state < 0 {
			return nil
		}
	}
	var after, last int64
	if _, err := in.s.get(ctx, stInboxLast, nil, &last); err != nil {
		return err
	}
	for {
		var rows []letterRow
		if err := in.s.list(ctx, stInboxList, []any{after, last, f.Source, f.Source, state, state, portion}, appendRow(&rows)); err != nil {
			return err
		}
		for _, r := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !yield(r.letter, nil) {
				return nil
			}
			after = r.seq
		}
		if len(rows) < portion {
			return nil
		}
	}
}

// Replay implements [webhook.Archive]. Done messages are left alone: their bodies are gone.
func (in *Inbox) Replay(ctx context.Context, now time.Time, ids ...webhook.LetterID) (n int, err error) {
	err = in.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		n = 0
		for _, id := range ids {
			replayed, err := tx.exec(ctx, stInboxReplay, nanos(now), id.Source, hex.EncodeToString(id.Key[:]))
			if err != nil {
				return err
			}
			n += int(replayed)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Prune implements [webhook.Archive]. It removes 200 messages in a transaction, so that others get their turn; after an
// error it reports those that are gone.
func (in *Inbox) Prune(ctx context.Context, before time.Time) (n int, err error) {
	for {
		var removed int
		err := in.s.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
			removed, err = tx.prune(ctx, before)
			return err
		})
		if err != nil {
			return n, err
		}
		n += removed
		if removed < portion {
			return n, nil
		}
	}
}

func (t *Tx) prune(ctx context.Context, before time.Time) (int, error) {
	var rows []int64
	err := t.list(ctx, stInboxDone, []any{nanos(before), portion}, func(from *sql.Rows) error {
		var seq int64
		if err := from.Scan(&seq); err != nil {
			return err
		}
		rows = append(rows, seq)
		return nil
	})
	for _, seq := range rows {
		if err != nil {
			break
		}
		_, err = t.exec(ctx, stInboxForget, seq)
	}
	return len(rows), err
}
