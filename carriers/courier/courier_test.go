package courier_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func codes(infos []courier.Info) []tracking.Courier {
	var all []tracking.Courier
	for _, info := range infos {
		all = append(all, info.Code)
	}
	return all
}

// TestConstantsAreTheDirectory reads code.go: each courier has one constant, each constant a courier.
func TestConstantsAreTheDirectory(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []tracking.Courier
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if spec.Type != nil || len(spec.Values) != 1 {
			t.Errorf("%s is no untyped constant of its own", spec.Names[0])
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Errorf("%s: %v", spec.Names[0], err)
		}
		constants = append(constants, tracking.Courier(value))
		return true
	})
	if diff := cmp.Diff(codes(slices.Collect(courier.All())), constants); diff != "" {
		t.Errorf("directory and constants differ, -directory +constants:\n%s", diff)
	}
}

func TestCodesGoThereAndBack(t *testing.T) {
	for info := range courier.All() {
		served := 0
		for _, provider := range []string{courier.DeliveryAPI, courier.SweetTracker, courier.TrackerDelivery} {
			all := info.CodesAt(provider)
			first, ok := courier.ToProvider(provider, info.Code)
			if ok != (len(all) > 0) || ok && first != all[0] {
				t.Errorf("%s at %s: %q, %v; all are %v", info.Code, provider, first, ok, all)
			}
			if code, has := info.CodeAt(provider); code != first || has != ok {
				t.Errorf("%s at %s: CodeAt gives %q, %v", info.Code, provider, code, has)
			}
			for _, code := range all {
				served++
				if c, ok := courier.FromProvider(provider, code); !ok || c != info.Code {
					t.Errorf("%s's %s is %q, %v, want %s", provider, code, c, ok, info.Code)
				}
			}
		}
		if served == 0 {
			t.Errorf("%s is served by nobody", info.Code)
		}
		if len(info.CodesAt("other")) != 0 {
			t.Errorf("%s has codes at an unknown provider", info.Code)
		}
	}
	if (courier.Info{Code: "truckers"}).CodesAt(courier.SweetTracker) != nil {
		t.Error("a courier outside the directory has codes")
	}
}

func TestCodesWithoutCourier(t *testing.T) {
	if c, ok := courier.FromProvider(courier.TrackerDelivery, "kr.new"); ok || c != "trackerdelivery:kr.new" {
		t.Errorf("kr.new is %q, %v", c, ok)
	}
	if c, ok := courier.FromProvider(courier.TrackerDelivery, ""); ok || c != "" {
		t.Errorf("no code is %q, %v", c, ok)
	}
	for _, tc := range []struct {
		provider string
		courier  tracking.Courier
		want     string
	}{
		{courier.TrackerDelivery, "trackerdelivery:kr.new", "kr.new"},
		{courier.TrackerDelivery, "trackerdelivery:a:b", "a:b"},
		{courier.SweetTracker, "sweettracker:110", "110"},
		{courier.SweetTracker, "trackerdelivery:kr.new", ""},
		{courier.TrackerDelivery, "trackerdelivery:", ""},
		{courier.TrackerDelivery, "kr.new", ""},
		{courier.TrackerDelivery, "", ""},
		{courier.DeliveryAPI, courier.Chunil, ""},
		{courier.SweetTracker, courier.Coupang, ""},
		{courier.TrackerDelivery, courier.Sungwon, "kr.swgexp.cjlogistics"},
		{courier.DeliveryAPI, courier.SF, "cn.sf"},
		{"other", courier.CJ, ""},
	} {
		if got, ok := courier.ToProvider(tc.provider, tc.courier); got != tc.want || ok != (tc.want != "") {
			t.Errorf("ToProvider(%s, %q) = %q, %v, want %q", tc.provider, tc.courier, got, ok, tc.want)
		}
	}
}

