package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A handle is where statements go: to the database or, with tx, into a transaction.
type handle struct {
	s  *Store
	tx *sql.Tx
}

func (h handle) stmt(ctx context.Context, st statement) *sql.Stmt {
	if h.tx != nil {
		return h.tx.StmtContext(ctx, h.s.stmts[st])
	}
	return h.s.stmts[st]
}

// exec runs a statement and gives the number of rows that it changed.
func (h handle) exec(ctx context.Context, st statement, args ...any) (int64, error) {
	result, err := h.stmt(ctx, st).ExecContext(ctx, args...)
	if err != nil {
		return 0, ended(ctx, fmt.Errorf("sqlstore: %w", err))
	}
	return result.RowsAffected()
}

// execAll changes rows of which it is given the keys: one by itself, or several with a statement for [together] of them, in which
// the last key is repeated where there are fewer. The arguments of what is set come first.
func (h handle) execAll(ctx context.Context, one, several statement, set []any, keys [][]any) error {
	for ; len(keys) > 0; keys = keys[min(len(keys), together):] {
		st, n := several, together
		if len(keys) == 1 {
			st, n = one, 1
		}
		args := slices.Clone(set)
		for i := range n {
			args = append(args, keys[min(i, len(keys)-1)]...)
		}
		if _, err := h.exec(ctx, st, args...); err != nil {
			return err
		}
	}
	return nil
}

// insert runs an INSERT that leaves a row alone which is there already, and reports whether there was none.
func (h handle) insert(ctx context.Context, st statement, args ...any) (fresh bool, err error) {
	n, err := h.exec(ctx, st, args...)
	if duplicate(err) {
		return false, nil
	}
	return n > 0, err
}

// get scans the one row of a statement; found is false if there is none.
func (h handle) get(ctx context.Context, st statement, args []any, into ...any) (found bool, err error) {
	err = h.read(ctx, func() error { return h.stmt(ctx, st).QueryRowContext(ctx, args...).Scan(into...) })
	switch {
	case err == nil:
		return true, nil
	case err == sql.ErrNoRows:
		return false, nil
	}
	return false, ended(ctx, fmt.Errorf("sqlstore: %w", err))
}

// read runs what reads again while the database is busy, outside of a transaction, where that makes sense.
func (h handle) read(ctx context.Context, f func() error) error {
	if h.tx != nil {
		return f()
	}
	return h.s.again(ctx, f)
}

// list calls scan for every row of a statement. The rows are closed before it returns: a pool may have one connection.
func (h handle) list(ctx context.Context, st statement, args []any, scan func(*sql.Rows) error) error {
	var rows *sql.Rows
	err := h.read(ctx, func() (err error) { rows, err = h.stmt(ctx, st).QueryContext(ctx, args...); return err })
	return each(ctx, rows, err, scan)
}

// query is list, in a transaction, for a text that depends on what is asked.
func (h handle) query(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	rows, err := h.tx.QueryContext(ctx, h.s.compile(text), args...)
	return each(ctx, rows, err, scan)
}

func each(ctx context.Context, rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return ended(ctx, fmt.Errorf("sqlstore: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return ended(ctx, fmt.Errorf("sqlstore: %w", err))
		}
	}
	if err := rows.Err(); err != nil {
		return ended(ctx, fmt.Errorf("sqlstore: %w", err))
	}
	return nil
}

// snapshot runs f on one state of the database; again, if that was busy.
func (h handle) snapshot(ctx context.Context, f func(handle) error) error {
	if h.tx != nil {
		return f(h)
	}
	return h.s.again(ctx, func() error {
		tx, err := h.s.db.BeginTx(ctx, h.s.dialect.readOptions())
		if err != nil {
			return ended(ctx, fmt.Errorf("sqlstore: begin: %w", err))
		}
		defer tx.Rollback() // it has read, and nothing else
		return f(handle{s: h.s, tx: tx})
	})
}

// marks gives n placeholders for a list: (?, ?, ?).
func marks(n int) string {
	return "(" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")"
}

// anys makes arguments of keys that are looked for.
func anys[T ~string](values []T) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = sought(string(v))
	}
	return args
}

// nanos is how times are stored: nanoseconds since 1970, in UTC. What that cannot hold (before 1678, after 2262) is
// stored as the earliest or the latest time, so that it is sorted where it belongs.
func nanos(t time.Time) int64 {
	switch y := t.UTC().Year(); {
	case y < 1678:
		return math.MinInt64
	case y > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// moment reads what nanos wrote; the earliest time is the zero time.
func moment(n int64) time.Time {
	if n == math.MinInt64 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// flag is a truth as all databases store it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
