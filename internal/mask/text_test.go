package mask_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
)

var texts = []struct{ name, in, own, want string }{
	{name: "CJ driver and window", in: "고객님의 상품을 배송할 예정입니다.(17~19시)(배송담당:홍길동 010-1234-5678)",
		want: "고객님의 상품을 배송할 예정입니다.(17~19시)(배송담당:홍*동 010-****-5678)"},
	{name: "CJ bare mobile", in: "고객님의 상품이 배송완료 되었습니다.(담당사원:홍길동 01012345678)",
		want: "고객님의 상품이 배송완료 되었습니다.(담당사원:홍*동 010****5678)"},
	{name: "spaces around the colon", in: "배송출발 (배송사원 : 홍길동)", want: "배송출발 (배송사원 : 홍*동)"},
	{name: "no colon", in: "집배원 김철 031-1234-5678", want: "집배원 김* 031-****-5678"},
	{name: "safe number", in: "안심번호 0505-1234-5678 로 연락", want: "안심번호 0505-****-5678 로 연락"},
	{name: "waybill number", in: "운송장 551234567891 등록", want: "운송장 551234567891 등록"},
	{name: "service line", in: "고객센터 1588-0000", want: "고객센터 1588-0000"},
	{name: "label without a name", in: "(배송담당:) (16~18시)", want: "(배송담당:) (16~18시)"},
	{name: "기사 without a colon", in: "배송기사 방문예정", want: "배송기사 방문예정"},

	{name: "기사 with a colon", in: "배송기사: 홍길동", want: "배송기사: 홍*동"},
	{name: "담당자, full-width colon", in: "담당자：남궁민수(영업소)", want: "담당자：남**수(영업소)"},
	{name: "담당자 without a colon", in: "담당자 확인중", want: "담당자 확인중"},
	{name: "particle behind 담당자", in: "배송담당자에게 연락 바랍니다", want: "배송담당자에게 연락 바랍니다"},
	{name: "overlapping labels", in: "배송담당사원 : 홍길동", want: "배송담당사원 : 홍*동"},
	{name: "배송담당자", in: "배송담당자 홍길동 배송중", want: "배송담당자 홍*동 배송중"},
	{name: "labels in a row", in: "배송담당 기사 홍길동", want: "배송담당 기사 홍*동"},
	{name: "label ends the text", in: "집배원", want: "집배원"},
	{name: "no space", in: "배송담당홍길동", want: "배송담당홍*동"},
	{name: "digits right behind the name", in: "배달원 홍길동01012345678", want: "배달원 홍*동010****5678"},
	{name: "comma behind the name", in: "배송사원:홍길동,010.1234.5678", want: "배송사원:홍*동,010.****.5678"},
	{name: "title behind the name", in: "담당사원:남궁민수기사님", want: "담당사원:남**수기사님"},
	{name: "another label is no name", in: "배송담당 연락처: 010-1234-5678", want: "배송담당 연락처: 010-****-5678"},
	{name: "one syllable is no name", in: "집배원이 방문", want: "집배원이 방문"},
	{name: "too long for a name", in: "집배원 방문예정입니다", want: "집배원 방문예정입니다"},
	{name: "masked by the courier", in: "배송담당:홍*동 010-****-5678", want: "배송담당:홍*동 010-****-5678"},
	{name: "two drivers", in: "집배원 김철, 배달원 이영희", want: "집배원 김*, 배달원 이*희"},
	{name: "line break", in: "배송출발\n(13∼15시)\n배송사원\n홍길동", want: "배송출발\n(13∼15시)\n배송사원\n홍*동"},
	{name: "invisible character in a name", in: "집배원 홍\u200b길동", want: "집배원 홍\u200b*동"},

	{name: "Seoul", in: "문의 02-123-4567, 02-1234-5678", want: "문의 02-***-4567, 02-****-5678"},
	{name: "Seoul in parentheses", in: "(02)123-4567", want: "(02)***-4567"},
	{name: "Seoul bare", in: "021234567", want: "02***4567"},
	{name: "070", in: "070 1234 5678", want: "070 **** 5678"},
	{name: "old mobile", in: "011-234-5678", want: "011-***-5678"},
	{name: "three-digit middle of a safe number", in: "0507-123-4567", want: "0507-***-4567"},
	{name: "0504 bare, eleven digits", in: "05041234567", want: "0504***4567"},
	{name: "050 with four and four", in: "050-1234-5678", want: "050-****-5678"},
	{name: "country code", in: "+82-10-1234-5678 / +82 2 123 4567 / +821012345678",
		want: "+82-10-****-5678 / +82 2 *** 4567 / +8210****5678"},
	{name: "country code with the zero", in: "+82 (0)10-1234-5678, +82 010 1234 5678",
		want: "+82 (0)10-****-5678, +82 010 **** 5678"},
	{name: "country code without plus", in: "82-10-1234-5678", want: "82-10-****-5678"},
	{name: "international prefix", in: "0082 10 1234 5678", want: "0082 10 **** 5678"},
	{name: "plus behind a digit", in: "3+821012345678", want: "3+8210****5678"},
	{name: "full width", in: "０１０－１２３４－５６７８", want: "０１０－****－５６７８"},
	{name: "other dashes", in: "010–1234—5678", want: "010–****—5678"},
	{name: "spaced dashes", in: "010 - 1234 - 5678", want: "010 - **** - 5678"},
	{name: "invisible character in a phone", in: "010-12\u200b34-5678", want: "010-**\u200b**-5678"},
	{name: "control character in a phone", in: "010-1234-\x005678", want: "010-****-\x005678"},
	{name: "invisible character before a phone", in: "00\x01010-1234-5678", want: "00\x01010-****-5678"},
	{name: "broken UTF-8 in a phone", in: "010-12\xff34-5678", want: "010-*****-5678"},
	{name: "two phones share a block", in: "010-1234-0505-123-4567", want: "010-****-0505-***-4567"},
	{name: "second phone laid bare by the first", in: "01012340505-123-4567", want: "010****0505-***-4567"},
	{name: "longer run of digits", in: "9010123456789", want: "9010123456789"},
	{name: "twelve digits with 82", in: "821012345678", want: "821012345678"},
	{name: "service lines", in: "1544-1234, 1688 0000, 18990000", want: "1544-1234, 1688 0000, 18990000"},
	{name: "service line behind a time", in: "09:02 1588-0000", want: "09:02 1588-0000"},
	{name: "service line behind a date", in: "2024.05.02 1588-0000", want: "2024.05.02 1588-0000"},
	{name: "dates and times", in: "2024-03-02 13:05:10", want: "2024-03-02 13:05:10"},

	{name: "own number like a safe number", in: "송장 050512345678 등록", own: "050512345678", want: "송장 050512345678 등록"},
	{name: "own number with dashes", in: "송장 0505-1234-5678 등록", own: "050512345678", want: "송장 0505-1234-5678 등록"},
	{name: "own given with dashes", in: "송장 050512345678", own: "0505-1234-5678", want: "송장 050512345678"},
	{name: "own within letters", in: "송장 AB0212345678", own: "AB0212345678", want: "송장 AB0212345678"},
	{name: "own and a phone", in: "0212345678 / 02-9876-5432", own: "0212345678", want: "0212345678 / 02-****-5432"},
	{name: "another's number like a safe number", in: "050512345678", own: "050599999999", want: "0505****5678"},
	{name: "short own protects nothing", in: "010-1234-5678", own: "1234", want: "010-****-5678"},

	{name: "empty"},
	{name: "invalid UTF-8", in: "\xff010-1234-5678\xfe", want: "\xff010-****-5678\xfe"},
}

