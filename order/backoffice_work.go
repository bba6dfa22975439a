package order

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxSubjects is how many sections one list of work may name.
const MaxSubjects = 1000

// Work is one operation on many sections, each on its own: what one of them refuses is no matter to the others.
type Work struct {
	// ID names the whole list. Every section gets a command of its own, whose id is made of this one and of the
	// subject's Key. A list that was interrupted is given again as it was: what is done is not done twice.
	ID    CommandID
	Actor Actor
	At    time.Time // when it happened; zero: not known
	// Current is the status that the caller believes the sections to have; one that has another is refused. Target is
	// the status wanted. Operations that know one or both themselves take them empty.
	Current, Target Status
	Reason          string // for subjects without one of their own
	On              []Subject
}

// A Subject is a section to work on, or a part of it, with what its event needs. It is named by delivery number, by
// recall delivery number, or by order and section; the order alone means every section in which the event is legal.
type Subject struct {
	Key              string // tells subjects of one list apart, such as rows of a sheet; default: what the section is named by
	DeliveryNo       string
	RecallDeliveryNo string
	Order            OrderID
	Section          SectionID

	Items         []ItemQuantity // the part; none: all of it
	Waybill       *Waybill
	Place         string
	Reason        string
	Reception     []Reception
	RecallAddress *Recipient
}

// A Result is what became of one subject.
type Result struct {
	Subject Subject
	Order   OrderID
	Section SectionID // where the goods are now: a section of their own if they were a part
	Status  Status    // of that section
	Version int64     // of the order
	Events  []Event
	NoOp    bool  // it had been done before; nothing was changed
	Err     error // a *[Refused], [ErrNoOrder], or an error of the store; nothing was changed
}

// Actions lists what is to be done outside because of the subject.
func (r Result) Actions() []Action {
	var all []Action
	for _, e := range r.Events {
		all = append(all, e.Actions...)
	}
	return all
}

// ErrNoStep means that no single event of the operation leads from the current to the target status.
var ErrNoStep = errors.New("order: no step")

// StepBetween gives the event that leads from one status to another. There is at most one; events that go back to the
// prior status or leave it as it is lead to no status of their own. The error wraps [ErrNoStep] and says where the
// current status can go.
func StepBetween(current, target Status) (EventName, error) {
	return step(StatusEvents(), current, target)
}

// The steps that one call may take, each in its operation.
func deliverySteps() []EventName {
	return []EventName{InstructDelivery, InstructRelease, CompleteRelease, CompleteDelivery}
}

func stockoutSteps() []EventName { return []EventName{RegisterStockout, ReleaseStockout} }

func recallSteps() []EventName { return []EventName{InstructRecall, ConfirmRecall, CompleteRecall} }

func step(among []EventName, current, target Status) (EventName, error) {
	var possible []Status
	for _, name := range among {
		r := &table[name]
		if !r.from.has(current) || r.to > statusCount {
			continue
		}
		if r.to == target {
			return name, nil
		}
		possible = append(possible, r.to)
	}
	if len(possible) == 0 {
		return 0, fmt.Errorf("%w from %v to %v: nothing of the kind leads on from there", ErrNoStep, current, target)
	}
	return 0, fmt.Errorf("%w from %v to %v: it leads to %v", ErrNoStep, current, target, possible)
}

// Deliver takes sections one step on their way (배송처리): 주문완료 → 배송지시 → 출고지시 → 출고완료 → 배송완료. Current and
// Target are needed. An error means that nothing was begun; what became of each subject is in its result, in the order
// of the subjects.
func (b *BackOffice) Deliver(ctx context.Context, w Work) ([]Result, error) {
	return b.takeStep(ctx, w, deliverySteps())
}

