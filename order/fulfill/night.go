package fulfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// A Job is one of the batches that back offices run at night.
type Job string

// The jobs. Each may be done at any time, and again: what is done is not done twice.
const (
	// RegisterWaybills (자동 송장등록) follows the waybills of released courier sections that are not followed yet, such as those
	// of orders that came into the store past the engine, and asks for pushes about them where that is configured. Couriers
	// that no carrier serves are left to a person.
	RegisterWaybills Job = "register-waybills"
	// CompleteDeliveries (자동 배송완료) completes released sections: those of couriers whose parcel is delivered, if that was
	// missed; those that travel in another way without more ado, [Night.DeliverAfterDays] after their release.
	CompleteDeliveries Job = "complete-deliveries"
	// ConfirmPurchases (구매확정) confirms what was delivered long enough ago: when the N-th Korean day after the day of the
	// delivery is over, N being [order.Policy.ConfirmAfterDays]. Sections with an exception, those whose delivery awaits a
	// second word, and replacements whose exchange is open are left to a person.
	ConfirmPurchases Job = "confirm-purchases"
	// KeepAlive renews the registrations for pushes.
	KeepAlive Job = "keep-alive"
	// Reconcile has parcels asked about that pushes should tell of and have not for [Night.SilentAfter], and counts what
	// earlier such asks found: Report.Lost.
	Reconcile Job = "reconcile"
	// Retain forgets what was kept long enough.
	Retain Job = "retain"
	// LearnSchedule learns when news comes from the parcels that came to their end, and has the polls planned by it from then on, in
	// all processes on the store. It measures what asking has cost, too: see [Engine.Regrets]. With another policy than [poll.Adaptive], which is that of an engine without one, it has nothing to do.
	LearnSchedule Job = "learn-schedule"
	// Stalls tells what is stuck: a parcel, or the courier, or the carrier. It is done every hour.
	Stalls Job = "stalls"
)

// Jobs lists all jobs, in the order in which they are due in a night.
func Jobs() []Job {
	return []Job{RegisterWaybills, CompleteDeliveries, ConfirmPurchases, KeepAlive, Reconcile, Retain, LearnSchedule, Stalls}
}

// usualTime is when a job is due, as time since midnight in Korea. The vans stand still then, and the figures of the day
// before are complete.
func (j Job) usualTime() time.Duration {
	return 3*time.Hour + 10*time.Minute*time.Duration(slices.Index(Jobs(), j))
}

// Night says which jobs the engine does by itself, and how. In the zero value it does none: they confirm purchases and
// call things delivered that nobody saw arrive, and so want to be asked for. [Engine.Do] does them all the same.
//
// A job is done once a Korean day, Stalls once an hour, by one of the processes that share the store. What was missed
// while none ran is done when one does, once. A job that failed, wholly or for one order, is tried again after a minute, and
// then ever less often, at last every hour, until it is due anew; one whose process died, by another when [Night.Lease] is over.
type Night struct {
	Jobs []Job
	// At is when a job is due, as time since midnight in Korea, less than 24 hours; of Stalls, since the full hour. A job
	// that is not in it is due between 03:00 and 04:10, Stalls at the full hour.
	At map[Job]time.Duration
	// Told is called after each job that Run did, and after each try of one that failed. It holds up the next one; a panic in it goes no further.
	Told func(r Report)
	// Lease is how long a job is left to the process that began it; 0 means an hour. One that takes longer may be done by two
	// at a time, which does no harm.
	Lease time.Duration

	Tenants []string // whose orders are worked on; none means those without a tenant

	// DeliverAfterDays is how many Korean days after its release a section that no courier carries counts as delivered. 0
	// means in the same night, which is what the 자동 배송완료 of shop systems does.
	DeliverAfterDays int

	// Subscriptions keeps registrations for pushes, in Registry. RegisterWaybills asks for them at the carriers in
	// Subscribe. Without them, KeepAlive and Reconcile have nothing to do.
	Subscriptions *subscription.Manager
	Registry      subscription.Registry
	Subscribe     []string
	// SilentAfter is how long neither a push nor an answer may have come about a parcel that is pushed before it is asked
	// about; 0 means 24 hours.
	SilentAfter time.Duration

	// KeepInbox and KeepAnswers are how long settled messages and raw answers are kept, both of which may hold more than is
	// needed; 0 means 30 days. They are pruned where the inbox and the store can ([Pruner], [AnswerPruner]).
	KeepInbox, KeepAnswers time.Duration
	// KeepParcels is how long what is known of a parcel is kept after the last news of it, where nothing has happened to its
	// orders since, either: at least 60 days; 0 means for ever. Then its evidence, watches, answers, tasks and traces are
	// forgotten. That there was the parcel, how it ended, for which orders, and the orders themselves stay. It takes a store
	// whose transactions are a [Forgetter].
	KeepParcels time.Duration
	// Records are what the law has kept for years, and not for ever.
	Records []Records

	// Learning says what LearnSchedule learns from.
	Learning poll.Learning

	// Holiday reports whether a day, given as its midnight in Korea, is one on which couriers rest, besides Sundays. It is
	// called often, and concurrently; nil means none. Holiday of tracking/schedule is one.
	Holiday func(day time.Time) bool
}

