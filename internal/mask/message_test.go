package mask_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/internal/mask"
)

func TestSecrets(t *testing.T) {
	for name, tc := range map[string]struct {
		text    string
		secrets []string
		want    string
	}{
		"none":             {"bad key", nil, "bad key"},
		"empty secret":     {"bad key", []string{""}, "bad key"},
		"one":              {"key s3cret refused", []string{"s3cret"}, "key *** refused"},
		"twice":            {"s3cret and s3cret", []string{"s3cret"}, "*** and ***"},
		"several":          {"abc:def", []string{"def", "abc"}, "***:***"},
		"contained":        {"key=abcdef", []string{"abc", "abcdef"}, "key=***"},
		"overlapping":      {"key=abcdef.", []string{"abcd", "cdef"}, "key=***."},
		"self-overlapping": {"aXaXa!", []string{"aXa"}, "***!"},
		"touching":         {"abcdef", []string{"abc", "def"}, "***"},
		"in a query":       {"GET /?t_key=a%2Fb%2Bc%3D", []string{"a/b+c="}, "GET /?t_key=***"},
		"in JSON":          {`{"key":"a\"b\\c"}`, []string{`a"b\c`}, `{"key":"***"}`},
		"already stars":    {"key ***", []string{"***"}, "key ***"},
		"Korean":           {"열쇠 비밀번호 거부", []string{"비밀번호"}, "열쇠 *** 거부"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mask.Secrets(tc.text, tc.secrets)
			if got != tc.want {
				t.Errorf("Secrets(%q, %q) = %q, want %q", tc.text, tc.secrets, got, tc.want)
			}
		})
	}
}

func TestLine(t *testing.T) {
	for name, tc := range map[string]struct {
		text  string
		limit int
		want  string
	}{
		"short":             {"정상", 200, "정상"},
		"empty":             {"", 200, ""},
		"at the limit":      {"가나다", 3, "가나다"},
		"cut":               {"가나다라", 3, "가나…"},
		"cut before space":  {"ab cdef", 4, "ab…"},
		"limit one":         {"가나", 1, "…"},
		"limit zero":        {"가나", 0, ""},
		"negative limit":    {"가나", -1, ""},
		"line breaks":       {"a\r\n\r\nb\tc", 200, "a b c"},
		"around":            {"\n a \n", 200, "a"},
		"inner spaces stay": {"a  b", 200, "a  b"},
		"terminal escape":   {"\x1b[31mred\x1b[0m\x00", 200, "[31mred[0m"},
		"direction marks":   {"a\u202eb\u200bc\ufeff", 200, "abc"},
		"line separator":    {"a\u2028b\u0085c", 200, "a b c"},
		"invalid UTF-8":     {"a\xffb\ufffdc", 200, "ab\ufffdc"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mask.Line(tc.text, tc.limit); got != tc.want {
				t.Errorf("Line(%q, %d) = %q, want %q", tc.text, tc.limit, got, tc.want)
			}
		})
	}
}

func TestCleanMessagesAllocateNothing(t *testing.T) {
	const text = "존재하지 않는 운송장입니다. code 104"
	secrets := []string{"s3cret-of-the-account", "another"}
	if n := testing.AllocsPerRun(100, func() { mask.Line(mask.Text(mask.Secrets(text, secrets), ""), 200) }); n != 0 {
		t.Errorf("a clean message costs %v allocations, want 0", n)
	}
}

func FuzzSecrets(f *testing.F) {
	f.Add("key abc refused", "abc", "b")
	f.Add("a%2Fb", "a/b", "")
	f.Fuzz(func(t *testing.T, text, one, two string) {
		got := mask.Secrets(text, []string{one, two})
		for _, secret := range []string{one, two} {
			// Secrets with stars may meet the stars that we write.
			if secret != "" && !strings.Contains(secret, "*") && strings.Contains(got, secret) {
				t.Errorf("Secrets(%q) = %q keeps %q", text, got, secret)
			}
		}
	})
}

func FuzzLine(f *testing.F) {
	f.Add("a\nb", 2)
	f.Add("010-12\u200b34-5678", 12)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		got := mask.Line(text, limit)
		if n := utf8.RuneCountInString(got); n > max(0, limit) {
			t.Errorf("Line(%q, %d) = %q has %d characters", text, limit, got, n)
		}
		if strings.ContainsFunc(got, unicode.IsControl) || !utf8.ValidString(got) {
			t.Errorf("Line(%q, %d) = %q is no clean line", text, limit, got)
		}
		if twice := mask.Line(got, limit); twice != got {
			t.Errorf("Line(%q, %d) = %q, and of that %q", text, limit, got, twice)
		}
		if scrubbed := mask.Line(mask.Text(text, ""), 200); survivor.MatchString(scrubbed) && !strings.Contains(text, "02") {
			t.Errorf("a phone number of %q survives in %q", text, scrubbed)
		}
	})
}
