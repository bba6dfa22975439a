package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
)

const plotSample = 400 // timelines at most in a curve; the points are of all

// mark is polls per parcel and mean delay in hours.
type mark struct{ polls, delay float64 }

type curve struct {
	name, colour string
	marks        []mark
}

// plot writes delay against polls, both in logarithms: what each policy gives at any price, and where the judged ones stand.
func (r *report) plot(name string) error {
	curves, err := r.curves()
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(r.svg(curves)), 0o644)
}

func (r *report) curves() ([]curve, error) {
	sample := r.test
	if step := (len(sample) + plotSample - 1) / plotSample; step > 1 {
		sample = nil
		for i := 0; i < len(r.test); i += step {
			sample = append(sample, r.test[i])
		}
	}
	curves := []curve{{name: "fixed", colour: "#888"}, {name: "adaptive", colour: "#06c"}, {name: "optimum for the learned hazards", colour: "#c30"}}
	for i := range 9 {
		factor := math.Pow(2, float64(i-4))
		price := r.PriceHours * factor * factor // polls go with the square root of the price
		for k, p := range []schedule.Policy{
			schedule.Fixed{Every: time.Duration(2 * factor * float64(time.Hour))}, r.curve(price),
			&schedule.Optimum{Model: r.model, Worth: hours, PollWon: price},
		} {
			o, err := schedule.Replay(p, sample)
			if err != nil {
				return nil, err
			}
			curves[k].marks = append(curves[k].marks, mark{o.PollsPerParcel(), o.Delay().Mean})
		}
	}
	return curves, nil
}

// frame maps logarithms to the picture.
type frame struct{ left, right, low, high float64 }

const width, height, margin = 760.0, 480.0, 60.0

func frameOf(marks []mark) frame {
	byPolls := func(a, b mark) int { return cmp.Compare(a.polls, b.polls) }
	byDelay := func(a, b mark) int { return cmp.Compare(a.delay, b.delay) }
	return frame{
		left: math.Log(slices.MinFunc(marks, byPolls).polls), right: math.Log(slices.MaxFunc(marks, byPolls).polls * 1.1),
		low: math.Log(slices.MinFunc(marks, byDelay).delay), high: math.Log(slices.MaxFunc(marks, byDelay).delay * 1.1),
	}
}

// at gives the place of a mark; no delay at all lies on the lower edge, where a logarithm has no place for it.
func (f frame) at(m mark) (x, y float64) {
	x = margin + (math.Log(m.polls)-f.left)/(f.right-f.left)*(width-2*margin)
	share := max(0, (math.Log(max(m.delay, 1e-9))-f.low)/(f.high-f.low))
	return x, height - margin - share*(height-2*margin)
}

func (r *report) svg(curves []curve) string {
	var all []mark
	for _, c := range curves {
		all = append(all, c.marks...)
	}
	least := slices.MinFunc(all, func(a, b mark) int { return cmp.Compare(a.delay, b.delay) })
	f := frameOf(append(all, mark{r.Clairvoyant.PollsPerParcel, least.delay}))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="#fff"/>`+"\n", width, height)
	f.axes(&b)
	for i, c := range curves {
		var points []string
		for _, m := range c.marks {
			x, y := f.at(m)
			points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
		}
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>`+"\n", c.colour, strings.Join(points, " "))
		fmt.Fprintf(&b, `<text x="%g" y="%g" fill="%s" text-anchor="end">%s</text>`+"\n", width-margin, margin+float64(i)*16, c.colour, c.name)
	}
	for _, p := range append(r.Policies[:len(r.Policies):len(r.Policies)], r.Optimum, r.Clairvoyant) {
		x, y := f.at(mark{p.PollsPerParcel, p.MeanDelayHours})
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4"/><text x="%.1f" y="%.1f">%s</text>`+"\n", x, y, x+7, y-5, p.Name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (f frame) axes(b *strings.Builder) {
	fmt.Fprintf(b, `<path fill="none" stroke="#000" d="M%g %gV%gH%g"/>`+"\n", margin, margin, height-margin, width-margin)
	fmt.Fprintf(b, `<text x="%g" y="%g">polls per parcel</text>`+"\n", width/2-40, height-18)
	fmt.Fprintf(b, `<text x="%g" y="%g">mean delay, hours</text>`+"\n", margin-40, margin-16)
	for _, tick := range []float64{0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000} {
		if l := math.Log(tick); l >= f.left && l <= f.right {
			x, _ := f.at(mark{tick, 1})
			fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle">%g</text>`+"\n", x, height-margin+16, tick)
		}
		if l := math.Log(tick); l >= f.low && l <= f.high {
			_, y := f.at(mark{1, tick})
			fmt.Fprintf(b, `<text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n", margin-6, y+4, tick)
		}
	}
}
