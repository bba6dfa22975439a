package mask

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRemark(t *testing.T) {
	secrets := []string{"sk_live_canary/1", ""}
	for in, want := range map[string]string{
		"":                                           "",
		"권한이 없습니다":                                   "권한이 없습니다",
		"key sk_live_canary/1 !":                     "key *** !",
		"sk_live_\u200bcanary/1":                     "***",
		"at https://api.example/x?key=1 now":         "at (address) now",
		"550000001072 미등록":                           "…1072 미등록",
		"5500-0000-1072 미등록":                         "…1072 미등록",
		"5500\u22120000\u30fc1072":                   "…1072",
		"５５００００００１０７２":                               "…1072",
		"5500\u200b00001072":                         "…1072",
		"(5500-0000-1072)":                           "(…1072)",
		"EE123456789KR":                              "EE…6789KR",
		"2026-03-02 09:10:11, 1,000,000원, 1588-0000": "2026-03-02 09:10:11, 1,000,000원, 1588-0000",
		"배송담당:홍길동 010-1234-5678":                     "배송담당:홍*동 010-****-5678",
		"line\r\nend\x00":                            "line end",
		strings.Repeat("가", 60):                      strings.Repeat("가", 49) + "…",
	} {
		got := Remark(in, secrets, 50)
		if got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
		if again := Remark(got, secrets, 50); again != got {
			t.Errorf("%q becomes %q the second time", got, again)
		}
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "NOT_FOUND": "NOT_FOUND", "104": "104", "a/b-c.d": "a/b-c.d", "two words": "", "운송장": "", "line\nend": "",
		"550000001072": "", "5500-0000-1072": "", "010-1234-5678": "", "sk_live": "", "xx-sk_live-xx": "", strings.Repeat("A", 61): "",
	} {
		if got := Code(in, []string{"sk_live"}, 60); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzRemark(f *testing.F) {
	f.Add("배송담당:홍길동 010-1234-5678 at https://x/y 5500-0000-1072 \xff\x00key")
	f.Add("0-0-0-0-0-0-0-0-0")
	f.Fuzz(func(t *testing.T, text string) {
		got := Remark(text, []string{"secret-key"}, 200)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 200 || strings.Contains(got, "secret-key") || strings.Contains(got, "://") {
			t.Errorf("%q becomes %q", text, got)
		}
		if Numbers(got) != got {
			t.Errorf("%q still holds a number: %q", text, got)
		}
	})
}
