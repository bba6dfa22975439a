package poll

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Why is why a watch is due when it is, as data. It names no parcel. People read its String or Korean; programs compare Grounds.
// The zero value says nothing. Whys can be compared with ==.
//
// A policy of the host's own says what it likes in Text, or gives one of the grounds here with its figures.
type Why struct {
	Ground  Ground          // none: it is Text
	Status  tracking.Status // of GroundChance, the change; of GroundStatus, the parcel's
	Percent int             // of GroundChance, 0 to 100
	// Count is of GroundFailure and GroundHidden how many there have been in a row; of GroundAskedEnough how often was asked that Korean
	// day; of GroundChance and GroundSilence which ask of its Korean day it is, where there is a Cap.
	Count int
	Cap   int // of asks about one number on a Korean day, see [Capped]; 0 where there is none
	// Price is what an ask counts so that a [Budget] lasts, in tenths of its true price; 0 where it counts as that. GroundChance,
	// GroundSilence, GroundStatus, GroundLost, GroundNoData and GroundNight have it.
	Price   int
	End     Reason // of GroundEnd
	Carrier string // of GroundTakenOver, who asked before
	// Text is the host's own, in whatever language. The engine keeps 200 bytes of it, whole characters, and nobody reads anything
	// into it.
	Text string
}

// longestText is how much is kept of a host's text, in bytes.
const longestText = 200

// Ground is what kind of reason a due time has.
type Ground string

// The grounds.
const (
	GroundOpened      Ground = "opened"       // the watch begins, or begins again
	GroundRegistered  Ground = "registered"   // the waybill was registered
	GroundPerson      Ground = "person"       // see [Engine.Reopen]
	GroundHint        Ground = "hint"         // a push hinted at news, see [Engine.Observe]
	GroundSecond      Ground = "second"       // a second opinion is wanted
	GroundSecondAgain Ground = "second-again" // it was given, and did not bear the first one out
	GroundTakenOver   Ground = "taken-over"   // from another carrier, see [Fallback]

	GroundChance   Ground = "chance"   // a change has come by then with a chance that is worth an ask
	GroundSilence  Ground = "silence"  // nothing is expected before, and the longest silence is over then
	GroundInterval Ground = "interval" // always the same
	GroundStatus   Ground = "status"   // the interval of the parcel's status
	GroundLost     Ground = "lost"     // the interval of lost parcels
	GroundNoData   Ground = "no-data"  // the interval while there is no data
	GroundNight    Ground = "night"    // one of the few checks of a night, see [Quiet]

	GroundAskedEnough Ground = "asked-enough" // as often as the policy's cap lets on one day
	GroundDailyCap    Ground = "daily-cap"    // the carrier says that the number was asked about often enough today
	GroundMidnight    Ground = "midnight"     // so near to it nobody could tell for which day an ask counts
	GroundFailure     Ground = "failure"      // the wait after failures; if they do not change when is asked, the policy's ground stays
	GroundHidden      Ground = "hidden"       // the wait after failures whose cause the carrier hides
	GroundRefused     Ground = "refused"      // the carrier refuses the account
	GroundStopped     Ground = "stopped"      // when the carrier, which is stopped, is tried again
	GroundPolicy      Ground = "policy"       // the policy panicked, or came to no time
	GroundEnd         Ground = "end"          // the watch ends then
)

// whyOf is a reason of the schedule's for an ask whose time is kept beside it.
func whyOf(r schedule.Reason) Why {
	why := Why{Ground: Ground(r.Ground), Count: r.Poll, Cap: r.Cap}
	if why.Ground == GroundChance {
		why.Status, why.Percent = r.Status, int(math.Round(100*r.Chance))
	}
	return why
}

// at is the reason where an ask counts so many times its price.
func (w Why) at(multiplier float64) Why {
	if tenths := int(math.Round(10 * multiplier)); tenths > 10 && forms[w.Ground].priced {
		w.Price = tenths
	}
	return w
}

// cut is what the engine keeps.
func (w Why) cut() Why {
	if len(w.Text) > longestText {
		end := longestText
		for !utf8.RuneStart(w.Text[end]) {
			end--
		}
		w.Text = w.Text[:end]
	}
	return w
}

