package fulfill

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// An Explanation says why an order stands as it does: what carriers said of its parcels, which rule moved which section
// because of that, what people did, what was done in the warehouse, and what comes next. It holds nothing of buyers and
// recipients, and no free text that people wrote. [Explanation.Text] writes it for people.
type Explanation struct {
	Order    order.OrderID      `json:"order"`
	At       time.Time          `json:"at"` // when it was explained
	Sections []ExplainedSection `json:"sections"`
	// Others are parcels that no section carries now: of waybills that were replaced or removed.
	Others []ExplainedShipment `json:"others,omitempty"`
}

// An ExplainedSection is a section, with everything that touched it.
type ExplainedSection struct {
	Section    order.SectionID     `json:"section"`
	Kind       order.Kind          `json:"kind"`
	Status     order.Status        `json:"status"`
	Prior      order.Status        `json:"prior,omitzero"`
	Since      time.Time           `json:"since,omitzero"` // of the event that brought the status
	Quantity   int                 `json:"quantity"`
	Claim      order.ClaimType     `json:"claim,omitempty"` // of the open claim
	Hold       string              `json:"hold,omitempty"`  // code of what holds the section or its claim
	Exception  string              `json:"exception,omitempty"`
	MarkedAt   time.Time           `json:"marked_at,omitzero"` // when what the exception is about happened
	Parent     order.SectionID     `json:"parent,omitempty"`   // that it was split from
	MergedInto order.SectionID     `json:"merged_into,omitempty"`
	Steps      []ExplainedStep     `json:"steps"` // newest first
	Shipments  []ExplainedShipment `json:"shipments,omitempty"`
	Tasks      []ExplainedTask     `json:"tasks,omitempty"` // what commands caused, oldest first
}

// An ExplainedStep is one event of the order's history, or a fact that was noted and changed nothing.
type ExplainedStep struct {
	At      time.Time       `json:"at,omitzero"`      // when it happened
	Applied time.Time       `json:"applied,omitzero"` // when the order learnt of it, where a parcel's fact is behind it
	Event   order.EventName `json:"event,omitempty"`  // none where a fact was only noted
	By      order.Actor     `json:"by,omitzero"`
	From    order.Status    `json:"from,omitzero"` // From and To are only there where the status changed
	To      order.Status    `json:"to,omitzero"`
	Code    string          `json:"code,omitempty"` // of the exception or hold
	Fact    *Trace          `json:"fact,omitempty"` // why; at the first event of a command
}

// An ExplainedShipment is one use of a waybill number.
type ExplainedShipment struct {
	Courier    tracking.Courier  `json:"courier"`
	Number     string            `json:"number"` // whole; [Explanation.Text] shows the last four digits
	Generation int               `json:"generation"`
	Role       order.WaybillRole `json:"role"`
	Shared     []order.OrderID   `json:"shared,omitempty"` // other orders that travel, or travelled, under it
	Since      time.Time         `json:"since,omitzero"`

	Forgotten   bool             `json:"forgotten,omitempty"` // what was known besides this
	Known       bool             `json:"known"`               // some carrier has data
	Status      tracking.Status  `json:"status"`
	Sub         tracking.Sub     `json:"sub,omitempty"`
	Inferred    bool             `json:"inferred,omitempty"`
	DeliveredAt time.Time        `json:"delivered_at,omitzero"`
	Doubts      []string         `json:"doubts,omitempty"`
	Unmapped    int              `json:"unmapped,omitempty"` // scans that no mapping knows
	Pin         *ExplainedPin    `json:"pin,omitempty"`
	Awaiting    Awaiting         `json:"awaiting,omitempty"` // why stock and money are held
	Withdrawn   int              `json:"withdrawn,omitempty"`
	Events      []ExplainedEvent `json:"events,omitempty"` // newest first
	Watches     []ExplainedWatch `json:"watches,omitempty"`
	Tasks       []ExplainedTask  `json:"tasks,omitempty"` // oldest first
}

// An ExplainedPin is a person's correction.
type ExplainedPin struct {
	Status tracking.Status `json:"status"`
	Sub    tracking.Sub    `json:"sub,omitempty"`
	At     time.Time       `json:"at"`
	By     order.Actor     `json:"by"`
}

