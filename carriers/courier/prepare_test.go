package courier_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func TestNormalize(t *testing.T) {
	for _, tc := range []struct {
		courier      tracking.Courier
		number, want string
	}{
		{courier.CJ, "5500-0000-1234", "550000001234"},
		{courier.EMS, "ee 123456785 kr", "EE123456785KR"},
		{courier.Post, "６０００－０００－０００１２３", "6000000000123"},
		{courier.Dummy, "2024-03-02t12:00:00z", "2024-03-02t12:00:00z"},
		{"truckers", "T-1", "T-1"},
		{"trackerdelivery:kr.new", "t-1", "t-1"},
	} {
		if got := courier.Normalize(tc.courier, tc.number); got != tc.want {
			t.Errorf("Normalize(%s, %q) = %q, want %q", tc.courier, tc.number, got, tc.want)
		}
	}
}

func TestPrepare(t *testing.T) {
	asked := tracking.Query{Courier: courier.CJ, Number: "5500-0000-1235", Ref: "order 7", Extra: []string{"5678"}, Fresh: true}
	want := asked
	want.Number = "550000001235" // its check digit fails: a warning, and the provider decides
	got, err := courier.Prepare("sweettracker", "query", asked)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		courier       tracking.Courier
		number, last4 string
		text          string
	}{
		"empty":         {courier.CJ, " - ", "", "fails CJ대한통운 (no number)"},
		"letter":        {courier.CJ, "55000000123A", "123A", "fails CJ대한통운 (letter among digits)"},
		"character":     {courier.CJ, "550000001234/5678", "", "fails CJ대한통운 (neither digit nor letter)"},
		"a name":        {courier.CJ, "홍길동 010-1234-5678", "", "fails CJ대한통운 (neither digit nor letter)"},
		"unknown empty": {"truckers", "\u00a0", "", "no number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := courier.Prepare("sweettracker", "query", tracking.Query{Courier: tc.courier, Number: tc.number})
			var e *tracking.Error
			if !errors.As(err, &e) || !errors.Is(err, tracking.ErrInvalidNumber) {
				t.Fatalf("error %v, want a *tracking.Error with ErrInvalidNumber", err)
			}
			cause := e.Err
			e.Err = nil
			want := tracking.Error{
				Carrier: "sweettracker", Op: "query", Kind: tracking.ErrInvalidNumber, Courier: tc.courier, Last4: tc.last4,
				Billed: tracking.No, Retry: tracking.RetryNever,
			}
			if *e != want {
				t.Errorf("error %#v, want %#v", *e, want)
			}
			if cause == nil || cause.Error() != tc.text {
				t.Errorf("cause %v, want %q", cause, tc.text)
			}
		})
	}
}

// FuzzPrepare holds Check, Prepare and Detect to each other, and the error to its promises.
func FuzzPrepare(f *testing.F) {
	for _, c := range []string{courier.CJ, courier.Lotte, courier.EMS, courier.UPS, courier.Kyungdong, courier.Dummy, "truckers", ""} {
		for _, number := range []string{"", "550000001234", "5500-0000-1235", "EE123456785KR", "'0001", "홍길동 010-1234-5678", "1Z\xff"} {
			f.Add(c, number)
		}
	}
	f.Fuzz(func(t *testing.T, code, number string) {
		c := tracking.Courier(code)
		q, err := courier.Prepare("x", "query", tracking.Query{Courier: c, Number: number})
		finding := courier.Check(c, number)
		if (err != nil) != (finding.Severity == courier.Invalid) {
			t.Errorf("Prepare says %v, Check says %s", err, finding.Severity)
		}
		if (finding.Severity == courier.OK) != (finding.Text == "") || (finding.Cause == courier.CauseNone) != (finding.Text == "") {
			t.Errorf("finding %+v contradicts itself", finding)
		}
		if again, _ := courier.Prepare("x", "query", q); again.Number != q.Number {
			t.Errorf("prepared twice %q becomes %q", q.Number, again.Number)
		}
		if err != nil && len(number) >= 8 && !strings.Contains(code, number) && strings.Contains(err.Error(), number) {
			t.Errorf("the error %q holds the number", err)
		}
		for i, x := range courier.Detect(number) {
			if found := courier.Check(x.Courier, number); found.Severity != courier.OK {
				t.Errorf("candidate %s, but %s", x.Courier, found.Text)
			}
			if i == 0 && x.Rank != 1 {
				t.Errorf("the first candidate has rank %d", x.Rank)
			}
		}
	})
}
