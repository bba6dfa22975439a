package measure

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// Regret is what asking about parcels has cost, against what it might have: sums of everything that was measured, and the figures
// that they give. It is a plain value; what was kept of it is given back with [Meter.Restore].
//
// Two ratios say how well parcels are asked about. CostToOptimum is against the best schedule for the learned hazards, played on the
// same parcels: 1 is what can be reached, less is luck, a push that came unasked, or several changes to come, where the optimum is a
// yardstick (see [schedule.Optimum]). CostToClairvoyant is against somebody who knows the future: how far from magic, never below 1.
type Regret struct {
	Courier tracking.Courier `json:"courier"` // empty: all couriers
	Parcels int              `json:"parcels"`
	Polls   int              `json:"polls"`
	Known   []Known          `json:"known"` // in the order of the statuses

	Won            float64 `json:"won"`             // price × polls + worth × delay
	ClairvoyantWon float64 `json:"clairvoyant_won"` // the same for who knows the future
	Played         int     `json:"played"`          // parcels on which the optimum was played: see Meter.Every
	PlayedWon      float64 `json:"played_won"`      // what those have cost
	OptimumWon     float64 `json:"optimum_won"`     // what they would have

	// These follow from the sums and are not restored. They are 0 before anything was measured.
	PollsPerParcel    float64 `json:"polls_per_parcel"`
	MeanDelayHours    float64 `json:"mean_delay_hours"` // of all changes
	CostToOptimum     float64 `json:"cost_to_optimum"`
	CostToClairvoyant float64 `json:"cost_to_clairvoyant"`
}

// Known is how late changes to one status were seen, from publication to the sighting.
type Known struct {
	Status         tracking.Status `json:"status"`
	Changes        int             `json:"changes"`
	Hours          float64         `json:"delay_hours"` // sum
	MeanDelayHours float64         `json:"mean_delay_hours"`
}

// add adds the sums of other.
func (r *Regret) add(other *Regret) {
	r.Parcels += other.Parcels
	r.Polls += other.Polls
	r.Won += other.Won
	r.ClairvoyantWon += other.ClairvoyantWon
	r.Played += other.Played
	r.PlayedWon += other.PlayedWon
	r.OptimumWon += other.OptimumWon
	for _, k := range other.Known {
		r.know(k.Status, k.Changes, k.Hours)
	}
}

// know counts changes to a status.
func (r *Regret) know(s tracking.Status, changes int, hours float64) {
	i := 0
	for i < len(r.Known) && r.Known[i].Status < s {
		i++
	}
	if i == len(r.Known) || r.Known[i].Status != s {
		r.Known = append(r.Known[:i:i], append([]Known{{Status: s}}, r.Known[i:]...)...)
	}
	r.Known[i].Changes += changes
	r.Known[i].Hours += hours
}

// figure gives a copy with what follows from the sums.
func (r *Regret) figure() Regret {
	f := Regret{Courier: r.Courier}
	f.add(r)
	changes, hours := 0, 0.0
	for i, k := range f.Known {
		f.Known[i].MeanDelayHours = per(k.Hours, float64(k.Changes))
		changes += k.Changes
		hours += k.Hours
	}
	f.PollsPerParcel = per(float64(f.Polls), float64(f.Parcels))
	f.MeanDelayHours = per(hours, float64(changes))
	f.CostToOptimum = per(f.PlayedWon, f.OptimumWon)
	f.CostToClairvoyant = per(f.Won, f.ClairvoyantWon)
	return f
}

// String is one line in English.
func (r Regret) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s parcels, %.1f polls each, %s late on average, %.1f won each with the delay: ",
		cmp.Or(string(r.Courier), "all couriers"), grouped(float64(r.Parcels)), r.PollsPerParcel, late(r.MeanDelayHours), per(r.Won, float64(r.Parcels)))
	fmt.Fprintf(&b, "%.3f × the best schedule, %.1f × knowing the future", r.CostToOptimum, r.CostToClairvoyant)
	return b.String()
}

// Korean is the same line in Korean.
func (r Regret) Korean() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s건, 건당 조회 %.1f회, 인지 지연 평균 %s, 지연을 더한 건당 비용 %.1f원: ",
		cmp.Or(string(r.Courier), "택배사 전체"), grouped(float64(r.Parcels)), r.PollsPerParcel, lateKorean(r.MeanDelayHours), per(r.Won, float64(r.Parcels)))
	fmt.Fprintf(&b, "최적 일정의 %.3f배, 미래를 아는 경우의 %.1f배", r.CostToOptimum, r.CostToClairvoyant)
	return b.String()
}
