package polltest_test

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// keeps changes what is kept.
func (p *puppet) keeps(change func(name *string, data *[]byte, at *time.Time)) {
	keep := p.keep
	p.keep = func(ctx context.Context, name string, data []byte, at time.Time) error {
		change(&name, &data, &at)
		return keep(ctx, name, data, at)
	}
}

func keeperBreakages() []breakage {
	return []breakage{
		{"times are not kept", func(p *puppet) { p.keeps(func(_ *string, _ *[]byte, at *time.Time) { *at = time.Unix(0, 0) }) }, []string{
			"a value of the most bytes is kept, a larger one is refused",
			"concurrent values are kept whole",
			"names keep their own values",
			"what is kept comes back with its time",
			"what is kept is a copy",
			"what is kept last takes the place",
			"what is kept survives a reopening",
		}},
		{"the first value stays", func(p *puppet) {
			keep := p.keep
			p.keep = func(ctx context.Context, name string, data []byte, at time.Time) error {
				if _, made, _ := p.kept(ctx, name); !made.IsZero() {
					return nil
				}
				return keep(ctx, name, data, at)
			}
		}, []string{"a value of the most bytes is kept, a larger one is refused", "what is kept last takes the place"}},
		{"names are not told apart by case", func(p *puppet) {
			p.keeps(func(name *string, _ *[]byte, _ *time.Time) { *name = strings.ToLower(*name) })
			kept := p.kept
			p.kept = func(ctx context.Context, name string) ([]byte, time.Time, error) {
				return kept(ctx, strings.ToLower(name))
			}
		}, []string{"names keep their own values"}},
		{"large values are cut", func(p *puppet) {
			p.keeps(func(_ *string, data *[]byte, _ *time.Time) { *data = (*data)[:min(len(*data), 65535)] })
		}, []string{"a value of the most bytes is kept, a larger one is refused"}},
		{"values are shared", func(p *puppet) {
			shared, times := map[string][]byte{}, map[string]time.Time{}
			keep := p.keep
			p.keep = func(ctx context.Context, name string, data []byte, at time.Time) error {
				err := keep(ctx, name, data, at)
				if err == nil {
					p.note(func() { shared[name], times[name] = data, at })
				}
				return err
			}
			p.kept = func(ctx context.Context, name string) (data []byte, at time.Time, err error) {
				p.note(func() { data, at = shared[name], times[name] })
				return data, at, ctx.Err()
			}
		}, []string{"what is kept is a copy"}},
		{"of concurrent values the times are mixed up", func(p *puppet) {
			p.keeps(func(_ *string, data *[]byte, at *time.Time) {
				if len(*data) == 1000 {
					*at = at.Add(time.Minute)
				}
			})
		}, []string{"concurrent values are kept whole"}},
		{"an ended context is not heeded by the keeper", func(p *puppet) {
			keep := p.keep
			p.keep = func(ctx context.Context, name string, data []byte, at time.Time) error {
				err := keep(context.WithoutCancel(ctx), name, data, at)
				return errors.Join(err, ctx.Err())
			}
		}, []string{"an ended context keeps nothing"}},
		{"what is kept is lost at a restart", func(p *puppet) { p.reopen = func() { p.kept = poll.NewMemoryStore().Kept } }, []string{
			"what is kept survives a reopening",
		}},
	}
}
