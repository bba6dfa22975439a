package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Language is what a report is written in.
type Language string

// The languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// mostWords is how many unmapped words a text shows.
const mostWords = 20

// WriteText writes the report as tables for people, in columns of a terminal. It fails on a language that there is not, and
// with the error of w.
func (r Report) WriteText(w io.Writer, in Language) error {
	words, ok := languages[in]
	if !ok {
		return fmt.Errorf("report: no language %.40q", string(in))
	}
	p := page{words: words}
	p.report(&r)
	_, err := w.Write(p.text.Bytes())
	return err
}

// String is the report as English text.
func (r Report) String() string {
	var b strings.Builder
	_ = r.WriteText(&b, English)
	return b.String()
}

// page lays out a text. In every line what hosts, couriers and languages call things stands last, and what stands before it is
// digits and our own headings, so that columns meet whatever the names are.
type page struct {
	words *wording
	text  bytes.Buffer
}

func (p *page) report(r *Report) {
	w := p.words
	fmt.Fprintf(&p.text, w.title+"\n", clock(r.From), clock(r.To), clock(r.Now))
	p.standing(&r.Total)
	p.hours(&r.Total)
	p.delays(r.Total.Delays)
	p.costs(r)
	p.couriers(r.Couriers)
	p.leftOut(&r.Total)
	p.unmapped(r)
}

// standing is where parcels are.
func (p *page) standing(g *Group) {
	w := p.words
	rows := []row{{[]string{count(g.Shipped.All)}, w.shipped}}
	for _, b := range Buckets() {
		rows = append(rows, row{[]string{count(g.Shipped.Buckets[b])}, "  " + p.words.bucket(b)})
	}
	for _, apart := range []struct {
		of    Counts
		words string
	}{{g.Recalls, w.recalls}, {g.SendBacks, w.sendBacks}} {
		if apart.of.All > 0 {
			rows = append(rows, row{[]string{count(apart.of.All)}, fmt.Sprintf(apart.words, count(apart.of.Buckets[BucketDelivered]))})
		}
	}
	rows = append(rows,
		row{[]string{count(g.Delivered)}, w.delivered},
		row{[]string{percent(g.FirstAttempt.Rate)}, fmt.Sprintf(w.firstAttempt, count(g.FirstAttempt.Attempted))},
		row{[]string{count(g.Open.Count)}, w.open},
	)
	if g.Open.GivenUp > 0 {
		rows = append(rows, row{[]string{count(g.Open.GivenUp)}, w.givenUp + reasons(g.Open.Reasons)})
	}
	p.table(w.parcels, nil, rows)
}

// hours is how long things take, with the open parcels beside the delivered ones.
func (p *page) hours(g *Group) {
	w := p.words
	rows := []row{
		{spread(g.ToDelivery, 1), w.toDelivery},
		{spread(g.Transit, 1), w.transit},
		{spread(g.Open.Age, 1), w.age},
		{spread(g.Open.Quiet, 1), w.quiet},
		{[]string{count(g.Estimate.Parcels), absent, number(g.Estimate.P50), number(g.Estimate.P90), absent},
			fmt.Sprintf(w.estimate, count(g.Estimate.Parcels-g.Estimate.Delivered))},
	}
	p.table(w.hours, []string{w.count, w.mean, "p50", "p90", w.most}, rows)
}

func (p *page) delays(delays []Delay) {
	w := p.words
	var rows, shares, out []row
	for _, d := range delays {
		name := w.status(d.Status) + ", " + w.door(d.Door)
		for _, part := range []struct {
			of    Spread
			words string
		}{{d.SinceEvent, w.sinceEvent}, {d.SincePublished, w.sincePublished}} {
			if part.of.Count > 0 {
				rows = append(rows, row{spread(part.of, 60), name + ": " + part.words})
			}
		}
		if d.Share.Known && d.Share.Value < 1 {
			shares = append(shares, row{[]string{percent(d.Share)}, name})
		}
		for _, part := range []struct {
			n     int
			words string
		}{{d.BeforeWatch, w.beforeWatch}, {d.Ahead, w.seenAhead}, {d.Timeless, w.timeless}} {
			if part.n > 0 {
				out = append(out, row{[]string{count(part.n)}, name + ": " + part.words})
			}
		}
	}
	if len(rows) > 0 {
		p.table(w.delays, []string{w.count, w.mean, "p50", "p90", w.most}, rows)
	}
	if len(shares) > 0 {
		p.table(w.shares, nil, shares)
	}
	if len(out) > 0 {
		p.table(w.delaysOut, nil, out)
	}
}

func (p *page) costs(r *Report) {
	w := p.words
	cells := func(c Cost) []string {
		return []string{count(c.Delivered), count(c.Calls), count(c.Asked), count(c.Won), number(c.CallsEach), number(c.AskedEach), number(c.WonEach)}
	}
	var rows []row
	for _, c := range r.Carriers {
		rows = append(rows, row{cells(c), named(c.Carrier)})
	}
	rows = append(rows, row{cells(r.Cost), w.all})
	p.table(w.cost, []string{w.deliveredShort, w.calls, w.asked, w.won, w.callsEach, w.askedEach, w.wonEach}, rows)
}

func (p *page) couriers(groups []Group) {
	w := p.words
	var rows []row
	for i := range groups {
		g := &groups[i]
		cells := []string{count(g.Shipped.All)}
		for _, b := range Buckets() {
			cells = append(cells, count(g.Shipped.Buckets[b]))
		}
		cells = append(cells, percent(g.FirstAttempt.Rate), count(g.ToDelivery.Count), mean(g.ToDelivery), number(g.Estimate.P50), number(g.Estimate.P90),
			count(g.Open.Count), count(g.Open.GivenUp))
		rows = append(rows, row{cells, named(string(g.Courier))})
	}
	heading := []string{w.shippedShort}
	for _, b := range Buckets() {
		heading = append(heading, w.short[b])
	}
	heading = append(heading, w.firstShort, w.timedShort, w.meanShort, "p50*", "p90*", w.openShort, w.givenUpShort)
	if len(rows) > 0 {
		p.table(w.couriers, heading, rows)
	}
}

func (p *page) leftOut(g *Group) {
	w := p.words
	var rows []row
	for _, part := range []struct {
		n     int
		words string
	}{
		{g.LeftOut.NoShipTime, w.noShipTime}, {g.LeftOut.NoDeliveryTime, w.noDeliveryTime}, {g.LeftOut.DayOnly, w.dayOnly},
		{g.LeftOut.Backwards, w.backwards}, {g.LeftOut.Ahead, w.ahead},
	} {
		if part.n > 0 {
			rows = append(rows, row{[]string{count(part.n)}, part.words})
		}
	}
	if len(rows) > 0 {
		p.table(w.leftOut, nil, rows)
	}
}

func (p *page) unmapped(r *Report) {
	var rows []row
	for _, word := range r.Words[:min(len(r.Words), mostWords)] {
		rows = append(rows, row{[]string{count(word.Count)}, fmt.Sprintf("%s %s %q", named(word.Carrier), named(string(word.Courier)), word.Text)})
	}
	if len(rows) == 0 {
		return
	}
	p.table(p.words.unmapped, nil, rows)
	if more := len(r.Words) - len(rows); more > 0 {
		fmt.Fprintf(&p.text, p.words.more+"\n", count(more))
	}
}
