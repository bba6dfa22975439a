package mask_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/internal/mask"
)

var maskers = map[string]func(string) string{
	"name": mask.Name, "phone": mask.Phone, "waybill": mask.Waybill, "address": mask.Address, "email": mask.Email,
	"pccc": mask.PCCC, "detail": mask.Whole, "memo": mask.Whole,
	"surname": mask.Surname, "phone prefix": mask.PhonePrefix, "anything": mask.Stars,
}

var fields = []struct{ field, in, want string }{
	{"name", "홍길동", "홍*동"},
	{"name", "김철", "김*"},
	{"name", "남궁민수", "남**수"},
	{"name", "김", "*"},
	{"name", "John Smith", "J*** S****"},
	{"phone", "010-1234-5678", "010-****-5678"},
	{"phone", "01012345678", "010****5678"},
	{"phone", "011-234-5678", "011-***-5678"},
	{"phone", "+82-10-1234-5678", "+82-10-****-5678"},
	{"phone", "02-123-4567", "02-***-4567"},
	{"phone", "031-1234-5678", "031-****-5678"},
	{"phone", "0505-1234-5678", "0505-****-5678"},
	{"phone", "12", "**"},
	{"address", "서울특별시 강남구 테헤란로 123", "서울특별시 강남구 테헤란로 ***"},
	{"detail", "101동 1001호", "********"},
	{"memo", "공동현관 1234", "********"},
	{"email", "abcdef@naver.com", "ab****@naver.com"},
	{"email", "ab@b.kr", "a*@b.kr"},
	{"email", "a@b.kr", "*@b.kr"},
	{"pccc", "P123456789012", "P************"},
	{"waybill", "551234567891", "5512****7891"},

	{"name", "홍 길동", "홍 *동"},
	{"name", "Jean-Luc O'Brien", "J******* O******"},
	{"name", "José", "J***"},
	{"name", "홍길동John", "*******"},
	{"name", "홍길동1", "****"},
	{"name", "顺丰", "**"},
	{"name", "홍*동", "홍*동"},
	{"phone", " 010-1234-5678 ", " 010-****-5678 "},
	{"phone", "010-1234-5678, 010-9999-8888", "****************************"},
	{"phone", "1588-0000", "*********"},
	{"phone", "010-****-5678", "010-****-5678"},
	{"phone", "010-**-5678", "***********"},
	{"phone", "홍길동*", "****"},
	{"address", "경기도 성남시 분당구 판교역로146번길 20 101동 1001호", "경기도 성남시 분당구 판교역로146번길 ***"},
	{"address", "서울 강남구 역삼1동 123-4", "서울 강남구 역삼1동 ***"},
	{"address", "세종특별자치시 한누리대로 2130", "세종특별자치시 한누리대로 ***"},
	{"address", "경기 용인시 처인구 모현읍 능원로 12", "경기 용인시 처인구 모현읍 능원로 ***"},
	{"address", "충남 부여군 규암면 외리 12", "충남 부여군 규암면 ***"},
	{"address", "서울특별시 강남구 테헤란로", "서울특별시 강남구 테헤란로"},
	{"address", "서울 홍길동 123", "**********"},
	{"address", "서울특별시 강남구 101동 1001호", "********************"},
	{"address", "12 Main Street", "**************"},
	{"email", "홍길동", "***"},
	{"email", "a@b@c.kr", "********"},
	{"email", "a b@c.kr", "********"},
	{"email", "@c.kr", "*****"},
	{"email", "abc@localhost", "*************"},
	{"pccc", "P12345678901", "************"},
	{"pccc", "1234567890123", "*************"},
	{"waybill", "123456789", "*********"},
	{"waybill", "1234567890", "1234**7890"},

	{"surname", "홍길동", "홍**"},
	{"surname", "김철", "김*"},
	{"surname", "남궁민수", "남***"},
	{"surname", "김", "*"},
	{"surname", "홍 길동", "홍 **"},
	{"surname", "홍*동", "홍**"},
	{"surname", "John Smith", "J*** *****"},
	{"surname", "홍길동1", "****"},
	{"surname", "顺丰", "**"},
	{"phone prefix", "010-1234-5678", "010-****-****"},
	{"phone prefix", "01012345678", "010********"},
	{"phone prefix", "010-****-5678", "010-****-****"},
	{"phone prefix", "010-****-****", "010-****-****"},
	{"phone prefix", "+82-10-1234-5678", "+82-10-****-****"},
	{"phone prefix", "02-123-4567", "02-***-****"},
	{"phone prefix", "02) 123.4567", "02) ***.****"},
	{"phone prefix", "0505-1234-5678", "0505-****-****"},
	{"phone prefix", "０１０－１２３４－５６７８", "０１０－****－****"},
	{"phone prefix", "1588-0000", "*********"},
	{"phone prefix", "12", "**"},
	{"anything", "홍길동 010", "*******"},
	{"anything", "a\xffb", "***"},
}

func TestFields(t *testing.T) {
	for _, tc := range fields {
		if got := maskers[tc.field](tc.in); got != tc.want {
			t.Errorf("%s(%q) = %q, want %q", tc.field, tc.in, got, tc.want)
		}
	}
}

func TestEmptyFieldsStayEmpty(t *testing.T) {
	for field, hide := range maskers {
		if got := hide(""); got != "" {
			t.Errorf("%s of nothing = %q, want nothing", field, got)
		}
		if n := testing.AllocsPerRun(100, func() { hide("") }); n != 0 {
			t.Errorf("%s of nothing allocates %v times", field, n)
		}
	}
}

func FuzzFields(f *testing.F) {
	for _, tc := range fields {
		f.Add(tc.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for field, hide := range maskers {
			out := hide(in)
			if twice := hide(out); twice != out && utf8.ValidString(in) {
				t.Errorf("%s(%q) = %q, and of that %q", field, in, out, twice)
			}
			if in != "" && out == in && !hasNothingToHide(field, in) {
				t.Errorf("%s(%q) hides nothing", field, in)
			}
		}
	})
}

// hasNothingToHide knows the values that a masker may give back: masked ones, blank ones, and what its rule keeps.
func hasNothingToHide(field, s string) bool {
	switch {
	case strings.Contains(s, "*"), strings.TrimSpace(s) == "":
		return true
	case field == "address":
		return strings.ContainsAny(s, "로길동가읍면")
	case field == "name":
		return onlyInitials(s)
	case field == "surname":
		return onlyInitials(s) && len(strings.Fields(s)) == 1
	}
	return false
}

func onlyInitials(s string) bool {
	for word := range strings.FieldsSeq(s) {
		if utf8.RuneCountInString(word) > 1 {
			return false
		}
	}
	return true
}