func TestText(t *testing.T) {
	for _, tc := range texts {
		t.Run(tc.name, func(t *testing.T) {
			if got := mask.Text(tc.in, tc.own); got != tc.want {
				t.Errorf("Text(%q)\n got %q\nwant %q", tc.in, got, tc.want)
			}
			checkScrubbed(t, tc.in, tc.own)
		})
	}
}

func TestTextAllocatesNothingWithoutPersons(t *testing.T) {
	for _, text := range []string{
		"", "배송완료", "배송출발(17~19시)", "고객센터 1588-0000", "운송장 551234567891 등록", "배송기사 방문예정", "옥천HUB",
	} {
		if n := testing.AllocsPerRun(100, func() { mask.Text(text, "551234567891") }); n != 0 {
			t.Errorf("Text(%q) allocates %v times, want 0", text, n)
		}
	}
}

// survivor is written apart from the code under test: what must not be found in a scrubbed text.
var survivor = regexp.MustCompile(
	`(?:^|[^0-9])(?:01[016789]|070|050[0-9]|02|0[3-6][1-9])[-. ]?[0-9]{3,4}[-. ]?[0-9]{4}(?:[^0-9]|$)`)

// window is the grammar of the driver's time window, for the same reason.
var window = regexp.MustCompile(`[0-9]{1,2}(?::[0-9]{2}|\s*시)?\s*[~∼～〜–-]\s*[0-9]{1,2}(?::[0-9]{2}|\s*시)`)

