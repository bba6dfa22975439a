package sealed

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

var texts = []string{"a", "홍길동", "010-1234-5678", strings.Repeat("서울특별시 ", 40), "\x00", "a\xffb"}

func TestOpenGivesWhatWasSealed(t *testing.T) {
	seen := map[Text]string{{}: ""}
	for _, plain := range texts {
		text := Seal(plain)
		if got := Open(text); got != plain {
			t.Errorf("Open(Seal(%q)) = %q", plain, got)
		}
		if Seal(plain) != text || !reflect.DeepEqual(Seal(plain), text) {
			t.Errorf("%q is sealed differently each time", plain)
		}
		if before, ok := seen[text]; ok {
			t.Errorf("%q is sealed like %q", plain, before)
		}
		seen[text] = plain
	}
	if text := Seal(""); text != (Text{}) || !text.Empty() || Open(text) != "" {
		t.Errorf("nothing is sealed as %#v", text)
	}
}

func TestNothingIsShown(t *testing.T) {
	for _, plain := range texts[1:4] {
		text := Seal(plain)
		holder := struct{ text Text }{text}
		encoded, err := json.Marshal(map[string]any{"text": text, "holder": holder})
		shown := fmt.Sprintf("%v %+v %#v %x %s %+v %#v", text, text, text, text, encoded, holder, holder)
		if strings.Contains(shown, plain) || err != nil {
			t.Errorf("%q is shown in %s, %v", plain, shown, err)
		}
	}
	if got := fmt.Sprintf("%v|%v|%#v", Seal("x"), Text{}, Seal("x")); got != `[sealed]||sealed.Text("[sealed]")` {
		t.Errorf("printed as %s", got)
	}
}

// Another process has another key.
func TestKeysDiffer(t *testing.T) {
	one, two := newSealer(), newSealer()
	box := one.seal("홍길동")
	if one.open(box) != "홍길동" {
		t.Error("the sealer cannot read its own")
	}
	if two.seal("홍길동") == box || two.open(box) == "홍길동" {
		t.Error("two sealers have one key")
	}
}

func TestOpenOfGarbage(t *testing.T) {
	for _, box := range []string{"홍길동", "AAAA", "????"} {
		if got := Open(Text{box}); got != "" {
			t.Errorf("Open(%q) = %q", box, got)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Seal("010-1234-5678")
	}
}

func BenchmarkOpen(b *testing.B) {
	text := Seal("010-1234-5678")
	b.ReportAllocs()
	for b.Loop() {
		Open(text)
	}
}
