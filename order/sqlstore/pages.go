package sqlstore

import (
	"context"
	"iter"
)

// portion is how many rows are read or removed at a time.
const portion = 200

// sequence gives what all yields, and then its error.
func sequence[T any](all func(yield func(T, error) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := all(yield); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// pages shows rows that are read in pages until there are no more, or limit of them (0: all), or whoever looks has enough.
func pages[T any](ctx context.Context, limit int, read func(size int) ([]T, error), show func(T) bool) error {
	for left := limit; ; {
		size := portion
		if limit > 0 {
			size = min(size, left)
		}
		page, err := read(size)
		if err != nil {
			return err
		}
		for _, row := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !show(row) {
				return nil
			}
		}
		if left -= len(page); len(page) < size || limit > 0 && left <= 0 {
			return nil
		}
	}
}

// snapshotPage reads a page as it stands in one state of the database.
func snapshotPage[T any](ctx context.Context, s *Store, read func(h handle) ([]T, error)) (page []T, err error) {
	err = s.snapshot(ctx, func(h handle) (err error) {
		page, err = read(h)
		return err
	})
	return page, err
}

// portions removes rows, a portion in each transaction, until there are no more. It counts those that are gone, also with an error.
func (s *Store) portions(ctx context.Context, remove func(ctx context.Context, tx *Tx) (int, error)) (n int, err error) {
	for {
		var removed int
		err := s.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
			removed, err = remove(ctx, tx)
			return err
		})
		if err != nil {
			return n, err
		}
		if n += removed; removed < portion {
			return n, nil
		}
	}
}
