package schedule

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Ground is what kind of reason a poll has.
type Ground string

// The grounds of the policies of this package.
const (
	GroundChance   Ground = "chance"   // a change has come with a chance that is worth a poll
	GroundSilence  Ground = "silence"  // nothing is expected, and the longest silence is over
	GroundInterval Ground = "interval" // always the same interval
	GroundStatus   Ground = "status"   // the interval of the status
	GroundNight    Ground = "night"    // the interval of the night
	GroundPlan     Ground = "plan"     // the cheapest plan
)

// Reason is why a poll was planned, as data and in two languages.
type Reason struct {
	Ground Ground          `json:"ground"`
	At     time.Time       `json:"at"`               // of the poll; zero says "now"
	After  time.Duration   `json:"after"`            // since the poll before
	Status tracking.Status `json:"status"`           // of GroundChance, the change that is most worth knowing; else as last seen
	Chance float64         `json:"chance,omitempty"` // of GroundChance, that it has come by At
	Poll   int             `json:"poll,omitempty"`   // which of that Korean day's it is, where there is a cap
	Cap    int             `json:"cap,omitempty"`
}

// A Reasoner is a [Policy] that gives the reasons for its polls as data. All of this package are.
type Reasoner interface {
	// Reason says why Next decided as it did; its String is what Why says.
	Reason(v View) Reason
}

// Now is the same reason for saying when the time has come: "asked now because …".
func (r Reason) Now() Reason {
	r.At = time.Time{}
	return r
}

// String is the reason in English.
func (r Reason) String() string {
	switch r.Ground {
	case GroundChance:
		when := "now"
		if !r.At.IsZero() {
			when = "at " + r.At.In(korea).Format("15:04")
		}
		return fmt.Sprintf("asked %s because %s has come with a chance of %.0f %%", when, r.Status, 100*r.Chance) + r.ration(", poll %d of %d that day")
	case GroundSilence:
		if r.At.IsZero() {
			return fmt.Sprintf("asked now because nothing was expected for %s", shortly(r.After)) + r.ration(", poll %d of %d that day")
		}
		return fmt.Sprintf("asked after %s because nothing is expected before", shortly(r.After)) + r.ration(", poll %d of %d that day")
	case GroundStatus:
		return fmt.Sprintf("asked every %s while %s", shortly(r.After), r.Status)
	case GroundNight:
		return fmt.Sprintf("asked every %s between 20:00 and 10:00", shortly(r.After))
	case GroundPlan:
		return "asked by the cheapest plan for the learned hazards"
	default:
		return "asked every " + shortly(r.After)
	}
}

// Korean is the reason in Korean.
func (r Reason) Korean() string {
	switch r.Ground {
	case GroundChance:
		when := "지금"
		if !r.At.IsZero() {
			when = r.At.In(korea).Format("15:04")
		}
		return fmt.Sprintf("%s 조회: %s 가능성 %.0f%%", when, r.Status.Korean(), 100*r.Chance) + r.ration(", 그날 %d번째 (하루 최대 %d번)")
	case GroundSilence:
		if r.At.IsZero() {
			return fmt.Sprintf("지금 조회: %s 동안 예상된 변화 없음", shortlyKorean(r.After)) + r.ration(", 그날 %d번째 (하루 최대 %d번)")
		}
		return fmt.Sprintf("%s 뒤 조회: 그 전에 예상되는 변화 없음", shortlyKorean(r.After)) + r.ration(", 그날 %d번째 (하루 최대 %d번)")
	case GroundStatus:
		return fmt.Sprintf("%s마다 조회: %s 상태", shortlyKorean(r.After), r.Status.Korean())
	case GroundNight:
		return fmt.Sprintf("%s마다 조회: 20:00~10:00", shortlyKorean(r.After))
	case GroundPlan:
		return "학습된 확률에 따른 최저 비용 일정대로 조회"
	default:
		return shortlyKorean(r.After) + "마다 조회"
	}
}

// ration says which poll of the day it is, where there is a cap.
func (r Reason) ration(form string) string {
	if r.Cap <= 0 {
		return ""
	}
	return fmt.Sprintf(form, r.Poll, r.Cap)
}

func shortlyKorean(d time.Duration) string {
	hours, minutes := math.Modf(d.Round(time.Minute).Hours())
	var parts []string
	if hours > 0 {
		parts = append(parts, fmt.Sprintf("%.0f시간", hours))
	}
	if minutes > 0 || hours == 0 {
		parts = append(parts, fmt.Sprintf("%.0f분", 60*minutes))
	}
	return strings.Join(parts, " ")
}

// Reason names the interval.
func (f Fixed) Reason(v View) Reason {
	return Reason{Ground: GroundInterval, At: f.Next(v), After: max(f.Every, time.Minute), Status: v.Status}
}

// Reason names the row of the table.
func (s StatusTable) Reason(v View) Reason {
	r := Reason{Ground: GroundStatus, At: s.Next(v), After: s.interval(v), Status: v.Status}
	if s.night(v) {
		r.Ground = GroundNight
	}
	return r
}

// Reason says that it is a plan.
func (o *Optimum) Reason(v View) Reason {
	next := o.Next(v)
	return Reason{Ground: GroundPlan, At: next, After: next.Sub(v.Now), Status: v.Status}
}

// Reason names the change that is most worth knowing of those that may have come by then.
func (a Adaptive) Reason(v View) Reason {
	o := a.Model.outlook(&v)
	next, due := a.plan(&v, o)
	r := Reason{Ground: GroundSilence, At: next, After: next.Sub(v.Now), Status: v.Status, Cap: v.Cap}
	if v.Cap > 0 {
		r.Poll = 1
		if (minuteOf(next))/(24*60) == minuteOf(v.Now)/(24*60) {
			r.Poll += v.Today
		}
	}
	if !due {
		return r
	}
	r.Ground = GroundChance
	var most float64
	for _, h := range o.hazards {
		came := surprise(o.expected(h, koreaSeconds(v.Now), koreaSeconds(next))*v.unsignalled(), 1)
		if worth := came * a.Worth.Of(h.to); worth > most {
			r.Status, most, r.Chance = h.to, worth, came
		}
	}
	return r
}
