package schedule

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// learnedModel has everything that a text can have: two couriers, one of them late, one with windows, days off, one courier that was not heard of.
func learnedModel() *Model {
	late := journeys(2, 150, "hanjin")
	for i := range late {
		for j := range late[i].Events {
			late[i].Events[j].Published = late[i].Events[j].At.Add(time.Duration(15+i%30) * time.Minute)
		}
	}
	return Prior().Learn(slices.Concat(journeys(1, 150, "cj"), toursOf("cj", 4, 50, 70), late, idleWeek(3, 400, "logen \u00e9\"", 2)))
}

func TestModelTextRoundTrip(t *testing.T) {
	learned := learnedModel()
	for name, m := range map[string]*Model{
		"prior": Prior(), "learned": learned, "faded": learned.Fade(0.5), "alone": Prior().Learn(journeys(1, 50, "cj")),
		"no calendar": Prior().WithCalendar(nil), "nothing": {all: &stages{}}, "zero": {}, "without a courier": Prior().Learn(idleWeek(3, 400, "", 2)),
	} {
		text, err := m.MarshalText()
		if err != nil {
			t.Fatal(name, err)
		}
		var back Model
		if err := back.UnmarshalText(text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := back.MarshalText()
		if err != nil || string(again) != string(text) {
			t.Errorf("%s: written again it differs; %v", name, err)
		}
		if m.all == nil {
			continue
		}
		if back.String() != m.String() {
			t.Errorf("%s: it prints otherwise", name)
		}
		for _, c := range []tracking.Courier{"cj", "hanjin", "logen \u00e9\"", "", "nobody"} {
			for s := range tracking.Status(len(stages{})) {
				v := View{Courier: c, Status: s, Opened: monday, Changed: after(600), Now: after(1234)}
				v.Window = tracking.Window{Start: after(1250), End: after(1370)}
				a := Adaptive{Model: m, Worth: Worths(1), PollWon: 0.2}
				b := a
				if b.Model = &back; !a.Next(v).Equal(b.Next(v)) || a.Why(v) != b.Why(v) {
					t.Errorf("%s, %s, %s: it decides otherwise", name, c, s)
				}
			}
		}
		more := journeys(9, 40, "cj")
		if back.Learn(more).String() != m.Learn(more).String() {
			t.Errorf("%s: it learns otherwise", name)
		}
	}
}

func TestModelInJSON(t *testing.T) {
	text, err := json.Marshal(map[string]*Model{"model": Prior()})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]*Model
	if err := json.Unmarshal(text, &back); err != nil || back["model"].String() != Prior().String() {
		t.Error(err)
	}
}

func TestModelTextIsChecked(t *testing.T) {
	text, err := learnedModel().MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	replaced := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the text has no %q", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	var untouched Model
	for what, broken := range map[string]string{
		"nothing":                "",
		"another version":        replaced(modelForm, "waybill-schedule 2"),
		"half of it":             good[:len(good)/2],
		"a blank line":           good + "\n",
		"a line of its own":      good + "and so on\n",
		"a rate that is none":    replaced("age ", "age x "),
		"one entry too many":     replaced("age ", "age 1 "),
		"a rate below 0":         replaced("age 0", "age -0"),
		"a rate without end":     replaced("age 0", "age +Inf"),
		"a status that is none":  replaced("to PICKED_UP", "to PICKED"),
		"days out of order":      replaced("2024-01-01", "2029-01-01"),
		"a day that is none":     replaced("2024-01-01", "2024-02-30"),
		"a table too few":        replaced("\nhalf ", "\nhalves "),
		"couriers out of order":  replaced(`courier "hanjin"`, `courier "a"`),
		"a courier unquoted":     replaced(`courier "hanjin"`, `courier hanjin`),
		"a weight of nothing":    replaced(":2", ":0"),
		"a lag of nothing":       replaced("lag ", "lag 0*13\nlag "),
		"more kept than known":   replaced("windows ", "windows 9 8\nwindows "),
		"windows of none":        replaced("windows ", "windows 0*2\nwindows "),
		"a window too few":       replaced("windows ", "windows 0\nwindows "),
		"a form of another sort": `{"version":1}`,
	} {
		err := untouched.UnmarshalText([]byte(broken))
		if !errors.Is(err, ErrModelText) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", what, err)
		}
		if untouched.all != nil {
			t.Fatalf("%s changed the model", what)
		}
	}
}

// FuzzModelText: whatever is read is written and read back the same, decides, and learns; whatever is not gets an error.
func FuzzModelText(f *testing.F) {
	text, _ := Prior().MarshalText()
	f.Add(text)
	f.Add([]byte(modelForm + "\n"))
	f.Add([]byte(modelForm + "\nrest 2026-09-25\nlag 10 0*11 3\nwindows 6 10\nIN_TRANSIT\nto DELIVERED 2 2\nage 0.1:5*56\nhalf 1*48\nday 1*8 0.5\ncourier \"cj\"\nlike all\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		var m Model
		if err := m.UnmarshalText(text); err != nil {
			if !errors.Is(err, ErrModelText) {
				t.Fatal(err)
			}
			return
		}
		first, err := m.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Model
		if err := back.UnmarshalText(first); err != nil {
			t.Fatal(err)
		}
		if second, _ := back.MarshalText(); string(second) != string(first) {
			t.Fatalf("%s\n\n%s", first, second)
		}
		v := View{Courier: "cj", Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: after(90)}
		if next := (Adaptive{Model: &m, Worth: Worths(1), PollWon: 1}).Next(v); !next.After(v.Now) {
			t.Fatal(next)
		}
	})
}

// The size of a model is what docs and comments say.
func TestModelTextSize(t *testing.T) {
	few, _ := Prior().Learn(slices.Concat(journeys(1, 300, "cj"), journeys(2, 300, "hanjin"))).MarshalText()
	more, _ := Prior().Learn(slices.Concat(journeys(1, 300, "cj"), journeys(2, 300, "hanjin"), journeys(3, 300, "logen"))).MarshalText()
	prior, _ := Prior().MarshalText()
	t.Logf("prior %d bytes, two couriers %d, three %d: %d for a courier", len(prior), len(few), len(more), len(more)-len(few))
	if each := len(more) - len(few); each > 30_000 {
		t.Errorf("%d bytes for a courier", each)
	}
}

// idleWeek are deliveries of three weeks by a courier that did not work on one day, which no calendar knows.
func idleWeek(seed uint64, n int, c tracking.Courier, idle int) []Timeline {
	all := deliveries(seed, n)
	for i := range all {
		week := 7 * 24 * time.Hour * time.Duration(i%3)
		t := &all[i]
		t.Courier, t.Opened = c, t.Opened.Add(week)
		t.Events[0].At = t.Events[0].At.Add(week)
		if e := &t.Events[0]; floorDiv(int64(e.At.Sub(monday)/time.Minute), minutesADay) == int64(7+idle) {
			e.At = e.At.Add(24 * time.Hour)
		}
	}
	return all
}
