package main

import (
	"fmt"
	"math"
	"strings"
)

// The picture, in its own units; the frame is what lies between the margins.
const (
	width, height            = 860.0, 560.0
	left, right, top, bottom = 74.0, 24.0, 64.0, 66.0
	noDelay                  = 1.0 / 60 // hours; less is drawn on the lower edge, where a logarithm has no place for nothing
)

// frame is the logarithms of the edges.
type frame struct{ west, east, south, north float64 }

func frameOf(curves []curve) frame {
	f := frame{math.Inf(1), math.Inf(-1), math.Log(noDelay), math.Log(2 * noDelay)}
	for _, c := range curves {
		for _, m := range append(c.marks[:len(c.marks):len(c.marks)], c.judged...) {
			f.west, f.east = min(f.west, math.Log(m.polls/1.1)), max(f.east, math.Log(m.polls*1.1))
			f.north = max(f.north, math.Log(max(m.delay, noDelay)*1.2))
		}
	}
	return f
}

func (f frame) x(polls float64) float64 {
	return left + (math.Log(polls)-f.west)/(f.east-f.west)*(width-left-right)
}

func (f frame) y(delay float64) float64 {
	share := (math.Log(max(delay, noDelay)) - f.south) / (f.north - f.south)
	return height - bottom - share*(height-top-bottom)
}

// picture draws the curves as SVG, with words in English and Korean. A poll costs so much, and so many timelines are behind it.
func picture(curves []curve, pollWon float64, timelines int) string {
	f := frameOf(curves)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="'Noto Sans KR', NanumGothic, 'Malgun Gothic', sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="%g" y="22" font-size="15" font-weight="bold">Delay against cost, at any price of a poll · 조회 비용과 인지 지연</text>`+"\n", left)
	fmt.Fprintf(&b, `<text x="%g" y="40" fill="#555">%d timelines; rings: as judged · 타임라인 %d건, 동그라미는 평가한 지점</text>`+"\n", left, timelines, timelines)
	f.axes(&b, pollWon)
	for i := range curves {
		f.draw(&b, &curves[i])
		f.legend(&b, &curves[i], i)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (f frame) draw(b *strings.Builder, c *curve) {
	var points []string
	for _, m := range c.marks {
		points = append(points, fmt.Sprintf("%.1f,%.1f", f.x(m.polls), f.y(m.delay)))
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s" points="%s"/>`+"\n", c.colour, c.dash, strings.Join(points, " "))
	for _, m := range c.judged {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="5" fill="#fff" stroke="%s" stroke-width="2"/>`+"\n", f.x(m.polls), f.y(m.delay), c.colour)
	}
}

func (f frame) legend(b *strings.Builder, c *curve, line int) {
	const wide = 300
	x, y := width-right-wide, top+16+18*float64(line)
	fmt.Fprintf(b, `<path stroke="%s" stroke-width="2" stroke-dasharray="%s" d="M%g %gh26"/>`+"\n", c.colour, c.dash, x, y-4)
	fmt.Fprintf(b, `<text x="%g" y="%g" fill="%s">%s · %s</text>`+"\n", x+34, y, c.colour, c.name, c.korean)
}

// axes draws polls below, what they cost above, and delays in minutes and hours on the left.
func (f frame) axes(b *strings.Builder, pollWon float64) {
	low, high := height-bottom, top
	fmt.Fprintf(b, `<path fill="none" stroke="#333" d="M%g %gV%gH%g"/>`+"\n", left, high, low, width-right)
	fmt.Fprintf(b, `<text x="%g" y="%g" text-anchor="middle">polls per parcel (won at %g won a poll) · 건당 조회 수 (조회당 %g원일 때 비용)</text>`+"\n", (left+width-right)/2, height-12, pollWon, pollWon)
	fmt.Fprintf(b, `<text transform="translate(16 %g) rotate(-90)" text-anchor="middle">mean delay by worth · 중요도 가중 평균 인지 지연</text>`+"\n", (high+low)/2)
	for _, tick := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000} {
		if l := math.Log(tick); l < f.west || l > f.east {
			continue
		}
		x := f.x(tick)
		fmt.Fprintf(b, `<path stroke="#e4e4e4" d="M%.1f %gV%g"/>`+"\n", x, low, high)
		fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle">%g</text>`+"\n", x, low+16, tick)
		fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle" fill="#777">%g원</text>`+"\n", x, low+31, tick*pollWon)
	}
	for _, minutes := range []float64{1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 960, 1920, 3840} {
		if math.Log(minutes/60) > f.north {
			continue
		}
		y := f.y(minutes / 60)
		fmt.Fprintf(b, `<path stroke="#e4e4e4" d="M%g %.1fH%g"/>`+"\n", left, y, width-right)
		name := fmt.Sprintf("%g min", minutes)
		if minutes >= 60 {
			name = fmt.Sprintf("%g h", minutes/60)
		} else if minutes/60 <= noDelay {
			name = "≤ 1 min"
		}
		fmt.Fprintf(b, `<text x="%g" y="%.1f" text-anchor="end">%s</text>`+"\n", left-6, y+4, name)
	}
}
