package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"iter"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

// Letters implements [webhook.Archive]. It shows the messages that are there when the loop over it begins, as they stand
// when the loop comes to them, and holds no connection between them.
func (in *Inbox) Letters(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
	return sequence(func(yield func(webhook.Letter, error) bool) error {
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
		return pages(ctx, 0, func(size int) (rows []letterRow, err error) {
			err = in.s.list(ctx, stInboxList, []any{after, last, f.Source, f.Source, state, state, size}, appendRow(&rows))
			return rows, err
		}, func(r letterRow) bool {
			after = r.seq
			return yield(r.letter, nil)
		})
	})
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
	return in.s.portions(ctx, func(ctx context.Context, tx *Tx) (int, error) { return tx.prune(ctx, before) })
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