// RegisterStockout holds what is short (결품등록): 출고지시 → 출고대기. It needs a reason. Results and errors are those of
// [BackOffice.Deliver].
func (b *BackOffice) RegisterStockout(ctx context.Context, w Work) ([]Result, error) {
	w.Current, w.Target = StatusReleaseInstructed, StatusStockoutHeld
	return b.takeStep(ctx, w, stockoutSteps())
}

// ReleaseStockout lets go what was short (결품해제): 출고대기 → 출고지시.
func (b *BackOffice) ReleaseStockout(ctx context.Context, w Work) ([]Result, error) {
	w.Current, w.Target = StatusStockoutHeld, StatusReleaseInstructed
	return b.takeStep(ctx, w, stockoutSteps())
}

// InstructRecall has goods fetched (회수지시), of returns and exchanges alike. Current is checked if it is given.
func (b *BackOffice) InstructRecall(ctx context.Context, w Work) ([]Result, error) {
	return b.work(ctx, w, always(InstructRecall))
}

// UpdateRecall takes recalls one step on (회수 상태 업데이트): 반품접수 or 교환접수 → 회수지시 → 회수확인 → 회수완료. Current
// and Target are needed; 회수확인 needs the recall waybill unless nothing is carried by a courier, 회수완료 the reception.
func (b *BackOffice) UpdateRecall(ctx context.Context, w Work) ([]Result, error) {
	return b.takeStep(ctx, w, recallSteps())
}

// ConvertToReturn makes returns of exchanges whose goods are on their way back (교환 중 반품).
func (b *BackOffice) ConvertToReturn(ctx context.Context, w Work) ([]Result, error) {
	return b.work(ctx, w, always(ConvertToReturn))
}

// RejectClaims refuses returns (반품불가) and exchanges (교환불가), each by its own event. It needs a reason, and the
// waybill of the way back to the buyer where goods have arrived.
func (b *BackOffice) RejectClaims(ctx context.Context, w Work) ([]Result, error) {
	if err := w.namesSections(); err != nil {
		return nil, err
	}
	return b.work(ctx, w, func(o *Order, s *Section) EventName {
		// The latest claim, open or not: a refusal that is repeated has to be the same command.
		if i := o.claimIndex(s.Claim); i >= 0 && o.Claims[i].Type == ClaimExchange {
			return RejectExchange
		}
		return RejectReturn
	})
}

// namesSections refuses work on whole orders, where each section is judged by itself.
func (w *Work) namesSections() error {
	for i, s := range w.On {
		if s.Order != "" && s.Section == "" {
			return fmt.Errorf("%w: subject %d is a whole order, not a section", ErrWork, i+1)
		}
	}
	return nil
}

func (b *BackOffice) takeStep(ctx context.Context, w Work, among []EventName) ([]Result, error) {
	if w.Current == 0 || w.Target == 0 {
		return nil, fmt.Errorf("%w: current and target status are needed", ErrWork)
	}
	name, err := step(among, w.Current, w.Target)
	if err != nil {
		return nil, err
	}
	return b.work(ctx, w, always(name))
}

// A choice is the event for a section; nil stands for a whole order.
type choice func(*Order, *Section) EventName

func always(name EventName) choice { return func(*Order, *Section) EventName { return name } }

// An operation is what is done to each subject of a list.
type operation struct {
	event choice
	// done finds the section in which what a subject asks for has been done already; nil: command ids alone tell.
	done func(*Order, *Section, Subject) (Section, bool)
}

func (b *BackOffice) work(ctx context.Context, w Work, event choice) ([]Result, error) {
	return b.operate(ctx, w, operation{event: event})
}

func (b *BackOffice) operate(ctx context.Context, w Work, op operation) ([]Result, error) {
	if err := w.validate(); err != nil {
		return nil, err
	}
	results := make([]Result, len(w.On))
	for i, s := range w.On {
		results[i] = b.one(ctx, &w, s, op)
	}
	return results, nil
}

