package sandbox

import "time"

// Frozen gives the world on which schedules are judged: 10,000 parcels that are packed from 1 to 30 September 2026, over
// four weekends and Chuseok, with the couriers' shares and rhythms of [Rhythms], the rates of [DefaultRates] and no faults.
// The seeds 1, 2 and 3 are those that count. A test holds a digest of all their timelines: they do not change.
func Frozen(seed uint64) *Crowd {
	start := time.Date(2026, 9, 1, 0, 0, 0, 0, kst)
	c, err := NewCrowd(CrowdConfig{Seed: seed, Start: start, Days: 20, Parcels: 10_000})
	if err != nil {
		panic(err) // nothing in the configuration comes from outside
	}
	return c
}
