package courier_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// numberRow holds samples of one form of a courier's numbers. Invalid ones miss this form; they may fit another.
type numberRow struct {
	Courier        tracking.Courier
	Lengths        string
	Severity       string
	Confidence     string
	Valid, Invalid []string
}

func numberRows(t *testing.T) []numberRow {
	t.Helper()
	data, err := os.ReadFile("testdata/numbers.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []numberRow
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSamplesOfEveryForm(t *testing.T) {
	rows := numberRows(t)
	if len(rows) != 22 {
		t.Errorf("%d rows of samples, want 22", len(rows))
	}
	for _, row := range rows {
		for _, number := range row.Valid {
			if f := courier.Check(row.Courier, number); f.Severity != courier.OK || f.Text != "" {
				t.Errorf("%s %s: %s %q, want ok", row.Courier, number, f.Severity, f.Text)
			}
			if !detected(row.Courier, number) {
				t.Errorf("%s is not among the candidates for its %s", row.Courier, number)
			}
		}
		for _, number := range row.Invalid {
			want := severityOfMiss(row, rows, number)
			if f := courier.Check(row.Courier, number); f.Severity != want {
				t.Errorf("%s %s: %s (%s), want %s", row.Courier, number, f.Severity, f.Text, want)
			}
		}
	}
}

// severityOfMiss works the severity out from the samples' own table, apart from the directory's.
func severityOfMiss(missed numberRow, rows []numberRow, number string) courier.Severity {
	letters := strings.Trim(number, "0123456789") != ""
	digitsOnly, sure, sameLength, warnAny, warnLength := true, false, false, false, false
	for _, row := range rows {
		if row.Courier != missed.Courier {
			continue
		}
		if slices.Contains(row.Valid, number) {
			return courier.OK
		}
		shortest, longest, ranged := strings.Cut(row.Lengths, "-")
		if !ranged {
			longest = shortest
		}
		low, _ := strconv.Atoi(shortest)
		high, _ := strconv.Atoi(longest)
		digitsOnly = digitsOnly && strings.Trim(row.Valid[0], "0123456789") == ""
		sure = sure || row.Confidence != "unsure"
		warnAny = warnAny || row.Severity == "warning"
		if low <= len(number) && len(number) <= high {
			sameLength = true
			warnLength = warnLength || row.Severity == "warning"
			if row.Lengths != missed.Lengths && !letters {
				// It misses the row it is a sample against, and has the length of another without a check.
				return courier.OK
			}
		}
	}
	switch {
	case letters && digitsOnly && sure:
		return courier.Invalid
	case sameLength && warnLength, !sameLength && warnAny:
		return courier.Warning
	}
	return courier.OK
}

func detected(c tracking.Courier, number string) bool {
	return slices.ContainsFunc(courier.Detect(number), func(x courier.Candidate) bool { return x.Courier == c })
}

func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		courier tracking.Courier
		number  string
		want    courier.Finding
	}{
		"fits":               {courier.CJ, "550000001234", courier.Finding{}},
		"not normalised yet": {courier.CJ, " 5500-0000-1234", courier.Finding{}},
		"wrong courier picked": {courier.CJ, "550000001235", courier.Finding{
			Severity: courier.Warning, Cause: courier.CauseCheckDigit,
			Text: "fails CJ대한통운 (check digit), would fit 롯데택배 or 한진택배",
			Fits: []tracking.Courier{courier.Lotte, courier.Hanjin},
		}},
		"the other way round": {courier.Lotte, "550000001234", courier.Finding{
			Severity: courier.Warning, Cause: courier.CauseCheckDigit,
			Text: "fails 롯데택배 (check digit), would fit CJ대한통운 or CU 편의점택배",
			Fits: []tracking.Courier{courier.CJ, courier.CUPost},
		}},
		"nobody's": {courier.CJ, "550000001239", courier.Finding{
			Severity: courier.Warning, Cause: courier.CauseCheckDigit, Text: "fails CJ대한통운 (check digit)",
		}},
		"length": {courier.CJ, "6000000000123", courier.Finding{
			Severity: courier.Warning, Cause: courier.CauseLength,
			Text: "fails CJ대한통운 (length), would fit 우체국택배 or 대신택배",
			Fits: []tracking.Courier{courier.Post, courier.Daesin},
		}},
		"lost zero": {courier.CJ, "10000001234", courier.Finding{
			Severity: courier.Warning, Cause: courier.CauseLength, LostZero: true,
			Text: "fails CJ대한통운 (length), would fit 로젠택배, would fit with a zero in front",
			Fits: []tracking.Courier{courier.Logen},
		}},
		"letters at a courier of digits": {courier.Post, "EE123456785KR", courier.Finding{
			Severity: courier.Invalid, Cause: courier.CauseLetter,
			Text: "fails 우체국택배 (letter among digits), would fit EMS", Fits: []tracking.Courier{courier.EMS},
		}},
		"UPS by its own letters": {courier.CJ, "1Z0000000000000123", courier.Finding{
			Severity: courier.Invalid, Cause: courier.CauseLetter,
			Text: "fails CJ대한통운 (letter among digits), would fit UPS", Fits: []tracking.Courier{courier.UPS},
		}},
		"shape": {courier.EMS, "6000000000123", courier.Finding{
			Severity: courier.Warning, Cause: courier.CauseShape,
			Text: "fails EMS (letters and digits), would fit 우체국택배 or 대신택배",
			Fits: []tracking.Courier{courier.Post, courier.Daesin},
		}},
		"S10": {courier.EMS, "EE123456786KR", courier.Finding{
			Severity: courier.Warning, Cause: courier.CauseCheckDigit, Text: "fails EMS (check digit)",
		}},
		"letters where all is unsure": {courier.Kyungdong, "A50000012", courier.Finding{}},
		"length where all is unsure":  {courier.Ilyang, "12345", courier.Finding{}},
		"unsure check digit":          {courier.Hanjin, "5500000016", courier.Finding{}},
		"no known form":               {courier.Chunil, "A1", courier.Finding{}},
		"no known form, odd character": {courier.Chunil, "A_1", courier.Finding{
			Severity: courier.Invalid, Cause: courier.CauseCharacter, Text: "fails 천일택배 (neither digit nor letter)",
		}},
		"no known form, empty": {courier.Chunil, " - ", courier.Finding{
			Severity: courier.Invalid, Cause: courier.CauseEmpty, Text: "fails 천일택배 (no number)",
		}},
		"Korean": {courier.CJ, "운송장번호", courier.Finding{
			Severity: courier.Invalid, Cause: courier.CauseCharacter, Text: "fails CJ대한통운 (neither digit nor letter)",
		}},
		"scientific notation": {courier.CJ, "5.5E+11", courier.Finding{
			Severity: courier.Invalid, Cause: courier.CauseCharacter, Text: "fails CJ대한통운 (neither digit nor letter)",
		}},
		"a host's own": {"truckers", "T-1/ä", courier.Finding{}},
		"a host's own, empty": {"truckers", " ", courier.Finding{
			Severity: courier.Invalid, Cause: courier.CauseEmpty, Text: "no number",
		}},
		"passed through": {"trackerdelivery:kr.new", "T-1", courier.Finding{}},
		"dummy":          {courier.Dummy, "2024-03-02T12:00:00Z", courier.Finding{}},
		"dummy, any":     {courier.Dummy, "test", courier.Finding{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, courier.Check(tc.courier, tc.number)); diff != "" {
				t.Errorf("Check(%s, %q), -want +got:\n%s", tc.courier, tc.number, diff)
			}
		})
	}
}

