package privacy_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/order/privacy"
)

var allKinds = []privacy.Kind{
	privacy.KindOther, privacy.KindName, privacy.KindPhone, privacy.KindAddress, privacy.KindDetail, privacy.KindMemo,
	privacy.KindEmail, privacy.KindPCCC,
}

var constructors = map[string]func(string) privacy.Sensitive{
	"name": privacy.Name, "phone": privacy.Phone, "address": privacy.Address, "detail": privacy.Detail,
	"memo": privacy.Memo, "email": privacy.Email, "pccc": privacy.PCCC, "other": privacy.Other,
}

// vectors reads testdata/masks.tsv: kind, text, mask.
func vectors(tb testing.TB) [][3]string {
	tb.Helper()
	data, err := os.ReadFile("testdata/masks.tsv")
	if err != nil {
		tb.Fatal(err)
	}
	var rows [][3]string
	for line := range strings.Lines(string(data)) {
		rows = append(rows, [3]string(strings.Split(strings.TrimSuffix(line, "\n"), "\t")))
	}
	if len(rows) < 20 {
		tb.Fatalf("%d vectors, want at least 20", len(rows))
	}
	return rows
}

func TestMasks(t *testing.T) {
	tested := map[string]bool{}
	for _, row := range vectors(t) {
		s := constructors[row[0]](row[1])
		if got := s.String(); got != row[2] {
			t.Errorf("%s %q is shown as %q, want %q", row[0], row[1], got, row[2])
		}
		if got := s.Kind().String(); got != row[0] {
			t.Errorf("%s %q is of kind %s", row[0], row[1], got)
		}
		tested[row[0]] = true
	}
	for _, k := range allKinds {
		if !tested[k.String()] {
			t.Errorf("no vector of kind %v", k)
		}
	}
}

func TestStrictMasks(t *testing.T) {
	for _, tc := range []struct {
		value privacy.Sensitive
		want  string
	}{
		{privacy.Strict.Name("홍길동"), "홍**"},
		{privacy.Strict.Name("김"), "*"},
		{privacy.Strict.Name("John Smith"), "J*** *****"},
		{privacy.Strict.Phone("010-1234-5678"), "010-****-****"},
		{privacy.Strict.Phone("+82-10-1234-5678"), "+82-10-****-****"},
		{privacy.Strict.Phone("12"), "**"},
		{privacy.Strict.Address("서울특별시 강남구 테헤란로 123"), "서울특별시 강남구 테헤란로 ***"},
		{privacy.Strict.Detail("101동 1001호"), "********"},
		{privacy.Strict.Memo("공동현관 1234"), "********"},
		{privacy.Strict.Email("abcdef@naver.com"), "ab****@naver.com"},
		{privacy.Strict.PCCC("P123456789012"), "P************"},
		{privacy.Strict.Other("무엇"), "**"},
		{privacy.Phone("010-1234-5678").Under(privacy.Strict), "010-****-****"},
		{privacy.Strict.Phone("010-1234-5678").Under(privacy.Standard), "010-****-5678"},
		{privacy.Profile(9).Name("홍길동"), "홍**"},
		{privacy.Strict.Of(privacy.Kind(99), "홍길동"), "***"},
	} {
		if got := tc.value.String(); got != tc.want {
			t.Errorf("%v under its profile is shown as %q, want %q", tc.value.Kind(), got, tc.want)
		}
	}
}

func TestEmptyStaysEmpty(t *testing.T) {
	for _, k := range allKinds {
		s := privacy.Strict.Of(k, "")
		if s != (privacy.Sensitive{}) || !s.IsZero() || s.String() != "" || s.Under(privacy.Strict) != s {
			t.Errorf("an empty %v is not the zero value: %#v", k, s)
		}
	}
}

