package poll

import (
	"cmp"
	"maps"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Adaptive is the policy of an engine that is given none: [schedule.Adaptive] plans the asks of parcels that are known and under
// way. What it says nothing of – no data yet, parcels at their end – goes by Rhythms, which have the caps too. It looks at
// watches again when they are due ([Rejudging]), so that a new model, price or share of pushes counts at once. To make a [Budget]
// last, the engine multiplies its prices, and Rhythms' intervals grow likewise, to a day (to three for parcels at their end); when to stop
// ([Adaptive.Stop]) and what a meter ([Adaptive.Meter]) measures go by the true ones.
//
// The zero value works: the prior by hand, an hour of earlier news of a delivery worth 100 won, and 9 won an ask. It is that ratio
// alone that decides how often is asked; at this one the frozen worlds of the sandbox cost as many asks as [DefaultTable] does
// (measured, see docs/schedule.md). Both figures are our decision: prices of providers are not public.
//
// Fields are set before it is used, and not changed then; its methods may be called at any time. It must not be copied.
type Adaptive struct {
	Worth   schedule.Worth   // won for each hour of earlier news, by what the parcel became; zero means Worths(100)
	Prices  map[string]Price // by carrier, those of the beginning: see Reprice
	Others  Price            // of carriers that are not in Prices; zero means 9 won an item
	Longest time.Duration    // a parcel under way is asked about at least so often; 0 means a day
	Rhythms Table            // of what is not under way, and the caps; zero means DefaultTable

	// Recall tells which share of a parcel's changes pushes tell of before a poll does, 0 to 1; nil means what Heed says. It is called
	// concurrently and often, and must be quick.
	Recall func(w Watch, now time.Time) float64

	model   atomic.Pointer[schedule.Model]
	learned atomic.Int64 // when the model was, in nanoseconds; 0 unless it was kept
	prices  atomic.Pointer[map[string]Price]
	heeded  atomic.Pointer[Hints]
	rations atomic.Pointer[map[string]float64] // by which prices are multiplied for the sake of budgets, by carrier
}

// A Price is what asking one carrier costs. One of nothing counts as not given: what costs nothing would be asked all the time.
type Price struct {
	Item float64 // won for each watch that is asked about
	Call float64 // won for each call, whatever it asks about
	// Batch is how many watches a call can ask about, which share its price; 0 means 1.
	Batch int
}

const (
	usualWorth   = 100 // won for an hour of earlier news of a delivery
	usualPrice   = 9   // won an item
	usualLongest = 24 * time.Hour
)

// Where a call has a price and a place in it stays free, that place is worth taking from so much of the debt on at which a watch is
// due: fillCall where calls alone cost, the nearer to fillItem the more of the price is the item's, and never where items alone cost.
// The fractions are our decision, not tuned.
const fillCall, fillItem = 0.6, 0.95

// early is the fraction of the debt from which a free place in a call is worth taking; 1 where none is.
func (p Price) early() float64 {
	if p.Batch < 2 || p.Call <= 0 {
		return 1
	}
	call := p.Call / float64(p.Batch)
	return (fillCall*call + fillItem*p.Item) / (call + p.Item)
}

// perPoll is what one watch costs in a call that is full.
func (p Price) perPoll() float64 { return p.Item + p.Call/float64(max(p.Batch, 1)) }

// Use makes m the model; nil is the prior.
func (a *Adaptive) Use(m *schedule.Model) { a.model.Store(m) }

// Model is the model in use.
func (a *Adaptive) Model() *schedule.Model {
	if m := a.model.Load(); m != nil {
		return m
	}
	return schedule.Prior()
}

// Heed makes asks rarer as far as h says that pushes can be relied on, in place of hints that were heeded before; nil is none. It counts
// where Recall is nil.
func (a *Adaptive) Heed(h *Hints) { a.heeded.Store(h) }

// recall is the share of changes that a push is expected to tell of.
func (a *Adaptive) recall(w Watch, now time.Time) float64 {
	if a.Recall != nil {
		return a.Recall(w, now)
	}
	if h := a.heeded.Load(); h != nil {
		return h.Recall(w, now)
	}
	return 0
}

// Reprice sets all prices anew. Watches that were planned by the old ones are put off, if it has become dearer, when they are due.
func (a *Adaptive) Reprice(prices map[string]Price) {
	own := make(map[string]Price, len(prices))
	for carrier, p := range prices {
		own[carrier] = p
	}
	a.prices.Store(&own)
}

func (a *Adaptive) price(carrier string) Price {
	prices := a.Prices
	if set := a.prices.Load(); set != nil {
		prices = *set
	}
	p, ok := prices[carrier]
	if !ok || !(p.perPoll() > 0) {
		p = a.Others
	}
	if !(p.perPoll() > 0) {
		p = Price{Item: usualPrice}
	}
	return p
}

// ration makes asks of a carrier so many times as dear.
func (a *Adaptive) ration(carrier string, multiplier float64) {
	for {
		old := a.rations.Load()
		own := map[string]float64{}
		if old != nil {
			own = maps.Clone(*old)
		}
		own[carrier] = multiplier
		if a.rations.CompareAndSwap(old, &own) {
			return
		}
	}
}

// multiplier is how many times its price an ask counts, at least 1.
func (a *Adaptive) multiplier(carrier string) float64 {
	if rations := a.rations.Load(); rations != nil {
		return max((*rations)[carrier], 1)
	}
	return 1
}

// Cap is Capped.Cap.
func (a *Adaptive) Cap(carrier string) int { return a.Rhythms.Cap(carrier) }

// underWay reports whether a parcel is one that the schedule knows about.
func (w Watch) underWay() bool { return w.Known && w.NotFound == 0 && end(w.Parcel) == "" }

// schedule is the schedule of a carrier at the true price.
func (a *Adaptive) schedule(carrier string) schedule.Adaptive {
	worth := a.Worth
	if worth == (schedule.Worth{}) {
		worth = usualWorths
	}
	return schedule.Adaptive{Model: a.Model(), Worth: worth, PollWon: a.price(carrier).perPoll(), Longest: cmp.Or(a.Longest, usualLongest)}
}

var usualWorths = schedule.Worths(usualWorth)

// view is what the schedule sees of a watch that was asked about, or told of by a push, at a time.
func (a *Adaptive) view(w Watch, at time.Time) schedule.View {
	v := schedule.View{
		Courier: w.ID.Shipment.Courier, Status: w.Parcel.Status, Opened: w.Opened, Changed: w.Parcel.Since, Now: at, Asks: w.Asks,
		Cap: a.Cap(w.ID.Carrier), Phase: w.fraction(0), Window: w.Parcel.Window,
	}
	if v.Changed.IsZero() {
		v.Changed = w.Opened
	}
	if w.asksOn(at) {
		v.Today = w.Today
	}
	return v
}

// Next is Policy.Next. It plans as if there were no pushes, and Judge puts off as far as they can be relied on then: so nothing is
// planned far ahead that would have to be undone when they fall silent.
func (a *Adaptive) Next(w Watch, now time.Time) Plan {
	if !w.underWay() {
		return a.Rhythms.next(w, now, a.multiplier(w.ID.Carrier))
	}
	plan, _ := a.plan(w, now, 0)
	return plan
}

func (a *Adaptive) plan(w Watch, at time.Time, recall float64) (plan Plan, planned bool) {
	if w.full(a.Cap(w.ID.Carrier), at) {
		return w.tomorrow(at), false
	}
	v, s, multiplier := a.view(w, at), a.schedule(w.ID.Carrier), a.multiplier(w.ID.Carrier)
	v.Recall = recall
	s.PollWon *= multiplier
	reason := s.Reason(v)
	plan.At, plan.Why = reason.At, whyOf(reason).at(multiplier)
	if fraction := a.price(w.ID.Carrier).early(); fraction < 1 {
		s.PollWon *= fraction
		if early := s.Next(v); early.Before(plan.At) {
			plan.Early = early
		}
	}
	return plan, true
}

// Judge is Rejudging.Judge: the plan that would be made now for the ask after the last one. It can put a watch off to
// Longest after that, and no further, however often what it goes by changes.
func (a *Adaptive) Judge(w Watch, now time.Time) Plan {
	last := latest(w.Asked, w.Changed)
	if !w.underWay() || last.IsZero() || last.After(now) {
		return Plan{}
	}
	recall := a.recall(w, now)
	plan, planned := a.plan(w, last, recall)
	if planned && recall > 0 && plan.At.After(now) {
		// It is judged again when it would be asked if it had just been, and pushes stopped now.
		if again, _ := a.plan(w, now, 0); again.At.Before(plan.At) {
			plan.At = again.At
			if !plan.Early.Before(plan.At) {
				plan.Early = time.Time{}
			}
		}
	}
	return plan
}
