package report

import "github.com/waybill-dev/waybill/tracking"

// Bucket is a group of statuses that a dashboard counts as one. Its value is what goes into JSON.
type Bucket string

// The buckets.
const (
	BucketWaiting   Bucket = "waiting"    // 집하 전: there is a label, and the courier has no parcel yet
	BucketInTransit Bucket = "in_transit" // 배송 중: the courier has it
	BucketDelivered Bucket = "delivered"  // 배송 완료
	BucketException Bucket = "exception"  // 예외: an attempt failed, it is held, or it is lost
	BucketReturned  Bucket = "returned"   // 반송: going back, or back
	BucketCancelled Bucket = "cancelled"  // 취소: the label was voided
	BucketUnknown   Bucket = "unknown"    // 확인 필요: to be looked at, for nobody can tell where it stands
)

var bucketNames = map[Bucket]struct{ english, korean string }{
	BucketWaiting:   {"waiting for the courier", "집하 전"},
	BucketInTransit: {"in transit", "배송 중"},
	BucketDelivered: {"delivered", "배송 완료"},
	BucketException: {"exceptions", "예외"},
	BucketReturned:  {"returned", "반송"},
	BucketCancelled: {"cancelled", "취소"},
	BucketUnknown:   {"to be looked at", "확인 필요"},
}

// Buckets lists all buckets, in the order in which they are shown.
func Buckets() []Bucket {
	return []Bucket{
		BucketWaiting, BucketInTransit, BucketDelivered, BucketException, BucketReturned, BucketCancelled, BucketUnknown,
	}
}

// BucketOf gives the one bucket of a status. What is none of the twelve is to be looked at.
func BucketOf(s tracking.Status) Bucket {
	switch s {
	case tracking.StatusPending, tracking.StatusRegistered, tracking.StatusPickupReady:
		return BucketWaiting
	case tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery:
		return BucketInTransit
	case tracking.StatusDelivered:
		return BucketDelivered
	case tracking.StatusFailed, tracking.StatusHold:
		return BucketException
	case tracking.StatusReturned:
		return BucketReturned
	case tracking.StatusCancelled:
		return BucketCancelled
	default: // StatusUnknown
		return BucketUnknown
	}
}

// Statuses lists the statuses of a bucket: what a list on a screen is to be filtered by. Nothing for another word.
func (b Bucket) Statuses() []tracking.Status {
	var in []tracking.Status
	for _, s := range tracking.Statuses() {
		if BucketOf(s) == b {
			in = append(in, s)
		}
	}
	return in
}

// Korean gives the Korean display text, such as 배송 중.
func (b Bucket) Korean() string { return bucketNames[b].korean }

// Counts says how many parcels stand where.
type Counts struct {
	All      int                     `json:"all"`
	Buckets  map[Bucket]int          `json:"buckets"`  // every bucket, those without parcels too; they add up to All
	Statuses map[tracking.Status]int `json:"statuses"` // every status, likewise
}

// tally counts parcels by status.
type tally []int

func newTally() tally { return make(tally, len(tracking.Statuses())) }

func (t tally) add(s tracking.Status) {
	if int(s) >= len(t) {
		s = tracking.StatusUnknown
	}
	t[s]++
}

func (t tally) plus(other tally) {
	for s, n := range other {
		t[s] += n
	}
}

func (t tally) counts() Counts {
	c := Counts{Buckets: make(map[Bucket]int), Statuses: make(map[tracking.Status]int)}
	for _, b := range Buckets() {
		c.Buckets[b] = 0
	}
	for _, s := range tracking.Statuses() {
		c.All += t[s]
		c.Buckets[BucketOf(s)] += t[s]
		c.Statuses[s] = t[s]
	}
	return c
}
