package report

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestEstimateOfEverySmallCase compares with two definitions, in exact fractions: the product over the times of delivery, and the
// mass of every parcel that is given up, shared out among those still waited for.
func TestEstimateOfEverySmallCase(t *testing.T) {
	const parcels, times = 6, 4
	cases := 0
	var each func(delivered, waiting sample, first int)
	each = func(delivered, waiting sample, first int) {
		cases++
		checkEstimate(t, delivered, waiting)
		if len(delivered)+len(waiting) == parcels {
			return
		}
		for n := first; n < 2*times; n++ { // in one order only, for the order does not matter
			if at := int32(n / 2); n%2 == 0 {
				each(append(slices.Clone(delivered), at), waiting, n)
			} else {
				each(delivered, append(slices.Clone(waiting), at), n)
			}
		}
	}
	each(nil, nil, 0)
	if cases != 3003 { // multisets of at most 6 of 8
		t.Errorf("%d cases", cases)
	}
	// The smallest with different times in which the share comes to a half and, for rounding, to a little more.
	checkEstimate(t, sample{0, 1, 2, 3, 6, 7, 10}, sample{4, 5, 8, 9, 11, 12, 13, 14, 15})
}

func TestEstimateOfRandomCases(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var delivered, waiting sample
		for range rng.IntN(40) {
			delivered = append(delivered, rng.Int32N(30))
		}
		for range rng.IntN(40) {
			waiting = append(waiting, rng.Int32N(30))
		}
		checkEstimate(t, delivered, waiting)
	}
}

func checkEstimate(t *testing.T, delivered, waiting sample) {
	t.Helper()
	input := fmt.Sprintf("delivered %v, waiting %v", delivered, waiting)
	got := estimate(slices.Clone(delivered), slices.Clone(waiting))
	for name, definition := range map[string]func(delivered, waiting sample, percent int64) Figure{
		"product": byProduct, "mass": byMass,
	} {
		want := Estimate{
			Parcels: len(delivered) + len(waiting), Delivered: len(delivered),
			P50: definition(delivered, waiting, 50), P90: definition(delivered, waiting, 90),
		}
		if got != want {
			t.Fatalf("%s: %+v, want %+v by %s", input, got, want, name)
		}
	}
}

// byProduct is the definition of Kaplan and Meier: the first time at which the product of (at risk − delivered) ÷ at risk over all
// times of delivery until then is small enough.
func byProduct(delivered, waiting sample, percent int64) Figure {
	left := big.NewRat(1, 1)
	for at := int32(0); at < 30; at++ {
		risk, now := int64(0), int64(0)
		for _, d := range delivered {
			if d >= at {
				risk++
			}
			if d == at {
				now++
			}
		}
		for _, w := range waiting {
			if w >= at {
				risk++
			}
		}
		if now > 0 {
			left.Mul(left, big.NewRat(risk-now, risk))
		}
		if now > 0 && left.Cmp(big.NewRat(100-percent, 100)) <= 0 {
			return known(hours(at))
		}
	}
	return Figure{}
}

// byMass is Efron's way: every parcel weighs the same at first, and one that is given up leaves its weight to those that are
// waited for longer. What is delivered by some time is the weight of the deliveries until then.
func byMass(delivered, waiting sample, percent int64) Figure {
	type parcel struct {
		at        int32
		delivered bool
		weight    *big.Rat
	}
	var all []parcel
	n := int64(len(delivered) + len(waiting))
	for _, d := range delivered {
		all = append(all, parcel{d, true, big.NewRat(1, n)})
	}
	for _, w := range waiting {
		all = append(all, parcel{w, false, big.NewRat(1, n)})
	}
	slices.SortFunc(all, func(a, b parcel) int { // at one time the delivered first
		switch {
		case a.at != b.at:
			return int(a.at - b.at)
		case a.delivered == b.delivered:
			return 0
		case a.delivered:
			return -1
		default:
			return 1
		}
	})
	weight := new(big.Rat)
	for i, p := range all {
		if p.delivered {
			if weight.Add(weight, p.weight); weight.Cmp(big.NewRat(percent, 100)) >= 0 {
				return known(hours(p.at))
			}
			continue
		}
		for _, later := range all[i+1:] {
			part := new(big.Rat).Quo(p.weight, big.NewRat(int64(len(all)-i-1), 1))
			later.weight.Add(later.weight, part)
		}
	}
	return Figure{}
}

// TestEstimateOfManyParcels: the products of many factors, where deliveries and open parcels alternate, are exact enough.
func TestEstimateOfManyParcels(t *testing.T) {
	const n = 6000
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 9))
		var delivered, waiting sample
		left, right := big.NewInt(1), big.NewInt(1) // at risk − delivered, at risk: the products
		want := Estimate{Parcels: n}
		for at := range int32(n) {
			risk := int64(n - at)
			if rng.IntN(20) == 0 {
				waiting = append(waiting, at)
				continue
			}
			delivered = append(delivered, at)
			want.Delivered++
			left.Mul(left, big.NewInt(risk-1))
			right.Mul(right, big.NewInt(risk))
			for percent, quantile := range map[int64]*Figure{50: &want.P50, 90: &want.P90} {
				bound := new(big.Int).Mul(right, big.NewInt(100-percent))
				if !quantile.Known && new(big.Int).Mul(left, big.NewInt(100)).Cmp(bound) <= 0 {
					*quantile = known(hours(at))
				}
			}
		}
		if got := estimate(delivered, waiting); got != want {
			t.Errorf("seed %d: %+v, want %+v", seed, got, want)
		}
	}
}

// TestEstimateWithoutOpenParcels is the nearest rank: when all have arrived there is nothing to estimate.
func TestEstimateWithoutOpenParcels(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for n := 1; n < 400; n++ {
		var s sample
		for range n {
			s = append(s, rng.Int32N(1000))
		}
		e, plain := estimate(slices.Clone(s), nil), s.spread()
		if e.P50 != known(plain.P50) || e.P90 != known(plain.P90) {
			t.Fatalf("%d parcels: %+v, want %+v", n, e, plain)
		}
	}
}

// TestRanksAreValues: of few parcels, too, a quantile is a value that one had, and no more than its share exceed it.
func TestRanksAreValues(t *testing.T) {
	for n := 1; n <= 100; n++ {
		s := make(sample, n)
		for i := range s {
			s[i] = int32(i + 1)
		}
		for _, percent := range []int{50, 90} {
			want := 1
			for want*100 < n*percent {
				want++
			}
			if got := s.rank(percent); got != int32(want) {
				t.Errorf("%d %% of %d values is %d, want %d", percent, n, got, want)
			}
		}
	}
}

func TestDurationsBeyondAll(t *testing.T) {
	var s sample
	s.add(1<<63 - 1)
	if s[0] < 0 {
		t.Errorf("an eternity is %d s", s[0])
	}
}
