package poll_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// mostCode is how long the longest code of ours may be, in bytes.
const mostCode = 40

// whys has every ground, with its figures where it has any.
var whys = []poll.Why{
	{Ground: poll.GroundOpened}, {Ground: poll.GroundRegistered}, {Ground: poll.GroundPerson}, {Ground: poll.GroundHint},
	{Ground: poll.GroundSecond}, {Ground: poll.GroundSecondAgain}, {Ground: poll.GroundTakenOver, Carrier: "sweettracker"},
	{Ground: poll.GroundChance, Status: tracking.StatusDelivered, Percent: 31},
	{Ground: poll.GroundChance, Status: tracking.StatusOutForDelivery, Percent: 100, Count: 10, Cap: 10},
	{Ground: poll.GroundSilence}, {Ground: poll.GroundSilence, Count: 3, Cap: 10},
	{Ground: poll.GroundInterval}, {Ground: poll.GroundStatus, Status: tracking.StatusInTransit}, {Ground: poll.GroundLost},
	{Ground: poll.GroundNoData}, {Ground: poll.GroundNight},
	{Ground: poll.GroundChance, Status: tracking.StatusDelivered, Percent: 31, Count: 3, Cap: 10, Price: 23},
	{Ground: poll.GroundSilence, Price: 1000}, {Ground: poll.GroundStatus, Status: tracking.StatusInTransit, Price: 11},
	{Ground: poll.GroundAskedEnough, Count: 10}, {Ground: poll.GroundDailyCap}, {Ground: poll.GroundMidnight},
	{Ground: poll.GroundFailure, Count: 2}, {Ground: poll.GroundHidden, Count: 3}, {Ground: poll.GroundRefused}, {Ground: poll.GroundStopped},
	{Ground: poll.GroundPolicy}, {Ground: poll.GroundEnd, End: poll.ReasonNotWorth}, {Ground: poll.GroundEnd, End: "sold"},
}

func codeOf(t testing.TB, why poll.Why) string {
	code, err := why.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return string(code)
}

func read(t testing.TB, code string) (why poll.Why) {
	why.Text = "what was there before"
	if err := why.UnmarshalText([]byte(code)); err != nil {
		t.Fatalf("%q: %v", code, err)
	}
	return why
}

// TestWhyInCodeAndWords holds codes and words against a golden file; UPDATE_GOLDEN=1 rewrites it. Stores have the codes: one that is
// changed there makes a text of what they keep.
func TestWhyInCodeAndWords(t *testing.T) {
	var got bytes.Buffer
	told := map[poll.Ground]bool{}
	for _, why := range whys {
		code := codeOf(t, why)
		fmt.Fprintf(&got, "%s\t%s\t%s\n", code, why, why.Korean())
		told[why.Ground] = true
		if back := read(t, code); back != why {
			t.Errorf("%#v is kept as %q and comes back as %#v", why, code, back)
		}
		if len(code) > mostCode {
			t.Errorf("%q has %d bytes", code, len(code))
		}
	}
	for _, ground := range poll.Grounds() {
		if !told[ground] {
			t.Errorf("%q is not in the table", ground)
		}
	}
	goldentest.Compare(t, filepath.Join("testdata", "why.tsv"), got.String())
}

// TestEveryGroundHasWords: also one that is added to the source later, and every end.
func TestEveryGroundHasWords(t *testing.T) {
	grounds, ends := constants(t, "why.go", "Ground"), constants(t, "watch.go", "Reason")
	if len(grounds) < 20 || len(ends) < 10 {
		t.Fatalf("found only %q and %q", grounds, ends)
	}
	for _, ground := range grounds {
		if !slices.Contains(poll.Grounds(), poll.Ground(ground)) {
			t.Errorf("the ground %q has no words", ground)
		}
	}
	for _, end := range ends {
		if !slices.Contains(poll.EndReasons(), poll.Reason(end)) {
			t.Errorf("the end %q has no words", end)
		}
	}
	latin := regexp.MustCompile(`[A-Za-z]{2,}`)
	for _, why := range whys {
		if text := why.Korean(); strings.Contains(why.String(), "%!") || latin.MatchString(text) && why.Carrier == "" && why.End != "sold" {
			t.Errorf("%q: %q, %q", codeOf(t, why), why, text)
		}
	}
	for _, end := range poll.EndReasons() {
		if latin.MatchString(end.Korean()) || strings.ContainsAny(end.English(), "-_") {
			t.Errorf("%q: %q, %q", end, end.English(), end.Korean())
		}
	}
}

// constants gives the values of a file's constants of a type.
func constants(t *testing.T, file, kind string) (values []string) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == kind {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	return values
}

