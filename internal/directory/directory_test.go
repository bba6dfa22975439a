package directory

import (
	"strings"
	"testing"
)

// everyName calls f for everything a courier may be called.
func everyName(f func(c *Courier, name string)) {
	for _, c := range All() {
		names := append([]string{c.Code, c.Korean, c.English}, c.Aliases...)
		for _, provider := range providers {
			names = append(names, c.Codes(provider)...)
		}
		for _, name := range names {
			f(c, name)
		}
	}
}

func TestEveryNameFindsItsCourierOnly(t *testing.T) {
	count := 0
	everyName(func(c *Courier, name string) {
		count++
		for _, form := range []string{
			name, strings.ToLower(name), strings.ToUpper(name), " " + name + "\u00a0",
			strings.Join(strings.Split(name, ""), " "), strings.ReplaceAll(name, " ", ""), strings.ReplaceAll(name, " ", "-"),
		} {
			if found := Find(form); found != c {
				t.Errorf("Find(%q) = %v, want %s", form, found, c.Code)
			}
		}
	})
	if count < 250 {
		t.Errorf("only %d names in the directory", count)
	}
}

func TestNoProviderCodeMeansAnotherCourierElsewhere(t *testing.T) {
	for i, provider := range providers {
		for code, c := range tables().byProvider[i] {
			if other := Get(code); other != nil && other != c {
				t.Errorf("%s's %q is %s there and %s here", provider, code, c.Code, other.Code)
			}
			for j, elsewhere := range providers {
				if other := tables().byProvider[j][code]; other != nil && other != c {
					t.Errorf("%q is %s at %s and %s at %s", code, c.Code, provider, other.Code, elsewhere)
				}
			}
		}
	}
}

func TestFind(t *testing.T) {
	for text, want := range map[string]string{
		"cj": "cj", "대한통운": "cj", "CJ 대한통운": "cj", "ＣＪ대한통운": "cj", "04": "cj", "kr.cjlogistics": "cj", "KR.CJLogistics": "cj",
		"현대택배": "lotte", "롯데": "lotte", "우체국": "post", "경동": "kyungdong", "호남택배": "woori",
		"GS25": "gspostbox", "CVSnet 편의점택배": "gspostbox", "GS Postbox": "gspostbox", "CU": "cupost", "㈜한진": "hanjin",
		"LOTTE-GLOBAL": "lotte-global", "lotte global": "lotte-global", "cn.sf": "sf", "un.upu.ems": "ems", "kr.swgexp": "sungwon",
		"sweettracker:04": "cj", "trackerdelivery: kr.lotte": "lotte", "deliveryapi:cn.sf": "sf",
		"dev.track.dummy": "dummy",
	} {
		if c := Find(text); c == nil || c.Code != want {
			t.Errorf("Find(%q) = %v, want %s", text, c, want)
		}
	}
	for _, text := range []string{
		"", " ", "4", "택배", "편의점택배", "우리한방택배", "대신화물", "현대", "홈픽 오늘도착", "CJ대한통운 국제특송", "36", "쿠팡 로켓배송",
		"Woori Express", "kr.new", "trackerdelivery:kr.new", "sweettracker:kr.lotte", "nobody:04", ":", "04:",
	} {
		if c := Find(text); c != nil {
			t.Errorf("Find(%q) = %s, want nothing", text, c.Code)
		}
	}
}

func TestExactLookups(t *testing.T) {
	if !Known("cj") || Known("CJ") || Known("04") || Known("") || Known("trackerdelivery:kr.new") {
		t.Error("Known goes by our codes, exactly as written")
	}
	if c := ByProvider(SweetTracker, "04"); c == nil || c.Code != "cj" {
		t.Errorf("SweetTracker's 04 is %v, want cj", c)
	}
	for _, pair := range [][2]string{{SweetTracker, "cj"}, {TrackerDelivery, "04"}, {DeliveryAPI, ""}, {"other", "04"}} {
		if c := ByProvider(pair[0], pair[1]); c != nil {
			t.Errorf("%s's %q is %s, want nothing", pair[0], pair[1], c.Code)
		}
	}
	if codes := Get("cj").Codes("other"); codes != nil {
		t.Errorf("an unknown provider has the codes %v", codes)
	}
	n := testing.AllocsPerRun(100, func() {
		Known("cj")
		ByProvider(TrackerDelivery, "kr.lotte")
		Find("04")
	})
	if n != 0 {
		t.Errorf("exact look-ups allocate %v times, want 0", n)
	}
}

