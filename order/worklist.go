package order

import (
	"context"
	"fmt"
	"slices"
)

// A WorkList (작업 목록) is what waits for one action of the back office: the sections in the statuses that the action
// starts from.
type WorkList struct {
	Korean   string      // such as 출고지시처리
	Actions  []EventName // what can be done with its sections; the first gives the list its name
	Statuses []Status    // where the first action starts, by the table
}

// WorkLists gives the eight lists in the order in which goods pass through them.
func WorkLists() []WorkList {
	return []WorkList{
		workList("배송지시처리", InstructDelivery),
		workList("출고지시처리", InstructRelease),
		workList("출고완료처리 · 결품등록", CompleteRelease, RegisterStockout),
		workList("결품해제", ReleaseStockout),
		workList("배송완료처리", CompleteDelivery),
		workList("회수지시처리", InstructRecall),
		workList("회수확인처리", ConfirmRecall),
		workList("회수완료처리", CompleteRecall, ConvertToReturn, RejectReturn, RejectExchange),
	}
}

func workList(korean string, actions ...EventName) WorkList {
	return WorkList{Korean: korean, Actions: actions, Statuses: table[actions[0]].from.list()}
}

// list gives the statuses of the set, in the order of the constants.
func (set statusSet) list() []Status {
	return slices.DeleteFunc(Statuses(), func(s Status) bool { return !set.has(s) })
}

// WorkListFor finds the list of an action. The error wraps [ErrQuery].
func WorkListFor(action EventName) (WorkList, error) {
	for _, l := range WorkLists() {
		if slices.Contains(l.Actions, action) {
			return l, nil
		}
	}
	return WorkList{}, fmt.Errorf("%w: %v has no work list", ErrQuery, action)
}

// WorkList lists the sections that wait for an action (배송처리목록조회). The query may narrow the list, also to some of its
// statuses.
func (b *BackOffice) WorkList(ctx context.Context, action EventName, q Query) (Listing, error) {
	l, err := WorkListFor(action)
	if err != nil {
		return Listing{}, err
	}
	return b.within(ctx, q, l.Statuses)
}

// Deliveries lists sections of any status that lists show (배송목록조회).
func (b *BackOffice) Deliveries(ctx context.Context, q Query) (Listing, error) {
	return b.within(ctx, q, shownStatuses())
}

// Recalls lists the sections of returns and exchanges that are not done (회수 조회).
func (b *BackOffice) Recalls(ctx context.Context, q Query) (Listing, error) {
	return b.within(ctx, q, (underClaim &^ in(StatusCancelRequested)).list())
}

// within lists what the query finds in some statuses.
func (b *BackOffice) within(ctx context.Context, q Query, statuses []Status) (Listing, error) {
	q.Filter.Tenant = b.tenant
	if err := q.Validate(); err != nil {
		return Listing{}, err
	}
	wanted := q.Filter.wanted()
	if len(q.Filter.Statuses) > 0 {
		for _, s := range wanted {
			if !slices.Contains(statuses, s) {
				return Listing{}, fmt.Errorf("%w: status %v is not in this list, which has %v", ErrQuery, s, statuses)
			}
		}
	}
	statuses = slices.DeleteFunc(statuses, func(s Status) bool { return !slices.Contains(wanted, s) })
	q = q.complete()
	if len(statuses) == 0 {
		return q.listing(b.machine, Found{}), nil // a bucket of another list
	}
	q.Filter.Statuses, q.Filter.Bucket = statuses, ""
	found, err := b.orders.Find(ctx, q)
	if err != nil {
		return Listing{}, err
	}
	return q.listing(b.machine, found), nil
}

// Hidden reports whether lists leave the section out: cancelled, returned, merged away, or without a valid quantity.
// Details by number show it.
func (s Section) Hidden() bool {
	return s.MergedInto != "" || s.Quantity() <= 0 || hiddenStatuses.has(s.Status)
}

const hiddenStatuses = statusSet(1<<StatusCancelled | 1<<StatusReturned)

func shownStatuses() []Status {
	return slices.DeleteFunc(Statuses(), hiddenStatuses.has)
}

// A Bucket is a group of statuses for a tab or a filter. Every status is in exactly one.
type Bucket string

// The buckets.
const (
	BucketPreparing Bucket = "PREPARING" // 준비: ORDERED, DELIVERY_INSTRUCTED
	BucketReleasing Bucket = "RELEASING" // 출고: RELEASE_INSTRUCTED, STOCKOUT_HELD
	BucketShipping  Bucket = "SHIPPING"  // 배송중: RELEASED
	BucketDelivered Bucket = "DELIVERED" // 배송완료: DELIVERED, PURCHASE_CONFIRMED
	BucketCancels   Bucket = "CANCELS"   // 취소: CANCEL_REQUESTED, CANCELLED
	BucketReturns   Bucket = "RETURNS"   // 반품: RETURN_REQUESTED, RETURNED
	BucketExchanges Bucket = "EXCHANGES" // 교환: EXCHANGE_REQUESTED, EXCHANGED
	BucketRecalls   Bucket = "RECALLS"   // 회수: RECALL_INSTRUCTED, RECALL_CONFIRMED, RECALL_COMPLETED
)

var statusBuckets = [statusCount + 1]Bucket{
	StatusOrdered: BucketPreparing, StatusDeliveryInstructed: BucketPreparing,
	StatusReleaseInstructed: BucketReleasing, StatusStockoutHeld: BucketReleasing,
	StatusReleased:  BucketShipping,
	StatusDelivered: BucketDelivered, StatusPurchaseConfirmed: BucketDelivered,
	StatusCancelRequested: BucketCancels, StatusCancelled: BucketCancels,
	StatusReturnRequested: BucketReturns, StatusReturned: BucketReturns,
	StatusExchangeRequested: BucketExchanges, StatusExchanged: BucketExchanges,
	StatusRecallInstructed: BucketRecalls, StatusRecallConfirmed: BucketRecalls, StatusRecallCompleted: BucketRecalls,
}

// Bucket gives the group that the status is in; nothing for what is no status.
func (s Status) Bucket() Bucket {
	if int(s) < len(statusBuckets) {
		return statusBuckets[s]
	}
	return ""
}

// Buckets lists the buckets in the order of the statuses: there is none without a status, and no status without one.
func Buckets() []Bucket {
	var all []Bucket
	for _, s := range Statuses() {
		if b := s.Bucket(); !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	return all
}

// Statuses lists the statuses of the bucket.
func (b Bucket) Statuses() []Status {
	return slices.DeleteFunc(Statuses(), func(s Status) bool { return s.Bucket() != b })
}

// Korean gives the Korean display text.
func (b Bucket) Korean() string {
	switch b {
	case BucketPreparing:
		return "준비"
	case BucketReleasing:
		return "출고"
	case BucketShipping:
		return "배송중"
	case BucketDelivered:
		return "배송완료"
	case BucketCancels:
		return "취소"
	case BucketReturns:
		return "반품"
	case BucketExchanges:
		return "교환"
	case BucketRecalls:
		return "회수"
	}
	return ""
}
