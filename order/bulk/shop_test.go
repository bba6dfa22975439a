package bulk_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
	"github.com/waybill-dev/waybill/order/privacy"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("KST", 9*60*60))

// A shop keeps orders in memory, as a host's store would.
type shop struct {
	mu      sync.Mutex
	orders  map[order.OrderID]order.Order
	machine order.Machine

	before  func(order.OrderID, order.Command) error // called before each command
	tenant  string                                   // of orders that are added
	applied int                                      // commands that changed something
}

func newShop() *shop { return &shop{orders: map[order.OrderID]order.Order{}} }

func (s *shop) Find(_ context.Context, _ string, kind bulk.KeyKind, keys []string) ([]order.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]order.Order, len(keys))
	for i, key := range keys {
		for id, o := range s.orders {
			if names(o, kind, key) {
				found[i] = s.orders[id]
			}
		}
	}
	return found, nil
}

func names(o order.Order, kind bulk.KeyKind, key string) bool {
	switch kind {
	case bulk.KeyDelivery:
		_, ok := o.ByDeliveryNo(key)
		return ok
	case bulk.KeySection:
		return strings.HasPrefix(key, string(o.ID)+"-")
	case bulk.KeyLine:
		_, ok := o.Line(order.LineID(key))
		return ok
	}
	return string(o.ID) == key
}

func (s *shop) Carrying(_ context.Context, waybills []order.Waybill) ([]order.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []order.Order
	for _, o := range s.orders {
		for _, section := range o.Sections {
			for _, w := range waybills {
				if section.Waybill != nil && *section.Waybill == w {
					found = append(found, o)
				}
			}
		}
	}
	return found, nil
}

func (s *shop) Execute(_ context.Context, id order.OrderID, c order.Command) (order.Order, error) {
	if s.before != nil {
		if err := s.before(id, c); err != nil {
			return order.Order{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	had := s.orders[id]
	next, _, err := s.machine.Handle(had, c)
	if err != nil {
		return had, fmt.Errorf("shop: %w", err)
	}
	if next.Version != had.Version {
		s.applied++
	}
	s.orders[id] = next
	return next, nil
}

func (s *shop) Atomically(ctx context.Context, do func(context.Context, bulk.Orders) error) error {
	had, applied := maps.Clone(s.orders), s.applied
	err := do(ctx, s)
	if err != nil {
		s.orders, s.applied = had, applied
	}
	return err
}

// act applies a command outside of any sheet.
func (s *shop) act(t testing.TB, id order.OrderID, c order.Command) {
	t.Helper()
	next, _, err := s.machine.Handle(s.orders[id], c)
	if err != nil {
		t.Fatal(err)
	}
	s.orders[id] = next
}

var hong = order.Recipient{Name: privacy.Name("홍길동"), Phone: privacy.Phone("010-0000-1234"), Address: privacy.Address("서울특별시 강남구 테헤란로 1")}
var kim = order.Recipient{Name: privacy.Name("김철"), Phone: privacy.Phone("010-0000-5678"), Address: privacy.Address("부산광역시 해운대구 우동 2")}

// add puts an order into the shop whose sections wait for release. Quantities are those of its lines L1, L2 ….
func (s *shop) add(t testing.TB, id order.OrderID, to order.Recipient, method order.Method, quantities ...int) {
	t.Helper()
	d := order.Draft{ID: id, Tenant: s.tenant, Payment: order.PaymentPaid, Orderer: &to}
	section := order.DraftSection{Method: method, Place: "WH1"}
	for i, n := range quantities {
		line := order.LineID(fmt.Sprintf("%s-L%d", id, i+1))
		d.Lines = append(d.Lines, order.Line{ID: line, SKU: fmt.Sprintf("SKU%d", i+1), Quantity: n})
		section.Lines = append(section.Lines, order.LineQuantity{Line: line, Quantity: n})
	}
	d.Sections = []order.DraftSection{section}
	s.addDraft(t, d)
}

// addDraft adds an order that is ready to be shipped.
func (s *shop) addDraft(t testing.TB, d order.Draft) {
	t.Helper()
	o, err := order.New(d, noon, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	s.orders[d.ID] = o
	s.act(t, d.ID, order.Command{ID: "di", Event: order.InstructDelivery, Actor: order.Operator("a"), At: noon})
	s.act(t, d.ID, order.Command{ID: "ri", Event: order.InstructRelease, Actor: order.Operator("a"), At: noon, Place: "WH1"})
}

func (s *shop) section(t testing.TB, id order.OrderID, section order.SectionID) order.Section {
	t.Helper()
	o := s.orders[id]
	found, ok := o.Section(section)
	if !ok {
		t.Fatalf("no section %s in %s", section, id)
	}
	return found
}

func (s *shop) shipper() bulk.Shipper {
	return bulk.Shipper{Orders: s, Machine: s.machine, Now: func() time.Time { return noon }}
}

// csv makes a file of our own template.
func csv(rows ...string) bulk.File {
	return bulk.Bytes([]byte("배송번호,택배사,운송장번호,품목ID,수량,출고일,배송방법\n" + strings.Join(rows, "\n") + "\n"))
}

// xlsx makes a workbook; values keep their Go types, and edit may do more.
func xlsx(t testing.TB, sheet string, rows [][]any, edit func(*excelize.File)) bulk.File {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if sheet != "Sheet1" {
		if err := f.SetSheetName("Sheet1", sheet); err != nil {
			t.Fatal(err)
		}
	}
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return bulk.Bytes(b.Bytes())
}

func validate(t testing.TB, s *shop, f bulk.File, o bulk.Options) *bulk.Plan {
	t.Helper()
	p, err := s.shipper().Validate(t.Context(), f, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func commit(t testing.TB, s *shop, p *bulk.Plan, id order.CommandID) *bulk.Result {
	t.Helper()
	r, err := s.shipper().Commit(t.Context(), p, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range s.orders {
		if err := order.Check(o); err != nil {
			t.Errorf("order %s: %v", o.ID, err)
		}
	}
	return r
}

// said writes the rows of a plan as "row ACTION code kind, …".
func said(p *bulk.Plan) string {
	var b strings.Builder
	for row := range p.Rows() {
		fmt.Fprintf(&b, "%d %v", row.No, row.Action)
		for _, f := range row.Findings {
			fmt.Fprintf(&b, " %s:%s", f.Code, f.Kind)
		}
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// became writes the rows of a result as "row OUTCOME code".
func became(r *bulk.Result) string {
	var b strings.Builder
	for row := range r.Rows() {
		fmt.Fprintf(&b, "%d %v %s\n", row.No, row.Outcome, row.Code)
	}
	return strings.TrimSuffix(strings.ReplaceAll(b.String(), " \n", "\n"), "\n")
}

// cj numbers pass the courier's check digit: the last is the remainder of the first eleven modulo 7 (of the last nine of them).
func cj(i int) string {
	head := 55100000000 + i
	return fmt.Sprintf("%d%d", head, head%1_000_000_000%7)
}