// A Pruner forgets what is older than a time, and tells how much that was.
type Pruner interface {
	Prune(ctx context.Context, before time.Time) (int, error)
}

// An AnswerPruner is a store that can forget what carriers answered, and keeps what became of it.
type AnswerPruner interface {
	PruneAnswers(ctx context.Context, before time.Time) (int, error)
}

// Records are kept for years, such as access records.
type Records struct {
	Name  string // for reports
	In    Pruner
	Years privacy.Retention
}

// A Report says what a job did.
type Report struct {
	Job          Job
	Began, Ended time.Time

	Done    int // sections moved, waybills followed, parcels to be asked about or learned from, things forgotten, alarms told or ended
	Refused int // what could not be done: the order refuses it, or it failed
	Left    int // what a person decides, or a later night
	// Lost counts parcels of Reconcile of which a poll found news that no push had brought.
	Lost int
	// Items are the first thousand of Refused and Left.
	Items []ReportItem
	// Err is why it could not go on; nil when it came to its end.
	Err error

	failed int // how many of Refused might go better another time
}

// A ReportItem is one thing that was not done.
type ReportItem struct {
	Order   order.OrderID
	Section order.SectionID
	Courier tracking.Courier // of what is about a waybill
	Last4   string           // its last four digits
	Why     string
	Err     error // why it was refused or failed; nil for what is left
}

const mostItems = 1000

func (r *Report) refused(i ReportItem) {
	r.Refused++
	r.Items = appendItem(r.Items, i)
}

// fails notes what was not refused: it went wrong.
func (r *Report) fails(i ReportItem) {
	r.failed++
	r.refused(i)
}

func (r *Report) left(i ReportItem) {
	r.Left++
	r.Items = appendItem(r.Items, i)
}

func appendItem(items []ReportItem, i ReportItem) []ReportItem {
	if len(items) < mostItems {
		items = append(items, i)
	}
	return items
}

// Do does a job now, whoever did it before. It works through orders one by one, each in a transaction of its own: what
// fails for one is no matter to the others, and is in the report. An error means that it could not go on, or that ctx ended; the
// report tells how far it came.
func (e *Engine) Do(ctx context.Context, job Job) (Report, error) {
	r := Report{Job: job, Began: e.config.Now()}
	do, ok := map[Job]func(context.Context, *Report) error{
		RegisterWaybills: e.registerWaybills, CompleteDeliveries: e.completeDeliveries, ConfirmPurchases: e.confirmPurchases,
		KeepAlive: e.keepAlive, Reconcile: e.reconcile, Retain: e.retain, LearnSchedule: e.learnSchedule, Stalls: e.stalls,
	}[job]
	if !ok {
		return r, fmt.Errorf("fulfill: there is no job %.30q", string(job))
	}
	err := do(ctx, &r)
	r.Ended = e.config.Now()
	if err != nil {
		r.Err = fmt.Errorf("fulfill: %s: %w", job, err)
	}
	return r, r.Err
}

// complete fills in the defaults, and reports faults.
func (n *Night) complete() error {
	var faults []error
	for _, job := range n.Jobs {
		if !slices.Contains(Jobs(), job) {
			faults = append(faults, fmt.Errorf("fulfill: Night.Jobs: there is no job %.30q", string(job)))
		}
	}
	for job, at := range n.At {
		most := 24 * time.Hour
		if job == Stalls {
			most = time.Hour
		}
		if !slices.Contains(Jobs(), job) || at < 0 || at >= most {
			faults = append(faults, fmt.Errorf("fulfill: Night.At: no job %.30q, or no time %v of it", string(job), at))
		}
	}
	for name, is := range map[string]bool{
		"DeliverAfterDays": n.DeliverAfterDays < 0, "Lease": n.Lease < 0, "SilentAfter": n.SilentAfter < 0, "KeepInbox": n.KeepInbox < 0, "KeepAnswers": n.KeepAnswers < 0, "Learning": min(n.Learning.Days, n.Learning.Parcels) < 0,
	} {
		if is {
			faults = append(faults, fmt.Errorf("fulfill: Night.%s is negative", name))
		}
	}
	if n.KeepParcels != 0 && n.KeepParcels < leastKept {
		faults = append(faults, fmt.Errorf("fulfill: Night.KeepParcels is less than %v", leastKept))
	}
	if len(n.Subscribe) > 0 && n.Subscriptions == nil {
		faults = append(faults, errors.New("fulfill: Night.Subscribe needs Night.Subscriptions"))
	}
	for _, kept := range n.Records {
		if kept.In == nil {
			faults = append(faults, fmt.Errorf("fulfill: Night.Records: %q are nowhere", kept.Name))
		}
		faults = append(faults, kept.Years.Validate())
	}
	if len(n.Tenants) == 0 {
		n.Tenants = []string{""}
	}
	n.Lease = cmp.Or(n.Lease, time.Hour)
	n.SilentAfter = cmp.Or(n.SilentAfter, 24*time.Hour)
	n.KeepInbox = cmp.Or(n.KeepInbox, 30*24*time.Hour)
	n.KeepAnswers = cmp.Or(n.KeepAnswers, 30*24*time.Hour)
	return errors.Join(faults...)
}