// TestCheckDigitsCatchSlips holds the check digits to what their formulas promise.
func TestEndlessNumbersAreNobodys(t *testing.T) {
	for _, c := range []tracking.Courier{courier.CJ, courier.Kyungdong, courier.Dummy, "sweettracker:04", "of-the-host"} {
		for length, want := range map[int]courier.Severity{64: courier.Warning, 65: courier.Invalid, 10 << 20: courier.Invalid} {
			f := courier.Check(c, strings.Repeat("5", length))
			if f.Severity > want || want == courier.Invalid && (f.Severity != want || f.Cause != courier.CauseLength || len(f.Text) > 100) {
				t.Errorf("%s, %d digits: %v %v %.100q", c, length, f.Severity, f.Cause, f.Text)
			}
		}
	}
	_, err := courier.Prepare("x", "query", tracking.Query{Courier: courier.CJ, Number: strings.Repeat("가", 1<<20)})
	var e *tracking.Error
	if !errors.As(err, &e) || e.Kind != tracking.ErrInvalidNumber || e.Last4 != "" {
		t.Errorf("got %v", err)
	}
}

func TestCheckDigitsCatchSlips(t *testing.T) {
	for _, tc := range []struct {
		courier tracking.Courier
		number  string
		from    int // the first digit that takes part
	}{{courier.CJ, "551234567891", 2}, {courier.Lotte, "551234567892", 0}, {courier.EMS, "EE000000014KR", 2}} {
		for i := range len(tc.number) {
			if tc.number[i] > '9' {
				continue
			}
			for d := byte('0'); d <= '9'; d++ {
				if d == tc.number[i] {
					continue
				}
				slip := tc.number[:i] + string(d) + tc.number[i+1:]
				apart := max(d, tc.number[i]) - min(d, tc.number[i])
				missed := i < tc.from || tc.courier != courier.EMS && apart == 7 && i < len(tc.number)-1
				if got := courier.Check(tc.courier, slip).Severity; (got == courier.OK) != missed {
					t.Errorf("%s %s for %s: %s", tc.courier, slip, tc.number, got)
				}
			}
		}
	}
}

func TestCJAndLotteAgreeOnFifteenBeginnings(t *testing.T) {
	agree := 0
	for prefix := range 100 {
		both := 0
		for _, tail := range []string{"0000001234", "0000000453", "1234567891"} {
			number := strconv.Itoa(100 + prefix)[1:] + tail
			if courier.Check(courier.CJ, number).Severity != courier.OK {
				t.Fatalf("%s is no number of CJ", number)
			}
			if courier.Check(courier.Lotte, number).Severity == courier.OK {
				both++
			}
		}
		if both == 3 {
			agree++
		} else if both != 0 {
			t.Errorf("beginning %02d agrees on %d of 3 numbers", prefix, both)
		}
	}
	if agree != 15 {
		t.Errorf("%d beginnings agree, want 15", agree)
	}
}

func TestSeverityAndCauseHaveNames(t *testing.T) {
	if s := courier.Invalid.String(); s != "invalid" {
		t.Errorf("Invalid is %q", s)
	}
	if s := courier.CauseCheckDigit.String(); s != "check digit" {
		t.Errorf("CauseCheckDigit is %q", s)
	}
	if courier.Severity(9).String() != "Severity(9)" || courier.Cause(99).String() != "Cause(99)" {
		t.Error("values without a name show their number")
	}
}
