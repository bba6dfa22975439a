package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/waybill-dev/waybill/order/privacy"
)

// Accesses keeps access records (접속기록) in a table: the lines of a [privacy.Log], each chained to the one before by a
// keyed hash, so that [Accesses.Verify] finds what somebody changed in the table. It implements [privacy.Sink], for
// several processes at once, which then write one chain. It only appends.
type Accesses struct {
	s   *Store
	key privacy.Key
}

var _ privacy.Sink = (*Accesses)(nil)

// Accesses gives the access records of the store. The key is that of all processes that write them.
func (s *Store) Accesses(key privacy.Key) (*Accesses, error) {
	if key.IsZero() {
		return nil, fmt.Errorf("%w: access records need a key", ErrOption)
	}
	return &Accesses{s, key}, nil
}

// Record implements [privacy.Sink]: all of the records are kept, or none. It is a transaction of its own, for a record
// must stay when what it was about is rolled back; inside [Store.Update] it is [ErrNested].
func (a *Accesses) Record(ctx context.Context, accesses []privacy.Access) error {
	var l limit
	for _, access := range accesses {
		l.key("the subject of an access record", access.SubjectKey)
	}
	if l.err != nil {
		return l.err
	}
	return a.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		if len(accesses) == 0 {
			return nil
		}
		var end privacy.Anchor
		found, err := tx.get(ctx, stAccessEnd, nil, &end.Records, &end.Hash)
		if err == nil && !found {
			err = fmt.Errorf("%w: the end of the chain is gone", privacy.ErrTampered)
		}
		if err != nil {
			return err
		}
		return a.append(ctx, tx, end, accesses)
	})
}

// append writes the lines that follow after the end of the chain, and the end that it has then.
func (a *Accesses) append(ctx context.Context, tx *Tx, end privacy.Anchor, accesses []privacy.Access) error {
	var lines bytes.Buffer
	log, err := privacy.NewLog(&lines, a.key, end)
	if err != nil {
		return err
	}
	if err := log.Record(ctx, accesses); err != nil {
		return err
	}
	n := end.Records
	for line := range bytes.Lines(lines.Bytes()) {
		access := accesses[n-end.Records]
		n++
		if _, err := tx.exec(ctx, stAccessInsert, n, nanos(access.At), text(access.Actor), access.SubjectKey, string(line)); err != nil {
			return err
		}
	}
	_, err = tx.exec(ctx, stAccessEndSet, log.Anchor().Records, log.Anchor().Hash)
	return err
}

// Anchor gives the end of the chain. Keep it where those who can write the database cannot: rows that are cut off at
// the end, together with the end that the database remembers, leave a chain that is whole.
func (a *Accesses) Anchor(ctx context.Context) (end privacy.Anchor, err error) {
	if err := a.s.outside(ctx); err != nil {
		return end, err
	}
	_, err = a.s.get(ctx, stAccessEndGet, nil, &end.Records, &end.Hash)
	return end, err
}

// Verify checks the whole chain and gives the place of its end, or of the last good record. The error wraps
// [privacy.ErrTampered] where a record is not what was written, or where the chain is shorter than the database
// remembers.
func (a *Accesses) Verify(ctx context.Context) (privacy.Anchor, error) {
	end, err := a.Anchor(ctx)
	if err != nil {
		return privacy.Anchor{}, err
	}
	at, err := privacy.Verify(a.lines(ctx, end), a.key, privacy.Anchor{})
	if err == nil && at != end {
		err = fmt.Errorf("%w: the chain ends at record %d of %d", privacy.ErrTampered, at.Records, end.Records)
	}
	return at, err
}

// Lines gives the records so far as the text that a [privacy.Log] would have written, for [privacy.Records] and for
// files. It holds no connection between reads.
func (a *Accesses) Lines(ctx context.Context) (io.Reader, error) {
	end, err := a.Anchor(ctx)
	if err != nil {
		return nil, err
	}
	return a.lines(ctx, end), nil
}

func (a *Accesses) lines(ctx context.Context, end privacy.Anchor) io.Reader {
	return &accessReader{ctx: ctx, s: a.s, last: end.Records}
}

// An accessReader reads the lines of the records up to one.
type accessReader struct {
	ctx     context.Context // an io.Reader has no other way to be told
	s       *Store
	at      int64 // the last record read
	last    int64
	portion bytes.Buffer
}

func (r *accessReader) Read(p []byte) (int, error) {
	if r.portion.Len() == 0 {
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	n, err := r.portion.Read(p)
	if errors.Is(err, io.EOF) && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// more reads the next records into the portion.
func (r *accessReader) more() error {
	r.portion.Reset()
	return r.s.list(r.ctx, stAccessList, []any{r.at, r.last, portion}, func(rows *sql.Rows) error {
		var line sql.RawBytes
		if err := rows.Scan(&r.at, &line); err != nil {
			return err
		}
		r.portion.Write(line)
		return nil
	})
}
