package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
)

const mixed = "A-S1,CJ,%s,,2\nB-S1,CJ,%s\nQ-S1,CJ,%s\nM-S1,CJ,%s,M-L1,1\nM-S1,CJ,%s,M-L2"

func mixedFile() bulk.File {
	return csv(fmt.Sprintf(mixed, cj(1), cj(2), cj(3), cj(4), cj(4)))
}

// TestCommitTwice: the second upload of a sheet changes nothing, also where rows became sections of their own.
func TestCommitTwice(t *testing.T) {
	s := world(t)
	first := commit(t, s, validate(t, s, mixedFile(), bulk.Options{}), "c1")
	if got := became(first); got != "2 OK\n3 OK\n4 FAILED R11\n5 OK\n6 OK" {
		t.Fatal(got)
	}
	if first.Total != 5 || first.OK != 4 || first.Failed != 1 || s.applied != 4 {
		t.Errorf("%+v, %d applied", first, s.applied)
	}
	if got := s.section(t, "A", "S1"); got.Status != order.StatusReleaseInstructed || got.Quantity() != 1 {
		t.Errorf("the rest of A: %v, %d", got.Status, got.Quantity())
	}
	again := commit(t, s, validate(t, s, mixedFile(), bulk.Options{}), "c2")
	if got := became(again); got != "2 NOOP R10\n3 NOOP R10\n4 FAILED R11\n5 NOOP R10\n6 NOOP R10" {
		t.Error(got)
	}
	if s.applied != 4 {
		t.Errorf("%d applied", s.applied)
	}
}

// TestInterruptedCommit kills the store after every number of rows and repeats the commit, of the same plan and under
// the same id.
func TestInterruptedCommit(t *testing.T) {
	for after := range 4 {
		s := world(t)
		p := validate(t, s, mixedFile(), bulk.Options{})
		down := errors.New("the store is down")
		n := 0
		s.before = func(order.OrderID, order.Command) error {
			if n++; n > after {
				return down
			}
			return nil
		}
		r, err := s.shipper().Commit(t.Context(), p, "c1")
		if !errors.Is(err, down) || r.OK != after {
			t.Errorf("after %d: %v, %+v", after, err, r)
		}
		s.before = nil
		r = commit(t, s, p, "c1")
		if r.OK != 4-after || r.NOOP != after || r.Failed != 1 || s.applied != 4 {
			t.Errorf("after %d: %+v, %d applied", after, r, s.applied)
		}
	}
}

// TestChangedSinceValidation: a cancel request lands between the phases.
func TestChangedSinceValidation(t *testing.T) {
	s := world(t)
	p := validate(t, s, csv("A-S1,CJ,"+cj(1), "B-S1,CJ,"+cj(2), "C-S1,CJ,"+cj(3)), bulk.Options{})
	s.act(t, "B", order.Command{ID: "cancel", Event: order.RequestCancel, Actor: order.Buyer("b"), At: noon})
	r := commit(t, s, p, "c1")
	if got := became(r); got != "2 OK\n3 FAILED C01\n4 OK" {
		t.Error(got)
	}
	for row := range r.Rows() {
		if row.Code == bulk.C01 && (!strings.Contains(row.English, "R11") || !strings.Contains(row.Korean, "C1")) {
			t.Errorf("%s / %s", row.Korean, row.English)
		}
	}
}

// TestMovedVersion: what does not matter to the row does not stop it.
func TestMovedVersion(t *testing.T) {
	s := world(t)
	p := validate(t, s, csv("M-S1,CJ,"+cj(1)+",M-L1"), bulk.Options{})
	s.act(t, "M", order.Command{ID: "cancel", Event: order.RequestCancel, Actor: order.Buyer("b"), At: noon,
		Section: "S1", Items: []order.ItemQuantity{{Item: "I2"}}})
	raced := false
	s.before = func(id order.OrderID, _ order.Command) error { // and once more, between the look and the command
		if !raced {
			raced = true
			s.act(t, id, order.Command{ID: "pay", Event: order.PaymentChanged, Payment: order.PaymentPartlyRefunded, Actor: order.System("pg"), At: noon})
		}
		return nil
	}
	if got := became(commit(t, s, p, "c1")); got != "2 OK" || !raced {
		t.Error(got)
	}
}