func (w *Work) validate() error {
	switch {
	case w.ID == "":
		return fmt.Errorf("%w: the id is missing", ErrWork)
	case len(w.On) == 0:
		return fmt.Errorf("%w: no section is named", ErrWork)
	case len(w.On) > MaxSubjects:
		return fmt.Errorf("%w: %d sections, at most %d at once", ErrWork, len(w.On), MaxSubjects)
	}
	var faults []error
	for i, s := range w.On {
		if n := s.names(); n != 1 {
			faults = append(faults, fmt.Errorf("%w: subject %d has %d names, want one of delivery number, recall delivery number, order", ErrWork, i+1, n))
		}
	}
	return errors.Join(faults...)
}

// names counts by how many ways the section is named.
func (s *Subject) names() int {
	n := 0
	for _, name := range []string{s.DeliveryNo, s.RecallDeliveryNo, string(s.Order)} {
		if name != "" {
			n++
		}
	}
	if s.Order == "" && s.Section != "" {
		n++ // a section of no order
	}
	return n
}

// errDone stops a command that would do what has been done.
var errDone = errors.New("done already")

// one does the work for one subject.
func (b *BackOffice) one(ctx context.Context, w *Work, s Subject, op operation) Result {
	r := Result{Subject: s}
	if r.Order, r.Err = b.orderOf(ctx, s); r.Err != nil {
		return r
	}
	stored := 0
	o, events, err := b.execute(ctx, r.Order, func(o Order) (Command, error) {
		stored = len(o.History)
		return r.command(w, &o, op)
	})
	if errors.Is(err, errDone) {
		err = nil
	}
	r.Events, r.Version, r.Err = events, o.Version, err
	r.NoOp = err == nil && len(o.History) == stored
	r.stand(&o)
	return r
}

func (b *BackOffice) orderOf(ctx context.Context, s Subject) (OrderID, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if s.Order != "" {
		return s.Order, nil
	}
	return b.orders.Locate(ctx, Key{Tenant: b.tenant, DeliveryNo: s.DeliveryNo, RecallDeliveryNo: s.RecallDeliveryNo})
}

// command makes the command for the subject, and notes the section that it is about.
func (r *Result) command(w *Work, o *Order, op operation) (Command, error) {
	s := r.Subject
	c := Command{
		ID: s.commandID(w.ID), Actor: w.Actor, At: w.At, Items: s.Items, ExpectedStatus: w.Current,
		Reason: s.Reason, Waybill: s.Waybill, Place: s.Place, Reception: s.Reception, RecallAddress: s.RecallAddress,
	}
	if c.Reason == "" {
		c.Reason = w.Reason
	}
	var section *Section
	if s.Order == "" || s.Section != "" {
		found, ok := s.in(o)
		if !ok {
			return c, ErrNoOrder
		}
		section, c.Section, r.Section = &found, found.ID, found.ID
	}
	if op.done != nil {
		if at, ok := op.done(o, section, s); ok {
			r.Section = at.ID
			return c, errDone
		}
	}
	c.Event = op.event(o, section)
	return c, nil
}

func (s *Subject) in(o *Order) (Section, bool) {
	if s.Section != "" {
		return o.Section(s.Section)
	}
	return o.keyed(Key{DeliveryNo: s.DeliveryNo, RecallDeliveryNo: s.RecallDeliveryNo})
}

// commandID makes the id of the subject's command.
func (s *Subject) commandID(of CommandID) CommandID {
	key := s.Key
	if key == "" {
		key = s.DeliveryNo + s.RecallDeliveryNo + string(s.Section)
	}
	return of + "/" + CommandID(key)
}

// stand tells where the goods of the subject are now.
func (r *Result) stand(o *Order) {
	if i := slices.IndexFunc(r.Events, func(e Event) bool { return len(e.Moves) > 0 }); i >= 0 {
		r.Section = r.Events[i].Moves[0].Target()
	}
	if s, ok := o.Section(r.Section); ok {
		r.Status = s.Status
	}
}
