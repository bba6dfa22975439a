package show

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

var kst = time.FixedZone("KST", 9*60*60)

// Screen prints timelines for people. Columns line up with Korean text in them; colours appear on a terminal alone.
type Screen struct {
	out      io.Writer
	progress io.Writer // nil when nobody watches
	colours  bool
}

// NewScreen prints to out. Colours need a terminal and no NO_COLOR in the environment; progress goes to standard error, if that is a terminal.
func NewScreen(out *os.File) *Screen {
	s := &Screen{out: out, colours: term.IsTerminal(int(out.Fd())) && os.Getenv("NO_COLOR") == ""}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		s.progress = os.Stderr
	}
	return s
}

// Progress shows how far the work is, in place.
func (s *Screen) Progress(done, total int) {
	if s.progress != nil {
		fmt.Fprintf(s.progress, "\r조회 중 tracking … %d/%d \x1b[K", done, total)
	}
}

// Clear removes the progress line.
func (s *Screen) Clear() {
	if s.progress != nil {
		fmt.Fprint(s.progress, "\r\x1b[K")
	}
}

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
	name := string(r.Query.Courier)
	if info, ok := courier.Get(r.Query.Courier); ok {
		name = info.Korean
	}
	head := pad(name, 20) + pad(grouped(r.Query.Number), 20)
	if r.Err != nil {
		s.failure(head, r)
		return
	}
	p := r.Parcel
	fmt.Fprintf(s.out, " %s%s%s%s\n", head, s.paint(p.Status, pad(signOf(p.Status)+" "+wording(p), 18)), pad(r.Carrier, 18), remark(p))
	for _, ev := range p.Events {
		place := ev.Place
		if w, ok := tracking.ParseWindow(ev.Note, ev.At); ok {
			place = pad(place, 22) + fmt.Sprintf("%s 도착 예정", w)
		}
		line := fmt.Sprintf("   %s  %s%s", clock(ev), pad(ev.Text, 26), place)
		if ev.Parked {
			line = s.tint("90", line+"  (이전 택배 earlier parcel)")
		}
		fmt.Fprintln(s.out, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(s.out)
}

func (s *Screen) failure(head string, r tracking.Result) {
	if errors.Is(r.Err, tracking.ErrNotFound) {
		fmt.Fprintf(s.out, " %s%s%s\n\n", head, pad("· 아직 기록 없음", 18), pad(r.Carrier, 18)+"nothing to show yet")
		return
	}
	fmt.Fprintf(s.out, " %s%s%s\n\n", head, s.tint("31", pad("! 조회 실패", 18)), r.Err)
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

// grouped sets a number in groups of four, as labels do.
func grouped(number string) string {
	if len(number) < 10 || len(number) > 14 || strings.Trim(number, "0123456789") != "" {
		return number
	}
	return number[:4] + "-" + number[4:8] + "-" + number[8:]
}

// pad fills or cuts text to a column of that many cells, the last of them blank.
func pad(text string, width int) string {
	return runewidth.FillRight(runewidth.Truncate(text, width-1, "…"), width)
}

func (s *Screen) paint(status tracking.Status, text string) string {
	return s.tint(looks[status].colour, text)
}

func (s *Screen) tint(colour, text string) string {
	if !s.colours || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