func TestLookupAndGet(t *testing.T) {
	for _, text := range []string{"cj", "CJ대한통운", "대한통운", " cj 대한통운 ", "04", "kr.cjlogistics", "CJ LOGISTICS"} {
		if info, ok := courier.Lookup(text); !ok || info.Code != courier.CJ || info.Korean != "CJ대한통운" {
			t.Errorf("Lookup(%q) = %v, %v, want cj", text, info.Code, ok)
		}
	}
	if info, ok := courier.Lookup("없는택배"); ok || info.Code != "" {
		t.Errorf("an unknown name is %v", info.Code)
	}
	if _, ok := courier.Get("04"); ok {
		t.Error("Get takes a provider's code for ours")
	}
	info, ok := courier.Get(courier.Lotte)
	if !ok || info.English != "Lotte Global Logistics" || info.Confidence != "observed" {
		t.Errorf("Get(lotte) = %+v, %v", info, ok)
	}
}

// TestInfoIsACopy tries to spoil the directory for everybody.
func TestInfoIsACopy(t *testing.T) {
	info, _ := courier.Get(courier.EMS)
	info.Aliases[0] = "spoilt"
	info.CodesAt(courier.TrackerDelivery)[0] = "spoilt"
	again, _ := courier.Get(courier.EMS)
	if again.Aliases[0] == "spoilt" || again.CodesAt(courier.TrackerDelivery)[0] == "spoilt" {
		t.Error("a change to an Info changed the directory")
	}
}

func TestAllStopsWhenAsked(t *testing.T) {
	var seen []tracking.Courier
	for info := range courier.All() {
		if seen = append(seen, info.Code); len(seen) == 2 {
			break
		}
	}
	if want := []tracking.Courier{courier.CJ, courier.Post}; !slices.Equal(seen, want) {
		t.Errorf("the directory begins with %v, want %v", seen, want)
	}
}

func TestNear(t *testing.T) {
	for text, want := range map[string]tracking.Courier{
		"롯대택배": courier.Lotte, "롯데택베": courier.Lotte, "한신택배": courier.Hanjin, "로잰": courier.Logen, "우채국": courier.Post,
		"CJ대한통운택배(주)": courier.CJ, "대한통": courier.CJ, "경동화물": courier.Kyungdong, "hanjn": courier.Hanjin, "kyoungdong": courier.Kyungdong,
		"fedx": courier.FedEx, "GS25편의점 택배": courier.GSPostbox, "hanjin korea": courier.Hanjin,
	} {
		near := courier.Near(text)
		if len(near) == 0 || near[0].Code != want {
			t.Errorf("Near(%q) = %v, want %s first", text, codes(near), want)
		}
		if len(near) > 3 {
			t.Errorf("Near(%q) has %d suggestions", text, len(near))
		}
	}
	for _, text := range []string{"", " ", "택배", "퀵서비스", "xyz", "99999", "한", strings.Repeat("롯데택배", 1000)} {
		if near := courier.Near(text); len(near) != 0 {
			t.Errorf("Near(%.20q) = %v, want nothing", text, codes(near))
		}
	}
	for info := range courier.All() {
		if near := courier.Near(info.Korean); len(near) == 0 || near[0].Code != info.Code {
			t.Errorf("Near(%q) = %v, want %s first", info.Korean, codes(near), info.Code)
		}
	}
}

func TestUsualQuestionsAllocateNothing(t *testing.T) {
	q := tracking.Query{Courier: courier.CJ, Number: "550000001234"}
	host := tracking.Query{Courier: "truckers", Number: "T-1"}
	for name, ask := range map[string]func(){
		"Check":     func() { courier.Check(courier.CJ, "550000001234") },
		"Check EMS": func() { courier.Check(courier.EMS, "EE123456785KR") },
		"Normalize": func() { courier.Normalize(courier.CJ, "550000001234") },
		"Prepare":   func() { _, _ = courier.Prepare("sweettracker", "query", q) },
		"Prepare with a warning": func() {
			_, _ = courier.Prepare("sweettracker", "query", tracking.Query{Courier: courier.CJ, Number: "550000001235"})
		},
		"Prepare a host's own": func() { _, _ = courier.Prepare("truckers", "query", host) },
		"ToProvider":           func() { courier.ToProvider(courier.SweetTracker, courier.CJ) },
		"ToProvider through":   func() { courier.ToProvider(courier.TrackerDelivery, "trackerdelivery:kr.new") },
		"FromProvider":         func() { courier.FromProvider(courier.TrackerDelivery, "kr.lotte") },
	} {
		if n := testing.AllocsPerRun(100, ask); n != 0 {
			t.Errorf("%s allocates %v times, want 0", name, n)
		}
	}
}
