package polltest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

func (b *box) keep(name, data string, at time.Time) {
	b.Helper()
	if err := b.store.(poll.Keeper).Keep(b.Context(), name, []byte(data), at); err != nil {
		b.Fatalf("Keep: %v", err)
	}
}

// kept compares what is kept under a name.
func (b *box) kept(name, want string, at time.Time) {
	b.Helper()
	data, made, err := b.store.(poll.Keeper).Kept(b.Context(), name)
	if err != nil {
		b.Fatalf("Kept: %v", err)
	}
	if string(data) != want || !made.Equal(at) {
		b.Errorf("under %q there are %d bytes of %v, want %d of %v", name, len(data), made, len(want), at)
	}
}

func keeperClauses() []clause {
	return []clause{
		{name: "what is kept comes back with its time", keeper: true, hold: func(b *box) {
			b.kept("model", "", time.Time{})
			b.keep("model", "\x00\xff a model\n", b.now)
			b.kept("model", "\x00\xff a model\n", b.now)
		}},
		{name: "what is kept last takes the place", keeper: true, hold: func(b *box) {
			b.keep("model", "one", b.now)
			b.keep("model", "two", b.now.Add(-time.Hour)) // whichever is older
			b.kept("model", "two", b.now.Add(-time.Hour))
			b.keep("model", "two", b.now.Add(-time.Hour)) // nothing changes
			b.keep("model", "", b.now)
			b.kept("model", "", b.now)
		}},
		{name: "names keep their own values", keeper: true, hold: func(b *box) {
			b.keep("model", "lower", b.now)
			b.keep("Model", "upper", b.now)
			b.keep("model ", "spaced", b.now)
			b.kept("model", "lower", b.now)
			b.kept("Model", "upper", b.now)
			b.kept("model ", "spaced", b.now)
		}},
		{name: "a value of the most bytes is kept, a larger one is refused", keeper: true, hold: func(b *box) {
			most := strings.Repeat("m", poll.MostKept)
			b.keep("model", most, b.now)
			b.notKept("model", most+"m")
			b.kept("model", most, b.now)
			b.notKept("", "x")
			b.notKept(strings.Repeat("n", poll.MostName+1), "x")
			b.keep(strings.Repeat("n", poll.MostName), "x", b.now)
		}},
		{name: "what is kept is a copy", keeper: true, hold: func(b *box) {
			data := []byte("model")
			if err := b.store.(poll.Keeper).Keep(b.Context(), "model", data, b.now); err != nil {
				b.Fatal(err)
			}
			data[0] = 'x'
			b.kept("model", "model", b.now)
			given, _, _ := b.store.(poll.Keeper).Kept(b.Context(), "model")
			if len(given) > 0 {
				given[0] = 'y'
			}
			b.kept("model", "model", b.now)
		}},
		{name: "concurrent values are kept whole", keeper: true, hold: func(b *box) {
			keeper := b.store.(poll.Keeper)
			var keeping sync.WaitGroup
			for n := range 8 {
				keeping.Go(func() {
					if err := keeper.Keep(b.Context(), "model", bytes.Repeat([]byte{byte('a' + n)}, 1000), b.now.Add(time.Duration(n)*time.Second)); err != nil {
						b.Errorf("Keep: %v", err)
					}
				})
			}
			keeping.Wait()
			data, at, err := keeper.Kept(b.Context(), "model")
			if err != nil || len(data) != 1000 || len(bytes.Trim(data, string(data[:1]))) > 0 || !at.Equal(b.now.Add(time.Duration(data[0]-'a')*time.Second)) {
				b.Errorf("%d bytes of %v are kept (%v)", len(data), at, err)
			}
		}},
		{name: "an ended context keeps nothing", keeper: true, hold: func(b *box) {
			ctx, cancel := context.WithCancel(b.Context())
			cancel()
			if err := b.store.(poll.Keeper).Keep(ctx, "model", []byte("x"), b.now); err == nil {
				b.Error("Keep gives no error")
			}
			if _, _, err := b.store.(poll.Keeper).Kept(ctx, "model"); err == nil {
				b.Error("Kept gives no error")
			}
			b.kept("model", "", time.Time{})
		}},
		{name: "what is kept survives a reopening", keeper: true, reopen: true, hold: func(b *box) {
			b.keep("model", "a model", b.now)
			b.store = b.harness.Reopen(b.T, b.store)
			b.kept("model", "a model", b.now)
		}},
	}
}

func (b *box) notKept(name, data string) {
	b.Helper()
	if err := b.store.(poll.Keeper).Keep(b.Context(), name, []byte(data), b.now); !errors.Is(err, poll.ErrNotKept) {
		b.Errorf("%d bytes under a name of %d: %v, want ErrNotKept", len(data), len(name), err)
	}
}