// An ExplainedEvent is a scan, or a carrier's own summary.
type ExplainedEvent struct {
	At        time.Time          `json:"at,omitzero"`
	Precision tracking.Precision `json:"precision,omitempty"`
	Text      string             `json:"text,omitempty"`
	Code      string             `json:"code,omitempty"`
	Place     string             `json:"place,omitempty"`
	Status    tracking.Status    `json:"status"`
	Sub       tracking.Sub       `json:"sub,omitempty"`
	Carrier   string             `json:"carrier,omitempty"`
	Mapping   string             `json:"mapping,omitempty"` // version of the table that gave the status
	Seen      time.Time          `json:"seen,omitzero"`     // when we first saw it
	Late      time.Duration      `json:"late,omitempty"`    // Seen after At, in nanoseconds; 0 where either is not known to the minute
	Door      tracking.Door      `json:"door,omitempty"`    // by which it came first
	Window    tracking.Window    `json:"window,omitzero"`   // of the van, as the courier announced it
	Summary   bool               `json:"summary,omitempty"` // not a scan
	Parked    bool               `json:"parked,omitempty"`  // of an earlier use of the number: decides nothing
	Overruled bool               `json:"overruled,omitempty"`
}

// An ExplainedWatch is what one carrier is asked, and what comes next.
type ExplainedWatch struct {
	Carrier  string      `json:"carrier"`
	Role     poll.Role   `json:"role"`
	Life     poll.Life   `json:"life"`
	Reason   poll.Reason `json:"reason,omitempty"` // why it ended
	Asked    time.Time   `json:"asked,omitzero"`   // when it was answered last
	Asks     int         `json:"asks"`
	Failures int         `json:"failures,omitempty"`
	Failure  string      `json:"failure,omitempty"`
	Due      time.Time   `json:"due,omitzero"`
	Why      poll.Why    `json:"why,omitzero"` // why then
}

// An ExplainedTask is an action in the outbox.
type ExplainedTask struct {
	Key      string          `json:"key"`
	Name     Name            `json:"action"`
	Undo     bool            `json:"undo,omitempty"`
	Status   tracking.Status `json:"status,omitempty"` // of the parcel, that asked for it
	Reason   string          `json:"reason,omitempty"` // of actions that parcels caused
	State    TaskState       `json:"state"`
	Attempts int             `json:"attempts,omitempty"`
	Queued   time.Time       `json:"queued"`
	Due      time.Time       `json:"due,omitzero"` // while it waits
	Done     time.Time       `json:"done,omitzero"`
	Undone   time.Time       `json:"undone,omitzero"` // when it was taken back
	Why      string          `json:"why,omitempty"`   // why it failed last
}

// Explain says why an order stands as it does. [order.ErrNoOrder] if there is no such order; [ErrNoArchive] if the store
// cannot list. It reads in several transactions: what happens meanwhile may show in part.
func (e *Engine) Explain(ctx context.Context, id order.OrderID) (Explanation, error) {
	archive, ok := e.config.Store.(Archive)
	if !ok {
		return Explanation{}, ErrNoArchive
	}
	m := material{now: e.config.Now(), evidence: map[poll.ShipmentID]tracking.Evidence{}, watches: map[poll.ShipmentID][]poll.Watch{}}
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
		if m.order, err = tx.Load(ctx, id); err != nil {
			return err
		}
		if m.traces, err = tx.Traces(ctx, id); err != nil {
			return err
		}
		if m.shipments, err = tx.ShipmentsOf(ctx, id); err != nil {
			return err
		}
		for i := range m.shipments {
			s := &m.shipments[i]
			if m.evidence[s.ID], err = tx.Evidence(ctx, s.ID); err != nil {
				return err
			}
			if m.watches[s.ID], err = e.watchesOf(ctx, tx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Explanation{}, err
	}
	orders := []order.OrderID{id}
	for i := range m.shipments { // an action goes out in the stream of the first order of its parcel
		orders = append(orders, m.shipments[i].orders()...)
	}
	seen := map[order.OrderID]bool{}
	for _, other := range orders {
		if seen[other] {
			continue
		}
		seen[other] = true
		for t, err := range archive.Tasks(ctx, TaskFilter{Order: other}) {
			if err != nil {
				return Explanation{}, err
			}
			m.tasks = append(m.tasks, t)
		}
	}
	return explain(&m), nil
}

// watchesOf reads the watches of a shipment.
func (e *Engine) watchesOf(ctx context.Context, tx Tx, s *Shipment) (found []poll.Watch, err error) {
	for _, role := range [...]poll.Role{poll.Primary, poll.Confirm} {
		for _, c := range e.config.Carriers {
			id := poll.WatchID{Shipment: s.ID, Carrier: c.Name(), Role: role}
			w, err := tx.Watches().Change(ctx, id, func(w poll.Watch) poll.Watch { return w })
			if err != nil {
				return nil, err
			}
			if w.Life != "" {
				found = append(found, w)
			}
		}
	}
	return found, nil
}
