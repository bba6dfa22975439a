package order

import (
	"fmt"
	"slices"
)

// A recording is the rule of one record event. Record events have no row in the table of transitions.
type recording struct {
	korean string
	actors roleSet
	decide func(*decision) error
}

// records has one row per record event. The events of people raise the version; facts, which change no status, do not.
var records = [...]recording{
	Created - statusEventCount:              {"주문생성", buyer | seller | operator | system | batch, (*decision).create},
	PaymentChanged - statusEventCount:       {"결제상태 변경", seller | operator | system | batch | refund, (*decision).changePayment},
	RecipientChanged - statusEventCount:     {"수령인 변경", buyer | seller | operator | system, (*decision).changeRecipient},
	ClaimHeld - statusEventCount:            {"클레임 보류", seller | operator | system, (*decision).hold},
	ClaimReleased - statusEventCount:        {"보류 해제", releasers, (*decision).release},
	SectionsMerged - statusEventCount:       {"섹션 병합", seller | operator | bulk, (*decision).merge},
	WaybillScanned - statusEventCount:       {"택배사 스캔", tracker | operator | batch, (*decision).scan},
	PriorStatusUpdated - statusEventCount:   {"이전상태 갱신", tracker | operator | batch, (*decision).updatePrior},
	ExceptionRaised - statusEventCount:      {"예외 발생", tracker | operator | batch | system | courier, (*decision).raise},
	ExceptionCleared - statusEventCount:     {"예외 해소", tracker | operator | batch | system, (*decision).clear},
	ReplacementCancelled - statusEventCount: {"교환출고 취소", seller | operator, (*decision).cancelReplacement},
	EvidenceWithdrawn - statusEventCount:    {"배송완료 근거 철회", tracker | operator | batch, (*decision).withdraw},
	WrittenOff - statusEventCount:           {"분실 확정", operator | batch, (*decision).writeOff},
}

func (d *decision) record() error {
	r := records[d.c.Event-statusEventCount]
	if roles(d.c.Actor.Role)&r.actors == 0 {
		return d.refuse(d.named(), &fault{ErrActor, fmt.Sprintf("role %s", d.c.Actor.Role)})
	}
	return r.decide(d)
}

// invalid refuses a command whose payload is incomplete.
func (d *decision) invalid(reason string) error {
	return d.refuse(d.named(), &fault{ErrInvalidCommand, reason})
}

// one finds the single section that a record is about, in the status that the caller expects.
func (d *decision) one() (*Section, error) {
	if d.c.Section == "" {
		return nil, d.refuse(nil, &fault{ErrLevel, "name a section"})
	}
	s, err := d.section(d.c.Section)
	if err == nil {
		err = d.expected(s)
	}
	return s, err
}

func (d *decision) expected(s *Section) error {
	if want := d.c.ExpectedStatus; want != 0 && want != s.Status {
		return d.refuse(s, &fault{ErrExpectedStatus, fmt.Sprintf("section is %v, not %v", s.Status, want)})
	}
	return nil
}

func (d *decision) changePayment() error {
	if !d.c.Payment.known() {
		return d.invalid("unknown payment state")
	}
	d.add(PaymentChanged, 1, nil, d.c.details())
	return nil
}

// changeRecipient is possible only while a section is ORDERED; for a whole order every live section must be.
func (d *decision) changeRecipient() error {
	if d.c.Recipient == nil {
		return d.invalid("recipient is missing")
	}
	sections, err := d.liveOrNamed()
	if err != nil {
		return err
	}
	moves := make([]Move, 0, len(sections))
	for _, s := range sections {
		if err := d.expected(s); err != nil {
			return err
		}
		if s.Status != StatusOrdered {
			return d.refuse(s, &fault{ErrIllegal, "section is " + s.Status.String()})
		}
		moves = append(moves, stays(s, s.Prior))
	}
	d.add(RecipientChanged, 1, moves, d.c.details())
	return nil
}

// liveOrNamed gives the named section or, for the whole order, every live one.
func (d *decision) liveOrNamed() ([]*Section, error) {
	if d.c.Section != "" {
		s, err := d.section(d.c.Section)
		return []*Section{s}, err
	}
	var live []*Section
	for i := range d.o.Sections {
		if d.o.Sections[i].Live() {
			live = append(live, &d.o.Sections[i])
		}
	}
	if live == nil {
		return nil, d.refuse(nil, &fault{ErrIllegal, "no section is live"})
	}
	return live, nil
}

