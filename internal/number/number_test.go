package number_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/waybill-dev/waybill/internal/number"
)

func TestNormalize(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"empty":                      {"", ""},
		"normal":                     {"550000001234", "550000001234"},
		"leading zeros stay":         {"000000001234", "000000001234"},
		"hyphens":                    {"5500-0000-1234", "550000001234"},
		"spaces anywhere":            {" 5500 0000\t1234\r\n", "550000001234"},
		"no-break space":             {"5500\u00a00000\u00a01234", "550000001234"},
		"ideographic space":          {"5500\u30000000\u30001234", "550000001234"},
		"narrow and figure spaces":   {"5500\u202f0000\u20071234", "550000001234"},
		"byte order mark":            {"\ufeff550000001234", "550000001234"},
		"zero width":                 {"5500\u200b0000\u200d12\u206034", "550000001234"},
		"direction marks":            {"\u200e550000001234\u200f", "550000001234"},
		"soft hyphen":                {"5500\u00ad0000\u00ad1234", "550000001234"},
		"apostrophe":                 {"'000000001234", "000000001234"},
		"apostrophe behind space":    {" ’000000001234", "000000001234"},
		"full-width apostrophe":      {"＇000000001234", "000000001234"},
		"full-width digits":          {"５５００－００００－１２３４", "550000001234"},
		"full-width letters":         {"ｅｅ１２３４５６７８５ｋｒ", "EE123456785KR"},
		"lower case":                 {"ee123456785kr", "EE123456785KR"},
		"en and em dash":             {"5500–0000—1234", "550000001234"},
		"minus":                      {"5500\u22120000\u22121234", "550000001234"},
		"superscript minus":          {"5500\u207b0000", "55000000"},
		"non-breaking hyphen":        {"5500\u20110000\u20101234", "550000001234"},
		"small hyphen":               {"5500\ufe630000", "55000000"},
		"long sound mark":            {"5500ー0000ー1234", "550000001234"},
		"half-width sound mark":      {"5500ｰ0000", "55000000"},
		"circled digits":             {"①②③", "123"},
		"an inner apostrophe stays":  {"55'00", "55'00"},
		"other punctuation stays":    {"5500/0000_1234.5", "5500/0000_1234.5"},
		"Korean stays":               {"운송장 5500", "운송장5500"},
		"decomposed Korean composes": {"\u110b\u116e\u11ab", "운"},
		"control characters stay":    {"5500\x000000", "5500\x000000"},
		"scientific notation stays":  {"5.5e+11", "5.5E+11"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := number.Normalize(tc.in); got != tc.want {
				t.Errorf("Normalize(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestNobodyTypedThat(t *testing.T) {
	for length, normal := range map[int]bool{1024: true, 1025: false} {
		text := strings.Repeat("-", length-1) + "5"
		if got := number.Normalize(text); (got == "5") != normal || !normal && got != text {
			t.Errorf("%d bytes become %d", length, len(got))
		}
	}
}

func TestNormalizeAllocatesNothingForNormalNumbers(t *testing.T) {
	for _, s := range []string{"", "550000001234", "EE123456785KR", "1Z0000000000000123"} {
		if n := testing.AllocsPerRun(100, func() { number.Normalize(s) }); n != 0 {
			t.Errorf("Normalize(%q) allocates %v times, want 0", s, n)
		}
	}
}

func TestEveryUnicodeDashAndSpaceIsRemoved(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.Is(unicode.Pd, r) && !unicode.Is(unicode.Zs, r) {
			continue
		}
		if got := number.Normalize("12" + string(r) + "34"); got != "1234" {
			t.Errorf("Normalize with %U in it = %q, want 1234", r, got)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{
		"", "550000001234", "5500-0000-1234", "'００１２", "ー\u3000−", "\ufeffee12", "\u00b4\u0301", "''12", "'-'1",
		"ß", "ŉ", "\u0345", "ı", "ſ", "a\u200d\u0301", "\xff\xfe", "ﷺ", "½", "\u1100\u200b\u1161",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := number.Normalize(s)
		if max(len(s), 2*len(once)) > 1024 {
			return // not worth the work, says Normalize
		}
		if twice := number.Normalize(once); twice != once {
			t.Errorf("Normalize(%q) = %q, and of that %q", s, once, twice)
		}
		if i := strings.IndexFunc(once, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || r == 'ー'
		}); i >= 0 {
			t.Errorf("Normalize(%q) = %q keeps a space, dash or invisible character at %d", s, once, i)
		}
		if dashed := number.Normalize(strings.Join(strings.Split(once, ""), "-")); ascii(once) && dashed != once {
			t.Errorf("dashes between the characters of %q gave %q", once, dashed)
		}
	})
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
