package poll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Keeper is a [Store] that keeps a few named values, such as a learned model, over restarts. Its methods are as atomic, and called
// as concurrently, as those of a Store.
type Keeper interface {
	// Keep keeps data, made at a time, under a name of 1 to [MostName] bytes, in the place of what was kept under it. Of more than
	// [MostKept] bytes, or with another name, it keeps nothing and gives [ErrNotKept].
	Keep(ctx context.Context, name string, data []byte, at time.Time) error

	// Kept gives what is kept under a name, and when it was made; neither where nothing is.
	Kept(ctx context.Context, name string) (data []byte, at time.Time, err error)
}

// The limits of a [Keeper].
const (
	MostKept = 4 << 20 // bytes of a value
	MostName = 100     // bytes of a name
)

// ErrNotKept means that a value is too large to be kept, has a name that nothing is kept under, or that nothing is kept at all.
var ErrNotKept = errors.New("poll: a value cannot be kept")

// Keepable is an error if a value is not to be kept under that name; for implementations of [Keeper].
func Keepable(name string, data []byte) error {
	switch {
	case name == "" || len(name) > MostName:
		return fmt.Errorf("%w: a name of %d bytes, the most is %d", ErrNotKept, len(name), MostName)
	case len(data) > MostKept:
		return fmt.Errorf("%w: %d bytes, the most is %d", ErrNotKept, len(data), MostKept)
	}
	return nil
}

// keepsake is a value that is kept.
type keepsake struct {
	data []byte
	at   time.Time
}

// Keep is Keeper.Keep.
func (m *MemoryStore) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	if err := errors.Join(ctx.Err(), Keepable(name, data)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keepsakes[name] = keepsake{slices.Clone(data), at}
	return nil
}

// Kept is Keeper.Kept.
func (m *MemoryStore) Kept(ctx context.Context, name string) ([]byte, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.keepsakes[name]
	return slices.Clone(k.data), k.at, nil
}