// hold holds the open claim of a section or, where there is none, the section itself.
func (d *decision) hold() error {
	s, err := d.one()
	if err != nil {
		return err
	}
	if d.c.Hold == nil || d.c.Hold.Code == "" {
		return d.invalid("hold code is missing")
	}
	if !s.Live() {
		return d.refuse(s, &fault{ErrIllegal, "section is " + s.Status.String()})
	}
	m := stays(s, s.Prior)
	if c := d.o.openClaim(s); c != nil {
		m.Claim = c.ID
	}
	d.add(ClaimHeld, 1, []Move{m}, d.c.details())
	return nil
}

// releasers are the roles that may lift a hold.
const releasers = seller | operator | system

func (d *decision) release() error {
	s, err := d.one()
	if err != nil {
		return err
	}
	m := stays(s, s.Prior)
	held := s.Hold
	if c := d.o.openClaim(s); c != nil && (c.Hold != nil || held == nil) {
		m.Claim, held = c.ID, c.Hold
	}
	if held == nil {
		return d.refuse(s, unmet("nothing is on hold"))
	}
	d.add(ClaimReleased, 1, []Move{m}, nil)
	return nil
}

// about finds what a fact is about: the named section, or every live section that carries the waybill.
func (d *decision) about(carries func(*Section) bool) ([]*Section, error) {
	if d.c.Section != "" {
		s, err := d.one()
		return []*Section{s}, err
	}
	if d.c.Waybill == nil {
		return nil, d.refuse(nil, &fault{ErrLevel, "name a section or a waybill"})
	}
	var found []*Section
	for i := range d.o.Sections {
		if s := &d.o.Sections[i]; s.MergedInto == "" && carries(s) {
			found = append(found, s)
		}
	}
	return found, nil
}

func (d *decision) outbound(s *Section) bool { return s.Waybill != nil && *s.Waybill == *d.c.Waybill }

func (d *decision) anyRole(s *Section) bool {
	return d.outbound(s) || s.RecallWaybill != nil && *s.RecallWaybill == *d.c.Waybill ||
		s.SendBackWaybill != nil && *s.SendBackWaybill == *d.c.Waybill
}

// note adds a record of facts about sections, unless there is nothing new in them.
func (d *decision) note(moves []Move) error {
	if len(moves) > 0 {
		d.add(d.c.Event, 0, moves, d.c.details())
	}
	return nil
}

func (d *decision) scan() error {
	sections, err := d.about(d.outbound)
	if err != nil {
		return err
	}
	var moves []Move
	for _, s := range sections {
		if s.Waybill == nil {
			return d.refuse(s, unmet("no waybill"))
		}
		if d.c.Waybill != nil && !d.outbound(s) {
			return d.refuse(s, &fault{ErrWaybillInvalid, "not the waybill that the section carries"})
		}
		if !s.Scanned {
			moves = append(moves, stays(s, s.Prior))
		}
	}
	return d.note(moves)
}

// updatePrior is rule G4: a parcel delivered under an open claim changes where a refused claim goes back to. A section that
// stayed DELIVERED when its evidence was withdrawn gets a time of delivery again, from which its buyer's days count.
func (d *decision) updatePrior() error {
	sections, err := d.about(d.outbound)
	if err != nil {
		return err
	}
	var moves []Move
	for _, s := range sections {
		switch {
		case s.withdrawn():
			moves = append(moves, stays(s, s.Prior))
		case d.c.Section != "" && !s.Status.ClaimOpen():
			return d.refuse(s, &fault{ErrIllegal, "no open claim"})
		case s.Status.ClaimOpen() && s.Prior == StatusReleased:
			moves = append(moves, stays(s, StatusDelivered))
		}
	}
	return d.note(moves)
}

func (d *decision) raise() error {
	if d.c.Exception == nil || d.c.Exception.Code == "" {
		return d.invalid("exception code is missing")
	}
	sections, err := d.about(d.anyRole)
	if err != nil {
		return err
	}
	var moves []Move
	for _, s := range sections {
		if s.Exception == nil || *s.Exception != *d.c.Exception {
			moves = append(moves, stays(s, s.Prior))
		}
	}
	return d.note(moves)
}

func (d *decision) clear() error {
	sections, err := d.about(d.anyRole)
	if err != nil {
		return err
	}
	var moves []Move
	for _, s := range sections {
		if s.Exception != nil {
			moves = append(moves, stays(s, s.Prior))
		}
	}
	return d.note(moves)
}

