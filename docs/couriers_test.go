package docs_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/tracking"
)

func docCouriers(t *testing.T, _ []string) string {
	table := newDocTable("code · 코드", "in Go", "한국어", "English", "deliveryapi", "SweetTracker", "tracker.delivery", "how sure")
	constants := map[string]string{}
	_, values := docConsts(t, "courier")
	for name, value := range values {
		constants[value] = name
	}
	for info := range courier.All() {
		constant := constants[strconv.Quote(string(info.Code))]
		if constant == "" {
			t.Errorf("%s has no constant", info.Code)
		}
		codes := func(provider string) string { return docList(strings.Join(info.CodesAt(provider), ",")) }
		table.row(docCode(string(info.Code)), docCode("courier."+constant), info.Korean, info.English,
			codes(courier.DeliveryAPI), codes(courier.SweetTracker), codes(courier.TrackerDelivery), info.Confidence)
	}
	return table.String()
}

var docCheckDigits = map[directory.Check]string{
	directory.NoCheck: "", directory.CJ12: "the last is the third to eleventh, as one number, modulo 7",
	directory.Mod7: "the last is all before it, as one number, modulo 7",
	directory.S10:  "UPU S10: weights 8 6 4 2 3 5 9 7, modulo 11",
}

// docNumbers tells the grammar of the directory.
func docNumbers(t *testing.T, _ []string) string {
	table := newDocTable("courier", "form · 형식", "check digit · 검증", "how sure", "a miss is · 어긋나면")
	for _, c := range directory.All() {
		for _, form := range c.Forms {
			check, ok := docCheckDigits[form.Check]
			if !ok {
				t.Errorf("%s: the page has no words for %s", c.Code, form.Check)
			}
			miss := "passed over"
			if form.Warn {
				miss = "a warning"
			}
			table.row(c.Korean+" "+docCode(c.Code), docForm(form), check, form.Confidence, miss)
		}
	}
	return table.String()
}

func docForm(f directory.Form) string {
	switch {
	case f.Shape != "":
		return fmt.Sprintf("`%s`, %d characters", f.Shape, f.Max)
	case f.Min == f.Max:
		return fmt.Sprintf("%d digits", f.Min)
	}
	return fmt.Sprintf("%d to %d digits", f.Min, f.Max)
}

func docLookUps(_ *testing.T, _ []string) string {
	table := newDocTable("written · 입력", "`courier.Lookup`", "`courier.Near`")
	for _, text := range []string{"cj", "대한통운", "04", "kr.cjlogistics", "현대택배", "ＧＳ２５", "롯대택배", "한진택베", "없는택배사"} {
		found, near := "not found", ""
		if info, ok := courier.Lookup(text); ok {
			found = docCode(string(info.Code)) + " " + info.Korean
		} else {
			var names []string
			for _, info := range courier.Near(text) {
				names = append(names, info.Korean)
			}
			near = strings.Join(names, ", ")
		}
		table.row(docCode(text), found, near)
	}
	return table.String()
}

func docChecks(_ *testing.T, _ []string) string {
	table := newDocTable("courier", "number · 번호", "severity", "what `courier.Check` says")
	for _, c := range []struct{ courier, number string }{
		{courier.CJ, "5500-0000-1072"}, {courier.CJ, "550000001073"}, {courier.CJ, "55000000107"}, {courier.CJ, "55000000107O"},
		{courier.Lotte, "５５０００００１０２５５"}, {courier.Post, "600000000010"}, {courier.Kyungdong, "12"}, {courier.Hanjin, ""},
	} {
		finding := courier.Check(tracking.Courier(c.courier), c.number)
		table.row(docCode(c.courier), docCode(c.number), finding.Severity.String(), finding.Text)
	}
	return table.String()
}

func docDetection(_ *testing.T, _ []string) string {
	table := newDocTable("number · 번호", "candidates, likeliest first · 후보")
	for _, number := range []string{"550000001072", "6000000000108", "EE123456785KR", "1Z999AA10123456784"} {
		var candidates []string
		for _, c := range courier.Detect(number) {
			text := fmt.Sprintf("%d. `%s`", c.Rank, c.Courier)
			if c.Strong {
				text += " (strong)"
			}
			candidates = append(candidates, text)
		}
		table.row(docCode(number), strings.Join(candidates, ", "))
	}
	return table.String()
}

// docMagic lists the numbers of the sandbox that do something special: parcels, or faults.
func docMagic(t *testing.T, words []string) string {
	faulty := words[0] == "faults"
	columns := []string{"case", "courier", "number", "what", "true status at the begin"}
	if faulty {
		columns[4] = "whose answers"
	}
	table := newDocTable(columns...)
	for _, m := range sandbox.Magic() {
		if m.Faulty != faulty {
			continue
		}
		last := "no data"
		switch {
		case faulty && len(m.Providers) == 0:
			last = "all"
		case faulty:
			last = strings.Join(m.Providers, ", ")
		case m.Known:
			last = docStanding(m.Status, m.Sub, 0)
		}
		if m.Earlier {
			last += "; only an earlier parcel is shown"
		}
		table.row(docCode(m.Case), docCode(string(m.Courier)), docCode(m.Number), m.What, last)
	}
	return table.String()
}

// docRhythms lists how the couriers' days go in the sandbox's populations.
func docRhythms(_ *testing.T, _ []string) string {
	table := newDocTable("courier", "share", "also on", "집하 pickup", "간선상차 line haul", "간선하차 hub", "branch", "배송출발 out", "배송완료 delivered", "lag")
	for _, r := range sandbox.Rhythms() {
		days := ""
		for _, day := range []struct {
			name  string
			works bool
		}{{"Saturdays", r.Saturdays}, {"Sundays", r.Sundays}, {"holidays", r.Holidays}} {
			if day.works {
				days += " " + day.name
			}
		}
		hour := func(h sandbox.Hour) string {
			return fmt.Sprintf("%02d:%02d ± %d", int(h.Mean.Hours()), int(h.Mean.Minutes())%60, int(h.Spread.Minutes()))
		}
		table.row(docCode(string(r.Courier)), fmt.Sprintf("%g %%", r.Share*100), days, hour(r.Pickup), hour(r.LineHaul), hour(r.Hub), hour(r.Branch),
			hour(r.Out), hour(r.Delivered), fmt.Sprintf("%d min", int(r.Lag.Minutes())))
	}
	return table.String()
}

// docAddresses gives the addresses of a served world, as the environment variables that point the adapters at them.
func docAddresses(_ *testing.T, _ []string) string {
	const base = "http://127.0.0.1:8787"
	urls := sandbox.New(sandbox.Config{}).URLs(base)
	table := newDocTable("speaks", "base address")
	for _, row := range [][2]string{
		{"deliveryapi", urls.DeliveryAPI}, {"SweetTracker, on-demand API", urls.SweetTracker},
		{"SweetTracker, trace API", urls.SweetTrackerTrace}, {"tracker.delivery, managed", urls.TrackerDelivery},
		{"… its OAuth2 tokens", urls.TrackerDeliveryToken}, {"tracker.delivery, self-hosted", urls.SelfHosted},
		{"tracker.delivery, old V1", urls.TrackerDeliveryV1}, {"the truth about a parcel", urls.Truth + "/{courier}/{number}"},
		{"what was asked", urls.Requests}, {"the clock", urls.Clock},
	} {
		table.row(row[0], docCode(row[1]))
	}
	return table.String()
}
