package trackerdelivery

import (
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func TestUsageCountsDifferentNumbers(t *testing.T) {
	now := seoul(t, "2026-03-31 23:59:00")
	unknowing := replies(jsonReply(`{"data":null,"errors":[{"message":"","extensions":{"code":"NOT_FOUND"}}]}`))
	c := managed(unknowing, func(c *Config) { c.Now, c.Aliases = func() time.Time { return now }, 10 })
	ask := func(qs ...tracking.Query) {
		t.Helper()
		_, _ = c.Query(t.Context(), qs) // it fails; the numbers may be counted all the same
	}
	if got := c.Usage(); got.Numbers != 0 || !got.Month.Equal(seoul(t, "2026-03-01 00:00:00")) {
		t.Errorf("%+v", got)
	}
	one, other := tracking.Query{Courier: "cj", Number: "680123456782"}, tracking.Query{Courier: "hanjin", Number: "680123456782"}
	ask(one)
	ask(one, tracking.Query{Courier: "cj", Number: "6801-2345-6782"}, other, tracking.Query{Courier: "cj"}, tracking.Query{Courier: "nobody", Number: "1"})
	if got := c.Usage(); got.Numbers != 2 || got.More {
		t.Errorf("%+v, want 2 numbers", got)
	}
	now = now.Add(-40 * 24 * time.Hour) // a clock that is set back
	ask(one)
	if got := c.Usage(); got.Numbers != 2 {
		t.Errorf("%+v after the clock went back", got)
	}
	now = seoul(t, "2026-04-01 00:00:00")
	if got := c.Usage(); got.Numbers != 0 || !got.Month.Equal(now) {
		t.Errorf("%+v in the next month", got)
	}
	ask(one)
	if got := c.Usage(); got.Numbers != 1 {
		t.Errorf("%+v in the next month", got)
	}
	self := selfHosted(unknowing)
	_, _ = self.Query(t.Context(), []tracking.Query{one})
	if got := self.Usage(); got.Numbers != 0 {
		t.Errorf("a self-hosted server has no quota: %+v", got)
	}
}

func TestUsageIsBounded(t *testing.T) {
	m := newMonthCount()
	m.most = 100
	now := seoul(t, "2026-03-03 12:00:00")
	for i := range 150 {
		m.add("kr.cjlogistics", fmt.Sprint(i), now)
	}
	if got := m.read(now); got.Numbers != 100 || !got.More {
		t.Errorf("%+v", got)
	}
	if got := m.read(now.AddDate(0, 1, 0)); got.Numbers != 0 || got.More {
		t.Errorf("%+v in the next month", got)
	}
}