// withdraw takes the evidence of delivery back. The status stays, for only a correction or a return moves it; under a
// claim the prior status goes back to RELEASED.
func (d *decision) withdraw() error {
	sections, err := d.about(d.outbound)
	if err != nil {
		return err
	}
	var moves []Move
	for _, s := range sections {
		if !reached(s, StatusDelivered) || !s.Live() {
			if d.c.Section != "" {
				return d.refuse(s, &fault{ErrIllegal, "section was not delivered"})
			}
			continue
		}
		m := stays(s, s.Prior)
		if m.Prior == StatusDelivered {
			m.Prior = StatusReleased
		}
		moves = append(moves, m)
		d.act(CompensateDelivery, m, nil)
	}
	return d.note(moves)
}

// cancelReplacement cancels what was to be sent for an exchange and has not left. With Convert the claim becomes a
// return as well, and only there from RECALL_COMPLETED: the way out when the goods are back and the replacement turns
// out to be missing. ConvertToReturn itself keeps starting at RECALL_CONFIRMED.
func (d *decision) cancelReplacement() error {
	s, err := d.one()
	if err != nil {
		return err
	}
	t := d.trialOf(nil, s)
	if t.claim == nil || t.claim.Type != ClaimExchange {
		return d.refuse(s, &fault{ErrIllegal, "no open exchange claim"})
	}
	if d.c.Convert && s.Status != StatusRecallCompleted {
		return d.refuse(s, &fault{ErrIllegal, "section is " + s.Status.String() + ", not RECALL_COMPLETED"})
	}
	f := t.narrow(d.c.Items)
	if f == nil {
		f = wholeItems(&t)
	}
	if f == nil {
		f = replacementUnreleased(&t)
	}
	if f != nil {
		return d.refuse(s, f)
	}
	m := stays(s, s.Prior)
	m.Claim, m.Items = t.claim.ID, t.parts
	if d.c.Convert {
		m = d.split(&t)
		m.To, m.Prior = s.Status, s.Prior
	}
	out := d.cancelled(t.parts)
	if len(out) == 0 && !d.c.Convert {
		return d.refuse(s, unmet("there is no replacement to cancel"))
	}
	d.act(CustomerMessage, m, nil)
	d.add(ReplacementCancelled, 1, append([]Move{m}, out...), d.c.details())
	return nil
}

func wholeItems(t *trial) *fault {
	t.rule = &rule{part: itemwise}
	return t.divisible()
}

// lost are the statuses in which an outbound parcel, or a recall that never came, may be written off.
var lost = in(StatusReleased, StatusCancelRequested, StatusReturnRequested, StatusExchangeRequested, StatusRecallInstructed)

// writeOff ends a section whose goods are lost, without a recall that could never complete: RETURNED under a return
// claim in which everything is missing, or CANCELLED where a cancel was asked for a parcel that had left already.
func (d *decision) writeOff() error {
	s, err := d.one()
	if err != nil {
		return err
	}
	t := d.trialOf(&rule{part: byQuantity}, s)
	if !lost.has(s.Status) || s.Status.ClaimOpen() && t.claim == nil {
		return d.refuse(s, &fault{ErrIllegal, "section is " + s.Status.String()})
	}
	f := reasoned(&t)
	if f == nil {
		f = t.narrow(d.c.Items)
	}
	if f == nil && s.Status == StatusCancelRequested && !s.Scanned {
		f = unmet("the parcel has not left: approve the cancel")
	}
	if f == nil && t.claim != nil && t.claim.Type == ClaimExchange {
		f = replacementUnreleased(&t)
	}
	if f != nil {
		return d.refuse(s, f)
	}
	m := d.split(&t)
	m.To, m.Outcome = StatusReturned, OutcomeCompleted
	if s.Status == StatusCancelRequested {
		m.To = StatusCancelled
	}
	if t.claim == nil {
		m.Claim, m.Opened = d.newClaim(), true
	}
	d.act(CustomerMessage, m, nil)
	d.refund(s, m)
	if s.Status == StatusRecallInstructed {
		d.act(CancelRecall, m, s.RecallWaybill) // nobody is to fetch what is lost
	}
	d.add(WrittenOff, 1, []Move{m}, d.c.details())
	if t.claim != nil && t.claim.Type == ClaimExchange {
		d.cancelReplacements(t.parts)
	}
	return nil
}

func sortedSections(o *Order, ids []SectionID) []SectionID {
	sorted := slices.Clone(ids)
	slices.SortFunc(sorted, func(a, b SectionID) int { return o.sectionIndex(a) - o.sectionIndex(b) })
	return slices.Compact(sorted)
}
