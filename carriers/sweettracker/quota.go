package sweettracker

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// usage is the answer of key/usage. It also repeats the key itself, which has no field here; the body is never
// logged.
type usage struct {
	envelope
	Total whole `json:"totalAmount"`
	Left  whole `json:"leftAmount"`
	Start text  `json:"startDate"`
	End   text  `json:"endDate"`
}

// Quota asks how much of the plan is left (key/usage). The unit is the plan's: whether it counts calls or numbers is not
// published. Times are Korean. Plan is empty, for the answer does not name it.
//
// After it a used-up plan ([tracking.ErrQuotaExhausted]) says when it is renewed.
func (c *Carrier) Quota(ctx context.Context) (tracking.Quota, error) {
	s := subject{op: opQuota, hidden: c.hidden}
	var u usage
	key, err := c.post(ctx, &s, "/api/v1/key/usage", func(resp *transport.Response) *tracking.Error {
		u = usage{}
		err := readLeniently(resp.Body, &u)
		return s.judge(resp, &u.envelope, err, u.Left.set)
	})
	if err != nil {
		return tracking.Quota{}, err
	}
	quota := tracking.Quota{Remaining: u.Left.value}
	if u.Total.set {
		quota.Limit, quota.Used = u.Total.value, max(u.Total.value-u.Left.value, 0)
	}
	quota.From, _ = parseClock(u.Start.value)
	quota.ResetAt, _ = parseClock(u.End.value)
	c.reset.Store(&planEnd{key: key, at: quota.ResetAt})
	return quota, nil
}

// renewal is when the plan of key is renewed, if Quota told us and the time is still to come.
func (c *Carrier) renewal(key string) time.Time {
	end := c.reset.Load()
	if end == nil || end.key != key || !end.at.After(c.cap.now()) {
		return time.Time{}
	}
	return end.at
}