// TestTwoOperators commits two sheets that overlap at the same time, as many as there are goroutines.
func TestTwoOperators(t *testing.T) {
	for range 20 {
		s := newShop()
		var mine, theirs []string
		for i := range 10 {
			id := order.OrderID(fmt.Sprintf("O%d", i))
			s.add(t, id, hong, order.MethodCourier, 1)
			mine = append(mine, fmt.Sprintf("%s-S1,CJ,%s", id, cj(i)))
			other := cj(i)
			if i%2 == 0 {
				other = cj(50 + i)
			}
			theirs = append(theirs, fmt.Sprintf("%s-S1,CJ,%s", id, other))
		}
		plans := []*bulk.Plan{validate(t, s, csv(mine...), bulk.Options{}), validate(t, s, csv(theirs...), bulk.Options{})}
		results := make([]*bulk.Result, 2)
		var running sync.WaitGroup
		for i, p := range plans {
			running.Go(func() {
				var err error
				if results[i], err = s.shipper().Commit(t.Context(), p, order.CommandID(fmt.Sprint("c", i))); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if s.applied != 10 || results[0].OK+results[1].OK != 10 || results[0].NOOP+results[1].NOOP != 5 || results[0].Failed+results[1].Failed != 5 {
			t.Fatalf("%+v %+v, %d applied", results[0], results[1], s.applied)
		}
		for _, r := range results {
			for row := range r.Rows() {
				if row.Outcome == bulk.Failed && (row.Code != bulk.C01 || !strings.Contains(row.English, "R10")) {
					t.Errorf("%+v", row)
				}
			}
		}
	}
}

func TestAllOrNothing(t *testing.T) {
	all := bulk.Options{AllOrNothing: true}
	s := world(t)
	r := commit(t, s, validate(t, s, mixedFile(), all), "c1")
	if got := became(r); got != "2 FAILED C02\n3 FAILED C02\n4 FAILED R11\n5 FAILED C02\n6 FAILED C02" || s.applied != 0 {
		t.Errorf("%s, %d applied", got, s.applied)
	}
	p := validate(t, s, csv("A-S1,CJ,"+cj(1), "B-S1,CJ,"+cj(2), "C-S1,CJ,"+cj(3)), all)
	s.act(t, "B", order.Command{ID: "cancel", Event: order.RequestCancel, Actor: order.Buyer("b"), At: noon})
	if got := became(commit(t, s, p, "c2")); got != "2 FAILED C02\n3 FAILED C01\n4 FAILED C02" || s.applied != 0 {
		t.Errorf("%s, %d applied", got, s.applied)
	}
	if s.section(t, "A", "S1").Status != order.StatusReleaseInstructed {
		t.Error("A was released")
	}
	if got := became(commit(t, s, validate(t, s, csv("A-S1,CJ,"+cj(1), "C-S1,CJ,"+cj(3)), all), "c3")); got != "2 OK\n3 OK" {
		t.Error(got)
	}
	shipper := s.shipper()
	shipper.Orders = struct{ bulk.Orders }{s}
	if _, err := shipper.Commit(t.Context(), p, "c4"); !errors.Is(err, bulk.ErrNotTransactional) {
		t.Error(err)
	}
}

// TestBundle: two rows, one waybill, one recipient.
func TestBundle(t *testing.T) {
	s := world(t)
	r := commit(t, s, validate(t, s, csv("A-S1,CJ,"+cj(1), "C-S1,CJ,"+cj(1)), bulk.Options{}), "c1")
	if r.OK != 2 || r.Warned != 2 {
		t.Errorf("%+v", r)
	}
}

// TestTakenBack: a row whose release was corrected is not called done because its command id is known.
func TestTakenBack(t *testing.T) {
	s := world(t)
	s.machine.Policy.RevertRelease = order.On
	p := validate(t, s, csv("A-S1,CJ,"+cj(1)), bulk.Options{})
	commit(t, s, p, "c1")
	s.act(t, "A", order.Command{ID: "undo", Event: order.RevertRelease, Actor: order.Admin("a"), Section: "S1", Reason: "오출고", At: noon})
	if got := became(commit(t, s, p, "c1")); got != "2 FAILED C01" {
		t.Error(got)
	}
	if got := became(commit(t, s, p, "c2")); got != "2 OK" {
		t.Error(got)
	}
}

// TestUndoneMeanwhile: a row that had nothing to do has something to do when it is committed, which nobody agreed to.
func TestUndoneMeanwhile(t *testing.T) {
	s := world(t)
	s.machine.Policy.RevertRelease = order.On
	p := validate(t, s, csv("R-S1,CJ,"+cj(90), "A-S1,CJ,"+cj(1)), bulk.Options{})
	s.act(t, "R", order.Command{ID: "undo", Event: order.RevertRelease, Actor: order.Admin("a"), Section: "S1", Reason: "오출고", At: noon})
	if got := became(commit(t, s, p, "c1")); got != "2 FAILED C01\n3 OK" {
		t.Error(got)
	}
}

// TestTakenMeanwhile: somebody else's parcel got the waybill between the phases.
func TestTakenMeanwhile(t *testing.T) {
	s := world(t)
	p := validate(t, s, csv("A-S1,CJ,"+cj(1), "C-S1,CJ,"+cj(2)), bulk.Options{})
	s.act(t, "B", order.Command{ID: "b", Event: order.CompleteRelease, Actor: order.Operator("o"), At: noon, Waybill: &order.Waybill{Courier: "cj", Number: cj(1)}})
	r := commit(t, s, p, "c1")
	if got := became(r); got != "2 FAILED C01\n3 OK" {
		t.Error(got)
	}
	for row := range r.Rows() {
		if row.Outcome == bulk.Failed && !strings.Contains(row.English, "R13") {
			t.Error(row.English)
		}
	}
}

// TestSplitsAddUp: rows of one section share its quantity, and lines keep theirs whatever is shipped.
func TestSplitsAddUp(t *testing.T) {
	s := newShop()
	s.add(t, "O", hong, order.MethodCourier, 5, 3)
	for i, row := range []string{"O-S1,CJ," + cj(1) + ",O-L1,2", "O-S1,CJ," + cj(2) + ",O-L2,3", "O-S1,CJ," + cj(3) + ",SKU1,2", "O-S1,CJ," + cj(4) + ",,1"} {
		if got := became(commit(t, s, validate(t, s, csv(row), bulk.Options{}), order.CommandID(rune('a'+i)))); got != "2 OK" {
			t.Errorf("%s: %s", row, got)
		}
	}
	o := s.orders["O"]
	left := map[order.LineID]int{}
	for _, section := range o.Sections {
		if section.Status != order.StatusReleased {
			t.Errorf("%s is %v", section.ID, section.Status)
		}
		for _, it := range section.Items {
			left[it.Line] += it.Quantity
		}
	}
	if len(o.Sections) != 4 || left["O-L1"] != 5 || left["O-L2"] != 3 {
		t.Errorf("%d sections, %v", len(o.Sections), left)
	}
}

// TestMergedSection: a section that was merged away is not shipped under its old number, and is known to have left.
func TestMergedSection(t *testing.T) {
	s := newShop()
	s.add(t, "O", hong, order.MethodCourier, 5)
	operator := order.Operator("o")
	part := []order.ItemQuantity{{Item: "I1", Quantity: 2}}
	s.act(t, "O", order.Command{ID: "short", Event: order.RegisterStockout, Actor: operator, Section: "S1", Items: part, Reason: "결품", At: noon})
	s.act(t, "O", order.Command{ID: "found", Event: order.ReleaseStockout, Actor: operator, Section: "S2", At: noon})
	f := csv("O-S2,CJ," + cj(1))
	if got := said(validate(t, s, f, bulk.Options{})); got != "2 SHIP" {
		t.Error(got)
	}
	s.act(t, "O", order.Command{ID: "merge", Event: order.SectionsMerged, Actor: operator, Sections: []order.SectionID{"S1", "S2"}, At: noon})
	if got := said(validate(t, s, f, bulk.Options{})); got != "2 ERROR R10:error" {
		t.Error(got)
	}
	commit(t, s, validate(t, s, csv("O-S1,CJ,"+cj(1)), bulk.Options{}), "c1")
	if got := said(validate(t, s, f, bulk.Options{})); got != "2 NOOP R10:noop" {
		t.Error(got)
	}
}

// TestSharedSheet: the rows of a sheet one after the other, each on what the ones before it leave.
func TestSharedSheet(t *testing.T) {
	s := newShop()
	s.add(t, "O", hong, order.MethodCourier, 5, 3)
	f := csv("O-S1,CJ,"+cj(1)+",O-L1,5", "O-S1,CJ,"+cj(2)+",O-L2", "O-S1,CJ,"+cj(3))
	p := validate(t, s, f, bulk.Options{})
	if got := said(p); got != "2 SPLIT_AND_SHIP\n3 SHIP\n4 ERROR R10:error" {
		t.Error(got)
	}
	if got := became(commit(t, s, p, "c1")); got != "2 OK\n3 OK\n4 FAILED R10" {
		t.Error(got)
	}
	if got := said(validate(t, s, f, bulk.Options{})); got != "2 NOOP R10:noop\n3 NOOP R10:noop\n4 ERROR R10:error" {
		t.Error(got)
	}
}

// TestAfterClaims: a sheet is uploaded again after parts of its sections came back.
func TestAfterClaims(t *testing.T) {
	s := world(t)
	f := csv("A-S1,CJ," + cj(1))
	commit(t, s, validate(t, s, f, bulk.Options{}), "c1")
	s.act(t, "A", order.Command{ID: "return", Event: order.RequestReturn, Actor: order.Seller("x"), Section: "S1", At: noon,
		Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}}, Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}}})
	if got := said(validate(t, s, f, bulk.Options{})); got != "2 NOOP R10:noop" {
		t.Error(got)
	}
	s.act(t, "A", order.Command{ID: "return 2", Event: order.RequestReturn, Actor: order.Seller("x"), Section: "S1", At: noon,
		Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}}})
	if got := said(validate(t, s, f, bulk.Options{})); got != "2 NOOP R10:noop" {
		t.Error(got)
	}
}

