package trackerdelivery

import (
	"hash/maphash"
	"sync"
	"time"
)

// countedNumbers bounds the memory of a count: some 6 MB at the worst. The largest quota published is 100,000 a month.
const countedNumbers = 200_000

// Usage is what the monthly quota of the managed service counts, as far as a carrier knows.
type Usage struct {
	// Month is the first moment of the month, in Korea. Which zone the provider goes by is not known.
	Month time.Time
	// Numbers is how many different parcels were asked about since then: a number counts once a month, however often it
	// is asked for (documented). Those whose query failed are among them.
	Numbers int
	// More says that there were more, which are not told apart: the count stops at 200,000.
	More bool
}

// Usage counts this month's numbers, for the provider has no query that tells. The count is in memory: it begins anew with
// the process, and another process or a [V1] of the same project counts for itself. A host that needs the sum keeps it
// in a store. Nothing is counted for a self-hosted server. Calls are counted by [Carrier.Requests].
func (c *Carrier) Usage() Usage { return c.month.read(c.config.Now()) }

// monthCount tells different numbers of a month apart, by a hash.
type monthCount struct {
	seed maphash.Seed
	most int

	mu      sync.Mutex
	month   time.Time
	numbers map[uint64]struct{}
	more    bool
}

func newMonthCount() *monthCount { return &monthCount{seed: maphash.MakeSeed(), most: countedNumbers} }

// add counts a parcel that is about to be asked for.
func (m *monthCount) add(id, number string, now time.Time) {
	var h maphash.Hash
	h.SetSeed(m.seed)
	_, _ = h.WriteString(id)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(number)
	sum := h.Sum64()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	if _, known := m.numbers[sum]; known {
		return
	}
	if len(m.numbers) >= m.most {
		m.more = true
		return
	}
	m.numbers[sum] = struct{}{}
}

func (m *monthCount) read(now time.Time) Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	return Usage{Month: m.month, Numbers: len(m.numbers), More: m.more}
}

// turn forgets last month. A clock that is set back keeps the count: the provider's clock did not go back.
func (m *monthCount) turn(now time.Time) {
	year, month, _ := now.In(kst).Date()
	if begin := time.Date(year, month, 1, 0, 0, 0, 0, kst); m.numbers == nil || begin.After(m.month) {
		m.month, m.numbers, m.more = begin, make(map[uint64]struct{}), false
	}
}
