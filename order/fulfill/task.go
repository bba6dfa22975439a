package fulfill

import (
	"time"

	"github.com/waybill-dev/waybill/order"
)

// A Task is an action in the outbox, from the transaction that caused it to its end. Its stream is its action's order:
// tasks of one stream go out one after the other.
type Task struct {
	Action Action

	State     TaskState
	Attempts  int       // claims
	DueAt     time.Time // when it may be tried next
	CreatedAt time.Time
	DoneAt    time.Time // when it was settled for good; zero before
	Why       string    // why it failed last, waits or was passed over; never what a function's error says of a person
	Fence     int64     // rises with every claim
}

// TaskState is where a task stands.
type TaskState string

// The states.
const (
	Waiting   TaskState = "waiting"
	Done      TaskState = "done"
	Dead      TaskState = "dead"      // given up after many failures; a person may replay it. It holds up nobody behind it
	Passed    TaskState = "passed"    // the host has no function for it
	Withdrawn TaskState = "withdrawn" // its cause was withdrawn before it was done
)

// A TaskFilter chooses tasks. The zero value chooses all.
type TaskFilter struct {
	State TaskState
	Order order.OrderID // of its stream
	After string        // only keys behind it
	Limit int           // at most so many; 0 means all
}
