package show

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

var kst = time.FixedZone("KST", 9*60*60)

// The columns of a timeline, in cells.
const (
	nameColumn, numberColumn, statusColumn, carrierColumn = 20, 20, 18, 18
	textColumn, placeColumn                               = 26, 22
)

type look struct{ sign, colour string }

var looks = map[tracking.Status]look{
	tracking.StatusDelivered:      {"●", "32"},
	tracking.StatusOutForDelivery: {"◐", "36"},
	tracking.StatusInTransit:      {"○", "34"},
	tracking.StatusPickedUp:       {"○", "34"},
	tracking.StatusFailed:         {"!", "33"},
	tracking.StatusHold:           {"!", "33"},
	tracking.StatusReturned:       {"!", "31"},
	tracking.StatusCancelled:      {"×", "90"},
	tracking.StatusUnknown:        {"?", "35"},
}

// Result prints one parcel with its timeline, or why there is none.
func (s *Screen) Result(r tracking.Result) {
	head := " " + Column(nameOf(r.Query.Courier), nameColumn) + Column(Grouped(r.Query.Number), numberColumn)
	switch {
	case errors.Is(r.Err, tracking.ErrNotFound):
		s.Line(head + Column("· 아직 기록 없음", statusColumn) + Column(r.Carrier, carrierColumn) + "nothing to show yet")
	case r.Err != nil:
		s.Line(head + s.tint("31", Column("! 조회 실패", statusColumn)) + r.Err.Error() + suggestion(r))
	default:
		status := s.tint(looks[r.Parcel.Status].colour, Column(signOf(r.Parcel.Status)+" "+wording(r.Parcel), statusColumn))
		s.Line(head + status + Column(r.Carrier, carrierColumn) + remark(r.Parcel))
		for _, ev := range r.Parcel.Events {
			s.event(ev)
		}
	}
	s.Line("")
}

func (s *Screen) event(ev tracking.Event) {
	line := "   " + clock(ev) + "  " + Column(ev.Text, textColumn)
	window, announced := tracking.ParseWindow(ev.Note, ev.At)
	switch {
	case ev.Parked:
		s.Line(s.tint("90", line+Column(ev.Place, placeColumn)+"(이전 택배 earlier parcel)"))
	case announced:
		s.Line(line + Column(ev.Place, placeColumn) + window.String() + " 도착 예정")
	default:
		s.Line(line + ev.Place)
	}
}

// nameOf is the courier's name in Korean, without what the directory adds in parentheses.
func nameOf(c tracking.Courier) string {
	info, ok := courier.Lookup(string(c))
	if !ok {
		return string(c)
	}
	name, _, _ := strings.Cut(info.Korean, "(")
	return name
}

// suggestion names couriers that may have been meant.
func suggestion(r tracking.Result) string {
	if !errors.Is(r.Err, tracking.ErrUnsupportedCourier) {
		return ""
	}
	var names []string
	for _, near := range courier.Near(string(r.Query.Courier)) {
		names = append(names, fmt.Sprintf("%s (%s)", near.Code, near.Korean))
	}
	if len(names) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(names, " or ") + "?"
}

func signOf(status tracking.Status) string {
	if l, ok := looks[status]; ok {
		return l.sign
	}
	return "·"
}

// wording is the status in Korean, with what the sub-status adds.
func wording(p *tracking.Parcel) string {
	switch {
	case p.Sub == tracking.SubReturning:
		return "반송 중"
	case p.Status == tracking.StatusReturned:
		return "반송완료"
	case p.Sub == tracking.SubAvailableForPickup:
		return "수령 대기"
	case p.Sub == tracking.SubAtBranch:
		return "배송지 도착"
	case p.Sub == tracking.SubLost:
		return "분실"
	default:
		return strings.ReplaceAll(p.Status.Korean(), " ", "")
	}
}

// remark says what is worth knowing besides.
func remark(p *tracking.Parcel) string {
	switch {
	case p.Doubts.Has(tracking.DoubtInferred):
		return "보낸 곳으로 되돌아감 (the route came back to its origin)"
	case p.Status == tracking.StatusReturned && p.Sub == tracking.SubNone:
		return "보낸 곳으로 되돌아감 (back at the sender)"
	case p.Status == tracking.StatusOutForDelivery && !p.Window.IsZero():
		return p.Window.String() + " 도착 예정"
	case p.Doubts != 0:
		return "(" + p.Doubts.String() + ")"
	default:
		return ""
	}
}

func clock(ev tracking.Event) string {
	switch {
	case ev.At.IsZero():
		return "--/-- --:--"
	case ev.Precision == tracking.PrecisionDay:
		return ev.At.In(kst).Format("01/02 --:--")
	default:
		return ev.At.In(kst).Format("01/02 15:04")
	}
}

// Grouped sets a number of digits in groups of four from its end, as labels do: 5500-0000-1234, 60000-0000-0123.
func Grouped(number string) string {
	if len(number) < 10 || len(number) > 14 || strings.Trim(number, "0123456789") != "" {
		return number
	}
	end := len(number)
	head := (end-1)%4 + 1
	if len(number) == 13 {
		head = 5 // 우체국
	}
	groups := []string{number[:head]}
	for ; head < end; head += 4 {
		groups = append(groups, number[head:head+4])
	}
	return strings.Join(groups, "-")
}