// The code of a Why is its ground and the figures of that ground, with a space between them: "status IN_TRANSIT". The usual ground, which
// nearly all watches have, is left out: "DELIVERED 31%". A text is its own code; one that could be taken for something else has
// textMark before it. A price stands last, behind priceMark.
const (
	usual     = GroundChance
	textMark  = "text "
	priceMark = " *"
)

// MarshalText writes the code that stores keep, such as "DELIVERED 31%". It does not fail.
func (w Why) MarshalText() ([]byte, error) { return []byte(w.code()), nil }

// UnmarshalText reads what MarshalText wrote. What it cannot read, such as a ground that another version knows, becomes Text as it
// is, and is written as it was; there is no error.
func (w *Why) UnmarshalText(text []byte) error {
	code := string(text)
	read, ok := readWhy(code)
	if !ok {
		read = Why{Text: strings.TrimPrefix(code, textMark)}
	}
	*w = read
	return nil
}

func (w Why) code() string {
	f, ok := forms[w.Ground]
	if !ok {
		if _, taken := readWhy(w.Text); taken || strings.HasPrefix(w.Text, textMark) {
			return textMark + w.Text
		}
		return w.Text
	}
	var words []string
	if w.Ground != usual {
		words = append(words, string(w.Ground))
	}
	for _, figure := range f.figures {
		words = append(words, figure.write(&w))
	}
	if f.capped && w.Cap > 0 {
		words = append(words, fmt.Sprintf("%d/%d", w.Count, w.Cap))
	}
	code := strings.Join(words, " ")
	if f.priced && w.Price > 0 {
		code += priceMark + strconv.Itoa(w.Price)
	}
	return code
}

// readWhy reads the code of a ground. What is not exactly as code writes it is none.
func readWhy(code string) (w Why, ok bool) {
	first, _, _ := strings.Cut(code, " ")
	if w.Ground = Ground(first); isStatus(first) {
		w.Ground = usual
	}
	f, ok := forms[w.Ground]
	if !ok {
		return Why{}, false
	}
	rest := code
	if f.priced {
		var price string
		rest, price, _ = strings.Cut(code, priceMark)
		w.Price = atoi(price)
	}
	if w.Ground != usual {
		_, rest, _ = strings.Cut(rest, " ")
	}
	for i, figure := range f.figures {
		word := rest
		if i < len(f.figures)-1 || f.capped {
			word, rest, _ = strings.Cut(rest, " ")
		}
		figure.read(&w, word)
	}
	if count, most, capped := strings.Cut(rest, "/"); capped && f.capped {
		w.Count, w.Cap = atoi(count), atoi(most)
	}
	if w.code() != code {
		return Why{}, false
	}
	return w, true
}

// A figure is one of the data that a ground has.
type figure struct {
	write func(w *Why) string       // its word in the code
	read  func(w *Why, word string) // what cannot be read is left out
	say   func(w *Why) (english, korean string)
}

var (
	statusFigure = figure{
		write: func(w *Why) string { return w.Status.String() },
		read:  func(w *Why, word string) { w.Status, _ = tracking.ParseStatus(word) },
		say:   func(w *Why) (english, korean string) { return w.Status.String(), w.Status.Korean() },
	}
	endFigure = figure{
		write: func(w *Why) string { return string(w.End) },
		read:  func(w *Why, word string) { w.End = Reason(word) },
		say:   func(w *Why) (english, korean string) { return w.End.English(), w.End.Korean() },
	}
	carrierFigure = figure{
		write: func(w *Why) string { return w.Carrier },
		read:  func(w *Why, word string) { w.Carrier = word },
		say:   func(w *Why) (english, korean string) { return w.Carrier, w.Carrier },
	}
	percentFigure = figure{
		write: func(w *Why) string { return strconv.Itoa(w.Percent) + "%" },
		read:  func(w *Why, word string) { w.Percent = atoi(strings.TrimSuffix(word, "%")) },
		say:   func(w *Why) (english, korean string) { return strconv.Itoa(w.Percent), strconv.Itoa(w.Percent) },
	}
	countFigure = figure{
		write: func(w *Why) string { return strconv.Itoa(w.Count) },
		read:  func(w *Why, word string) { w.Count = atoi(word) },
		say:   func(w *Why) (english, korean string) { return strconv.Itoa(w.Count), strconv.Itoa(w.Count) },
	}
)

func isStatus(word string) bool {
	_, known := tracking.ParseStatus(word)
	return known
}

func atoi(word string) int {
	n, _ := strconv.Atoi(word)
	return n
}
