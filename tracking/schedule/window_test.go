package schedule

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
)

// toursOf are tours of a courier.
func toursOf(c tracking.Courier, seed uint64, n, kept int) []Timeline {
	all := tours(seed, n, kept)
	for i := range all {
		all[i].Courier = c
	}
	return all
}

func TestWindowsAreLearned(t *testing.T) {
	m := Prior().Learn(slices.Concat(toursOf("cj", 1, 600, 85), toursOf("hanjin", 2, 600, 20), toursOf("logen", 3, 2, 0), toursOf("lotte", 4, 600, 0), journeys(5, 50, "kdexp")))
	for c, want := range map[tracking.Courier]float64{"cj": 0.85, "hanjin": 0.2, "lotte": 0} {
		if got := m.windowsOf(c).share(); math.Abs(got-want) > 0.06 {
			t.Errorf("%s keeps %.3f of its windows, want %v", c, got, want)
		}
	}
	all := m.windowsOf("").share()
	if got := m.windowsOf("logen").share(); got >= all || got < all-0.15 {
		t.Errorf("two windows make %v of %v", got, all)
	}
	for _, c := range []tracking.Courier{"kdexp", "nobody"} { // of which no window is known
		if m.windowsOf(c).share() != all {
			t.Errorf("%s: %v", c, m.windowsOf(c))
		}
	}
	if text := m.String(); !strings.Contains(text, "\ncj: 8") || strings.Count(text, "windows say when the parcel comes\n") != 5 {
		t.Error("windows are not printed")
	}
	if none := Prior().Learn(journeys(5, 50, "cj")); none.windowsOf("cj").share() != windowKept || strings.Contains(none.String(), "windows") {
		t.Error("windows are learned from parcels without any")
	}
	if again := m.Learn(journeys(6, 50, "cj")); again.windowsOf("cj") != m.windowsOf("cj") || again.windowsOf("hanjin") != m.windowsOf("hanjin") {
		t.Error("parcels without windows change what is known of them")
	}
	// What faded keeps its share and gives way.
	faded, after := m.Fade(0.1), toursOf("cj", 7, 60, 0)
	if got, want := faded.windowsOf("cj").share(), m.windowsOf("cj").share(); math.Abs(got-want) > 1e-3 {
		t.Errorf("faded from %v to %v", want, got)
	}
	if slow, quick := m.Learn(after).windowsOf("cj").share(), faded.Learn(after).windowsOf("cj").share(); quick > slow-0.2 {
		t.Errorf("%v where it had faded, %v where not", quick, slow)
	}
	if sure := Prior().Learn(toursOf("cj", 8, 3000, 100)).Fade(0); sure.windowsOf("cj").share() > mostKept {
		t.Errorf("a courier is believed to be always in time: %v", sure.windowsOf("cj"))
	}
}

func TestWindowSamples(t *testing.T) {
	two := tracking.Window{Start: after(14 * 60), End: after(16 * 60)}
	for _, c := range []struct {
		what   string
		window tracking.Window
		then   []Event
		want   string
	}{
		{"inside", two, []Event{{At: after(15 * 60), Status: tracking.StatusDelivered}}, "in"},
		{"at its end", two, []Event{{At: after(16 * 60), Status: tracking.StatusDelivered}}, "in"},
		{"early", two, []Event{{At: after(13 * 60), Status: tracking.StatusDelivered}}, "out"},
		{"late", two, []Event{{At: after(16*60 + 1), Status: tracking.StatusDelivered}}, "out"},
		{"nobody home", two, []Event{{At: after(15 * 60), Status: tracking.StatusFailed}, {At: after(15*60 + 30), Status: tracking.StatusDelivered}}, ""},
		{"nobody home, after it", two, []Event{{At: after(17 * 60), Status: tracking.StatusFailed}}, "out"},
		{"nothing came", two, nil, ""},
		{"no window", tracking.Window{}, []Event{{At: after(15 * 60), Status: tracking.StatusDelivered}}, ""},
		{"the wrong way round", tracking.Window{Start: two.End, End: two.Start}, []Event{{At: after(15 * 60), Status: tracking.StatusDelivered}}, ""},
		{"over", tracking.Window{Start: after(5 * 60), End: after(7 * 60)}, []Event{{At: after(15 * 60), Status: tracking.StatusDelivered}}, ""},
		{"of another day", tracking.Window{Start: after(38 * 60), End: after(40 * 60)}, []Event{{At: after(39 * 60), Status: tracking.StatusDelivered}}, ""},
	} {
		van := Event{At: after(8 * 60), Status: tracking.StatusOutForDelivery, Window: c.window}
		got := ""
		for _, s := range Prior().windowSamples([]Timeline{{Status: tracking.StatusInTransit, Opened: monday, Events: append([]Event{van}, c.then...)}}) {
			got += map[bool]string{true: "in", false: "out"}[s.inside]
			v := View{Status: tracking.StatusOutForDelivery, Changed: van.At, Now: van.At}
			door := Prior().hazards("", tracking.StatusOutForDelivery)[slices.IndexFunc(Prior().hazards("", tracking.StatusOutForDelivery), func(h *hazard) bool { return h.to == tracking.StatusDelivered })]
			if want := since(Prior(), v, two.End, door) - since(Prior(), v, two.Start, door); math.Abs(s.chance-want) > 1e-9 {
				t.Errorf("%s: a chance of %v, want %v", c.what, s.chance, want)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