// TestPlanIsSealed: a plan that was altered while it was kept is refused, wherever it was altered.
func TestPlanIsSealed(t *testing.T) {
	s := world(t)
	p := validate(t, s, mixedFile(), bulk.Options{})
	var kept bytes.Buffer
	if err := p.Encode(&kept); err != nil {
		t.Fatal(err)
	}
	same, err := bulk.DecodePlan(bytes.NewReader(kept.Bytes()))
	if err != nil || same.Hash() != p.Hash() || said(same) != said(p) {
		t.Fatalf("%v, %s", err, said(same))
	}
	for at := 0; at < kept.Len(); at += 7 {
		altered := bytes.Clone(kept.Bytes())
		altered[at] ^= 1
		if q, err := bulk.DecodePlan(bytes.NewReader(altered)); err == nil && q.Hash() == p.Hash() && said(q) != said(p) {
			t.Errorf("byte %d may be altered: %s", at, altered)
		}
	}
	if got := became(commit(t, s, same, "c1")); got != "2 OK\n3 OK\n4 FAILED R11\n5 OK\n6 OK" {
		t.Error(got)
	}
	if _, err := s.shipper().Commit(t.Context(), &bulk.Plan{}, "c1"); !errors.Is(err, bulk.ErrAltered) {
		t.Error(err)
	}
}

func TestCancelledContext(t *testing.T) {
	s := world(t)
	p := validate(t, s, mixedFile(), bulk.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.shipper().Validate(ctx, mixedFile(), bulk.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if r, err := s.shipper().Commit(ctx, p, "c1"); !errors.Is(err, context.Canceled) || r.OK != 0 || r.Failed != 5 {
		t.Errorf("%v, %+v", err, r)
	}
}
