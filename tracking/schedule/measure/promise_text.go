package measure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// String is the promise in English: what is asked and spent, and a line for each status.
func (p Promise) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.1f polls a parcel, %s a day", p.PollsPerParcel, grouped(p.PollsPerDay))
	if calls := grouped(p.CallsPerDay); calls != grouped(p.PollsPerDay) {
		fmt.Fprintf(&b, " in %s calls", calls)
	}
	if p.WonPerDay > 0 {
		fmt.Fprintf(&b, "; %s won a parcel, %s a day, %s a month", grouped(p.WonPerParcel), grouped(p.WonPerDay), grouped(p.WonPerMonth))
	}
	fmt.Fprintf(&b, "\nat %.3g won a poll for the policy", p.PollWon)
	if p.Multiplier > 0 {
		fmt.Fprintf(&b, ", %.2f × its price", p.Multiplier)
	}
	for _, e := range p.ByStatus {
		fmt.Fprintf(&b, "\n%s: %s late on average, half within %s, 95 of 100 within %s", e.Status, late(e.MeanHours), late(e.P50Hours), late(e.P95Hours))
	}
	return b.String()
}

// Korean is the promise in Korean, line for line as [Promise.String].
func (p Promise) Korean() string {
	var b strings.Builder
	fmt.Fprintf(&b, "건당 조회 %.1f회, 하루 조회 %s회", p.PollsPerParcel, grouped(p.PollsPerDay))
	if calls := grouped(p.CallsPerDay); calls != grouped(p.PollsPerDay) {
		fmt.Fprintf(&b, " (호출 %s회)", calls)
	}
	if p.WonPerDay > 0 {
		fmt.Fprintf(&b, ", 건당 %s원, 하루 %s원, 월 %s원", grouped(p.WonPerParcel), grouped(p.WonPerDay), grouped(p.WonPerMonth))
	}
	fmt.Fprintf(&b, "\n정책에 적용할 조회 단가 %.3g원", p.PollWon)
	if p.Multiplier > 0 {
		fmt.Fprintf(&b, " (실제 단가의 %.2f배)", p.Multiplier)
	}
	for _, e := range p.ByStatus {
		fmt.Fprintf(&b, "\n%s: 인지 지연 평균 %s, p50 %s, p95 %s", e.Status.Korean(), lateKorean(e.MeanHours), lateKorean(e.P50Hours), lateKorean(e.P95Hours))
	}
	return b.String()
}

// late writes a delay in hours as people say it.
func late(hours float64) string {
	if minutes := math.Round(60 * hours); minutes >= 60 {
		return fmt.Sprintf("%.0f h %.0f min", math.Floor(minutes/60), math.Mod(minutes, 60))
	}
	return fmt.Sprintf("%.0f min", 60*hours)
}

func lateKorean(hours float64) string {
	if minutes := math.Round(60 * hours); minutes >= 60 {
		return fmt.Sprintf("%.0f시간 %.0f분", math.Floor(minutes/60), math.Mod(minutes, 60))
	}
	return fmt.Sprintf("%.0f분", 60*hours)
}

// grouped writes a count without a fraction, in groups of three digits.
func grouped(x float64) string {
	digits := strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