// TestBrokenTablesAreRefused shows that a bad row cannot slip into the program.
func TestBrokenTablesAreRefused(t *testing.T) {
	const (
		couriers = "code,korean,english,deliveryapi,sweettracker,trackerdelivery,confidence,aliases\n"
		grammar  = "courier,min,max,shape,check,severity,confidence\n"
		one      = couriers + "a,에이,A,,1,,observed,\n"
	)
	for name, tc := range map[string]struct{ couriers, grammar, want string }{
		"no header":           {"", grammar, "columns"},
		"quote":               {couriers + `"`, grammar, "quote"},
		"no name":             {couriers + "a,,A,,1,,observed,\n", grammar, "lacks"},
		"confidence":          {couriers + "a,에이,A,,1,,sure,\n", grammar, "lacks"},
		"code twice":          {one + "a,비,B,,2,,observed,\n", grammar, "twice"},
		"provider code twice": {one + "b,비,B,,1,,observed,\n", grammar, "both a and b"},
		"name of another":     {one + "b,비,B,,,,observed,에 이\n", grammar, "another courier's"},
		"code of another":     {one + "b,비,B,,,a,observed,\n", grammar, "another courier's"},
		"empty alias":         {one + "b,비,B,,,,observed,x|-\n", grammar, "empty"},
		"form of nobody":      {one, grammar + "b,1,1,,,none,observed\n", "no courier"},
		"lengths":             {one, grammar + "a,2,1,,,none,observed\n", "lengths"},
		"no length":           {one, grammar + "a,x,1,,,none,observed\n", "lengths"},
		"shape":               {one, grammar + "a,3,3,##,,none,observed\n", "shape"},
		"check of a length":   {one, grammar + "a,11,11,,cj12,none,observed\n", "check"},
		"check too long":      {one, grammar + "a,19,19,,mod7,none,observed\n", "check"},
		"check of a shape":    {one, grammar + "a,3,3,@##,s10,none,observed\n", "check"},
		"check unknown":       {one, grammar + "a,3,3,,luhn,none,observed\n", "check"},
		"severity":            {one, grammar + "a,3,3,,,error,observed\n", "severity"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := build(tc.couriers, tc.grammar)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
	if _, err := build(one, grammar+"a,3,3,@##,,none,observed\n"); err != nil {
		t.Errorf("a good pair of tables: %v", err)
	}
}

func TestFormMatches(t *testing.T) {
	ups := &Form{Min: 6, Max: 6, Shape: "1Z?#@?"}
	for number, want := range map[string]bool{
		"1ZA1B2": true, "1Z11BA": true, "1ZAAB2": false, "1ZA112": false, "2ZA1B2": false, "1ZA1B": false, "1ZA1B22": false,
		"1Za1B2": false, "1Z-1B2": false, "": false,
	} {
		if got := ups.Matches(number); got != want {
			t.Errorf("%q fits %s: %v, want %v", number, ups.Shape, got, want)
		}
	}
	if !ups.Distinct() || (&Form{Shape: "@@##?"}).Distinct() || (&Form{}).Distinct() {
		t.Error("a form is distinct when it has a character of its own")
	}
	digits := &Form{Min: 9, Max: 11}
	for number, want := range map[string]bool{"12345678": false, "123456789": true, "12345678901": true, "123456789012": false, "12345678A": false} {
		if got := digits.Matches(number); got != want {
			t.Errorf("%q fits 9 to 11 digits: %v, want %v", number, got, want)
		}
	}
}