// explained checks that a watch of an engine says why it is due, in few bytes.
func explained(t *testing.T, w poll.Watch) {
	if w.Life != poll.Active {
		if w.Why != (poll.Why{}) {
			t.Errorf("%v says why it is due: %q", w, w.Why)
		}
		return
	}
	code, _ := w.Why.MarshalText()
	if len(code) == 0 || w.Why.Ground != "" && len(code) > mostCode {
		t.Errorf("%v says %q", w, code)
	}
	if w.Why.Ground != "" && !slices.ContainsFunc(whys, func(known poll.Why) bool { return known.Ground == w.Why.Ground }) {
		t.Errorf("%v has the unknown ground %q", w, w.Why.Ground)
	}
	var back poll.Why
	if _ = back.UnmarshalText(code); back != w.Why {
		t.Errorf("%v says %#v, which comes back from %q as %#v", w, w.Why, code, back)
	}
}

// TestWhyOfAnotherVersion: what is no code exactly is shown, and kept, as it is.
func TestWhyOfAnotherVersion(t *testing.T) {
	for _, code := range []string{
		"because DELIVERED has come with a chance of 31 %", "new-ground 3", "opened twice", "chance", "chance DELIVERED", "chance DELIVERED x",
		"DELIVERED 031%", "delivered 31%", "DELIVERED 31% 3/", "DELIVERED 31% /10", "DELIVERED 31% 3/0", "DELIVERED 31", "chance DELIVERED 31%", "silence 3",
		"DELIVERED 99999999999999999999%", "DELIVERED  31%", "failure", "failure -", "end", " opened", "opened ", "text", "\xff\x00",
	} {
		why := read(t, code)
		if why != (poll.Why{Text: code}) || why.String() != code || why.Korean() != code {
			t.Errorf("%q is read as %#v: %q, %q", code, why, why, why.Korean())
		}
		if back := codeOf(t, why); back != code {
			t.Errorf("%q is written as %q", code, back)
		}
	}
}

// TestWhyInJSON: as a member it is its code, and nothing where there is none.
func TestWhyInJSON(t *testing.T) {
	type holder struct {
		Why poll.Why `json:"why,omitzero"`
	}
	for _, c := range []struct {
		why  poll.Why
		want string
	}{
		{poll.Why{}, `{}`},
		{poll.Why{Ground: poll.GroundChance, Status: tracking.StatusDelivered, Percent: 31}, `{"why":"DELIVERED 31%"}`},
		{poll.Why{Text: `점검 "뒤"`}, `{"why":"점검 \"뒤\""}`},
		{poll.Why{Text: "hint"}, `{"why":"text hint"}`},
	} {
		data, err := json.Marshal(holder{c.why})
		var back holder
		if err != nil || string(data) != c.want || json.Unmarshal(data, &back) != nil || back.Why != c.why {
			t.Errorf("%#v: %s, %v, back %#v", c.why, data, err, back.Why)
		}
	}
}

// FuzzWhy: whatever is kept comes back, and whatever is read can be shown and is kept as it was.
func FuzzWhy(f *testing.F) {
	for _, why := range whys {
		f.Add(codeOf(f, why), byte(why.Status), why.Percent, why.Count, why.Cap)
	}
	for _, text := range []string{"", "text ", "text text hint", "창고 점검", "🚚", "DELIVERED 31% 3/10 ", "end \x00"} {
		f.Add(text, byte(3), -1, 1<<62, 0)
	}
	f.Fuzz(func(t *testing.T, text string, status byte, percent, count, most int) {
		for _, why := range []poll.Why{
			{Text: text}, {Ground: poll.GroundTakenOver, Carrier: text}, {Ground: poll.GroundEnd, End: poll.Reason(text)},
			{Ground: poll.GroundFailure, Count: count}, {Ground: poll.GroundStatus, Status: tracking.Statuses()[status%12]},
			{Ground: poll.GroundChance, Status: tracking.Statuses()[status%12], Percent: percent},
			{Ground: poll.GroundSilence, Count: count, Cap: max(most, 1)}, {Ground: poll.GroundNight, Price: max(most, 0)},
			{Ground: poll.GroundChance, Status: tracking.Statuses()[status%12], Percent: percent, Count: count, Cap: max(most, 1), Price: max(count, 0)},
		} {
			if back := read(t, codeOf(t, why)); back != why {
				t.Errorf("%#v is kept as %q and comes back as %#v", why, codeOf(t, why), back)
			}
		}
		why := read(t, text)
		if back := codeOf(t, why); back != text && (text != "text "+why.Text || read(t, back) != why) {
			t.Errorf("%q is read as %#v and written as %q", text, why, back)
		}
		if shown := why.String(); why.Ground == "" && shown != text && "text "+shown != text || why.Ground != "" && shown == "" {
			t.Errorf("%q is shown as %q", text, shown)
		}
		if utf8.ValidString(text) != utf8.ValidString(why.Korean()) {
			t.Errorf("%q in Korean: %q", text, why.Korean())
		}
	})
}
