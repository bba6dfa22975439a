package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
)

// endless is a store that makes up the order that a key asks for. It remembers nothing but waybills, by the number in the
// order's id, and has room for them from the start: what is measured while it works is not its own.
type endless struct {
	released []int64
	changed  bool // every order has a claim since
}

func place(id order.OrderID) int {
	n, _ := strconv.Atoi(string(id[len("20261121"):]))
	return n
}

func (e *endless) order(id order.OrderID) order.Order {
	o := order.Order{ID: id, Version: 4, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "L", Quantity: 1}}, Sections: []order.Section{{
		ID: "S1", DeliveryNo: string(id) + "-S1", Kind: order.KindOriginal, Status: order.StatusReleaseInstructed,
		Method: order.MethodCourier, Recipient: &hong, Items: []order.Item{{ID: "I1", Line: "L", Quantity: 1}},
	}}}
	if number := e.released[place(id)]; number != 0 {
		o.Version++
		o.Sections[0].Status = order.StatusReleased
		o.Sections[0].Waybill = &order.Waybill{Courier: "cj", Number: strconv.FormatInt(number, 10)}
	}
	if e.changed {
		o.Version++
		o.Sections[0].Status, o.Sections[0].Prior, o.Sections[0].Claim = order.StatusCancelRequested, order.StatusReleaseInstructed, order.ClaimID(fmt.Sprint("C", 1+place(id)%9))
		o.Claims = []order.Claim{{ID: o.Sections[0].Claim, Type: order.ClaimCancel, Section: "S1", Outcome: order.OutcomeOpen}}
	}
	return o
}

func (e *endless) Find(_ context.Context, _ string, _ bulk.KeyKind, keys []string) ([]order.Order, error) {
	found := make([]order.Order, len(keys))
	for i, key := range keys {
		found[i] = e.order(order.OrderID(strings.TrimSuffix(key, "-S1")))
	}
	return found, nil
}

func (e *endless) Carrying(context.Context, []order.Waybill) ([]order.Order, error) { return nil, nil }

func (e *endless) Execute(_ context.Context, id order.OrderID, c order.Command) (order.Order, error) {
	e.released[place(id)], _ = strconv.ParseInt(c.Waybill.Number, 10, 64)
	return e.order(id), nil
}

// highest watches the heap while progress is reported or a result is written.
type highest struct {
	base, peak     uint64
	calls, written int
}

func (h *highest) look(bulk.Progress) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.peak = max(h.peak, m.HeapAlloc)
	h.calls++
}

func (h *highest) Write(p []byte) (int, error) {
	if h.written++; h.written%64 == 0 {
		h.look(bulk.Progress{})
	}
	return len(p), nil
}

// spent gives the most that was on the heap since it was last asked.
func (h *highest) spent() uint64 {
	spent := h.peak - min(h.peak, h.base)
	h.peak = 0
	return spent
}

var manyRows = flag.Int("rows", 20_000, "how many rows a file has that is read in 64 MiB")

// TestManyRows reads, validates, commits and reports on many rows, each within 64 MiB of heap, garbage included; 100,000 of them with
// -rows 100000. The file itself is on disk.
func TestManyRows(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes some seconds")
	}
	rows := *manyRows
	for _, c := range []struct {
		name    string
		write   func(io.Writer) error
		changed bool // between validation and commit
	}{
		{"csv", largeCSV(rows, cj), false},
		{"csv with findings", largeCSV(rows, odd), false},
		{"csv with findings and a claim on every row since", largeCSV(rows, odd), true},
		{"xlsx", largeXLSX(rows), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, err := os.Create(t.TempDir() + "/large")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if err := c.write(file); err != nil {
				t.Fatal(err)
			}
			info, _ := file.Stat()
			upload := bulk.File{Content: file, Size: info.Size()}
			store := &endless{released: make([]int64, rows)}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			watch := &highest{base: m.HeapAlloc}
			s := bulk.Shipper{Orders: store, Progress: watch.look, Now: func() time.Time { return noon }}
			plan, err := s.Validate(t.Context(), upload, bulk.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if n := plan.Count(bulk.ActionShip); n != rows {
				t.Fatalf("%d rows to ship", n)
			}
			validated := watch.spent()
			store.changed = c.changed
			result, err := s.Commit(t.Context(), plan, "c1")
			if err != nil || result.Total != rows || c.changed && result.Failed != rows || !c.changed && result.OK != rows {
				t.Fatalf("%v, %d of %d OK, %d failed", err, result.OK, result.Total, result.Failed)
			}
			committed := watch.spent()
			if err := result.WriteJSON(watch); err != nil {
				t.Fatal(err)
			}
			written := watch.spent()
			err = result.Report(t.Context(), io.Discard, upload, bulk.ReportOptions{Progress: watch.look})
			if err != nil {
				t.Fatal(err)
			}
			reported := watch.spent()
			t.Logf("file %d KiB; validate %d MiB, commit %d MiB, JSON %d MiB, report %d MiB; %d looks",
				info.Size()>>10, validated>>20, committed>>20, written>>20, reported>>20, watch.calls)
			if max(validated, committed, written, reported) > 64<<20 {
				t.Error("more than 64 MiB of heap")
			}
		})
	}
}

// odd numbers have a finding or two each.
func odd(i int) string { return fmt.Sprintf("5512-%04d-%04d", i/10_000, i%10_000) }

func largeCSV(rows int, number func(int) string) func(io.Writer) error {
	return func(w io.Writer) error {
		var b bytes.Buffer
		b.WriteString("배송번호,택배사,운송장번호,수취인\n")
		for i := range rows {
			fmt.Fprintf(&b, "20261121%08d-S1,CJ대한통운,%s,홍길동\n", i, number(i))
		}
		_, err := b.WriteTo(w)
		return err
	}
}

func largeXLSX(rows int) func(io.Writer) error {
	return func(w io.Writer) error {
		f := excelize.NewFile()
		defer f.Close()
		sheet, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			return err
		}
		if err := sheet.SetRow("A1", []any{"배송번호", "택배사", "운송장번호", "수취인"}); err != nil {
			return err
		}
		for i := range rows {
			row := []any{fmt.Sprintf("20261121%08d-S1", i), "CJ대한통운", cj(i), "홍길동"}
			if err := sheet.SetRow(fmt.Sprintf("A%d", i+2), row); err != nil {
				return err
			}
		}
		if err := sheet.Flush(); err != nil {
			return err
		}
		return f.Write(w)
	}
}

// TestMillionRows is refused before it costs anything.
func TestMillionRows(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes some seconds")
	}
	var b bytes.Buffer
	b.WriteString("배송번호,택배사,운송장번호\n")
	for range 1_000_000 {
		b.WriteString("A,CJ,1\n")
	}
	file := bulk.Bytes(b.Bytes())
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := bulk.Shipper{Orders: &endless{}}.Validate(t.Context(), file, bulk.Options{})
	runtime.ReadMemStats(&after)
	var refused *bulk.FileError
	if !errors.As(err, &refused) || refused.Code != bulk.F01 {
		t.Errorf("got %v", err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 128<<20 {
		t.Errorf("%d MiB were allocated", spent>>20)
	}
}