// checkScrubbed asserts what holds for every text.
func checkScrubbed(t *testing.T, in, own string) {
	t.Helper()
	out := mask.Text(in, own)
	if twice := mask.Text(out, own); twice != out {
		t.Errorf("scrubbing %q twice gives %q, once %q", in, twice, out)
	}
	if own == "" && utf8.ValidString(in) {
		if found := survivor.FindString(out); found != "" && !strings.Contains(in, "02 1") {
			t.Errorf("%q survives in %q", found, out)
		}
	}
	checkOnlyStars(t, in, out)
	before, after := window.FindString(in), window.FindString(out)
	if before != after {
		t.Errorf("window %q of %q became %q", before, in, after)
	}
	day := time.Date(2024, 3, 2, 9, 0, 0, 0, time.FixedZone("KST", 9*3600))
	w1, ok1 := tracking.ParseWindow(in, day)
	w2, ok2 := tracking.ParseWindow(out, day)
	if ok1 != ok2 || !w1.Start.Equal(w2.Start) || !w1.End.Equal(w2.End) {
		t.Errorf("ParseWindow differs before and after scrubbing of %q: %v %v, %v %v", in, w1, ok1, w2, ok2)
	}
}

// checkOnlyStars asserts that out is in, character by character, but for stars.
func checkOnlyStars(t *testing.T, in, out string) {
	t.Helper()
	for len(in) > 0 && len(out) > 0 {
		a, n := utf8.DecodeRuneInString(in)
		b, m := utf8.DecodeRuneInString(out)
		if in[:n] != out[:m] && b != '*' {
			t.Fatalf("%q became %q", a, b)
		}
		in, out = in[n:], out[m:]
	}
	if in != "" || out != "" {
		t.Fatalf("%q and %q are left over: the length changed", in, out)
	}
}

// TestNoPhoneSurvives writes phones of every form into texts of every kind and looks for their middle block.
func TestNoPhoneSurvives(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("0123456789"[random.IntN(10)])
		}
		return b.String()
	}
	before := []string{"", " ", "(", "배송완료 ", "기사:홍길동 ", "A", "~", ":", "/", "17~19시 ", "1588-0000, ", "\n", "시"}
	after := []string{"", " ", ")", " 배송완료", "(기사:홍길동)", "A", "~", ":", "/", " 17~19시", ", 1588-0000", "\n", "시"}
	for range 5000 {
		area := pick("010", "011", "016", "017", "018", "019", "070", "0502", "0505", "0507", "050", "02", "031", "051", "064",
			"+82-10", "+82 10", "+8210", "+82-2", "+82 (0)10", "+82 010", "0082-10", "82-10")
		middle, last := digits(3+random.IntN(2)), digits(4)
		sep := pick("-", ".", " ", "", "–", " - ")
		in := pick(before...) + area + sep + middle + sep + last + pick(after...)
		out := mask.Text(in, "")
		want := strings.Replace(in, area+sep+middle+sep+last, area+sep+strings.Repeat("*", len(middle))+sep+last, 1)
		if sep == "" && strings.Contains(area, "50") {
			// 050 + 1234 + 5678 and 0501 + 234 + 5678 are the same digits: three hidden ones are enough.
			if strings.Count(out, "*") < 3 {
				t.Fatalf("Text(%q) = %q hides no block", in, out)
			}
		} else if strings.Contains(in, "홍길동") {
			want = strings.Replace(want, "홍길동", "홍*동", -1)
			if out != want {
				t.Fatalf("Text(%q) = %q, want %q", in, out, want)
			}
		} else if out != want {
			t.Fatalf("Text(%q) = %q, want %q", in, out, want)
		}
		checkScrubbed(t, in, "")
	}
}

// TestOwnNumberSurvives covers every bare number of the lengths that phones have, beside real phones.
func TestOwnNumberSurvives(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		own := []string{"010", "0505", "02", "031", "070"}[random.IntN(5)]
		for len(own) < 10+random.IntN(3) {
			own += string(rune('0' + random.IntN(10)))
		}
		for _, in := range []string{own, "운송장 " + own + " 등록", "010-1234-5678 " + own, own + "(010-1234-5678)"} {
			if out := mask.Text(in, own); !strings.Contains(out, own) {
				t.Fatalf("Text(%q) = %q lost the parcel's own number", in, out)
			}
		}
	}
}

func FuzzText(f *testing.F) {
	for _, tc := range texts {
		f.Add(tc.in, tc.own)
	}
	f.Add("15:00~17:00 010-1234-5678", "")
	f.Add("집배원 집배원 기사:기사 담당자", "")
	f.Fuzz(func(t *testing.T, in, own string) { checkScrubbed(t, in, own) })
}