func TestEqual(t *testing.T) {
	hong := privacy.Name("홍길동")
	for _, tc := range []struct {
		other       privacy.Sensitive
		equal, same bool
	}{
		{privacy.Name("홍" + "길동"), true, true},
		{privacy.Strict.Name("홍길동"), true, false},
		{privacy.Name("홍길순"), false, false},
		{privacy.Other("홍길동"), false, false},
		{privacy.Sensitive{}, false, false},
	} {
		if got := hong.Equal(tc.other); got != tc.equal {
			t.Errorf("Equal(%#v) = %v, want %v", tc.other, got, tc.equal)
		}
		if got := hong == tc.other; got != tc.same {
			t.Errorf("== %#v is %v, want %v", tc.other, got, tc.same)
		}
	}
}

// FuzzMasks knows the rules of masking, but not how they are kept.
func FuzzMasks(f *testing.F) {
	for _, row := range vectors(f) {
		f.Add(row[1])
	}
	for _, odd := range []string{"", " ", "\x00", "홍\u200b길동", "a\xffb", "010–1234–5678", "*", "서울 강남구", "@@", "👩‍👩‍👧"} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range allKinds {
			for _, p := range []privacy.Profile{privacy.Standard, privacy.Strict} {
				checkMask(t, p, k, text, p.Of(k, text).String())
			}
		}
	})
}

func checkMask(t *testing.T, p privacy.Profile, k privacy.Kind, text, masked string) {
	t.Helper()
	text = strings.ToValidUTF8(text, "\ufffd")
	if text == "" || masked == "" {
		if text != masked {
			t.Errorf("%v %v %q is shown as %q", p, k, text, masked)
		}
		return
	}
	switch k {
	case privacy.KindDetail, privacy.KindMemo:
		if masked != "********" {
			t.Errorf("%v %q is shown as %q", k, text, masked)
		}
		return
	case privacy.KindAddress:
		// Words that stay are words of the text, in their order; the rest is stars.
		kept := strings.TrimSuffix(masked, "***")
		if strings.Trim(masked, "*") != "" && !strings.HasPrefix(strings.Join(strings.Fields(text), " ")+" ", kept) && masked != text {
			t.Errorf("%v %q is shown as %q", k, text, masked)
		}
		return
	}
	shown := shownRunes(t, k, text, masked)
	if most := mostShown(p, k, text); len(shown) > most {
		t.Errorf("%v %v %q is shown as %q: %d characters, want at most %d", p, k, text, masked, len(shown), most)
	}
}

// shownRunes gives the letters and digits that are not hidden, and fails if anything but a star stands for another.
func shownRunes(t *testing.T, k privacy.Kind, text, masked string) []rune {
	t.Helper()
	before, after := []rune(text), []rune(masked)
	if len(before) != len(after) {
		t.Fatalf("%v %q is shown as %q, of another length", k, text, masked)
	}
	var shown []rune
	for i, r := range after {
		if r != before[i] && r != '*' {
			t.Errorf("%v %q is shown as %q: %q for %q", k, text, masked, r, before[i])
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			shown = append(shown, r)
		}
	}
	return shown
}

// mostShown gives how many letters and digits of text a mask may show.
func mostShown(p privacy.Profile, k privacy.Kind, text string) int {
	letters := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters++
		}
	}
	switch k {
	case privacy.KindName:
		if p == privacy.Strict {
			return 1
		}
		return min(max(2, len(strings.Fields(text))), letters)
	case privacy.KindPhone:
		if p == privacy.Strict {
			return max(0, letters-7) // three or four, and four
		}
		return max(0, letters-3)
	case privacy.KindEmail:
		_, domain, _ := strings.Cut(text, "@")
		return 2 + utf8.RuneCountInString(domain)
	case privacy.KindPCCC:
		return 1
	}
	return 0
}

func TestKinds(t *testing.T) {
	for _, k := range allKinds {
		text, err := k.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back privacy.Kind
		if err := back.UnmarshalText(text); err != nil || back != k {
			t.Errorf("%v reads back as %v, %v", k, back, err)
		}
	}
	if _, err := privacy.Kind(len(allKinds)).MarshalText(); err == nil {
		t.Error("a kind that nobody knows was written")
	}
	if _, err := privacy.ParseKind("Name"); err == nil {
		t.Error("a kind that nobody knows was read")
	}
	if !slices.IsSorted(allKinds) {
		t.Error("allKinds is out of order")
	}
}
