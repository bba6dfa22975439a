package sqlstore

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

var (
	_ poll.Keeper = (*Watches)(nil)
	_ poll.Keeper = watchesTx{}
)

// Keep implements [poll.Keeper].
func (ws *Watches) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	return ws.s.Update(ctx, func(ctx context.Context, tx *Tx) error { return watchesTx{tx}.Keep(ctx, name, data, at) })
}

// Kept implements [poll.Keeper].
func (ws *Watches) Kept(ctx context.Context, name string) ([]byte, time.Time, error) {
	if err := ws.s.outside(ctx); err != nil {
		return nil, time.Time{}, err
	}
	return ws.s.kept(ctx, name)
}

func (h handle) kept(ctx context.Context, name string) (data []byte, at time.Time, err error) {
	var made int64
	found, err := h.get(ctx, stKeepsakeGet, []any{[]byte(name)}, &made, &data)
	if err != nil || !found {
		return nil, time.Time{}, err
	}
	return data, moment(made), nil
}

// Keep implements [poll.Keeper].
func (w watchesTx) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	if err := poll.Keepable(name, data); err != nil {
		return err
	}
	if err := w.t.writing(ctx); err != nil {
		return err
	}
	if data == nil {
		data = []byte{} // no NULL
	}
	for {
		var made int64
		found, err := w.t.get(ctx, stKeepsakeLock, []any{[]byte(name)}, &made)
		switch {
		case err != nil:
			return w.t.failed(err)
		case found:
			_, err := w.t.exec(ctx, stKeepsakeUpdate, nanos(at), data, []byte(name))
			return w.t.failed(err)
		}
		fresh, err := w.t.insert(ctx, stKeepsakeInsert, []byte(name), nanos(at), data)
		if err != nil || fresh {
			return w.t.failed(err)
		}
	}
}

// Kept implements [poll.Keeper].
func (w watchesTx) Kept(ctx context.Context, name string) ([]byte, time.Time, error) {
	return w.t.kept(ctx, name)
}
