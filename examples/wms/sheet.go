package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
)

// A row of a ship-out sheet: delivery number, courier, waybill, item, quantity, date.
type row [6]string

var headings = row{"배송번호", "택배사", "운송장번호", "품목ID", "수량", "출고일"}

func (s *story) row(day time.Time) row {
	r := row{s.deliveryNo(), string(s.waybill.Courier), s.waybill.Number, "", "", day.Format(time.DateOnly)}
	if s.kind == split {
		r[3], r[4] = "I1", "1"
	}
	return r
}

// eveningSheet is what the packing line exports at the end of the day.
func (s *shop) eveningSheet() []row {
	var rows []row
	for i := range s.stories {
		switch t := &s.stories[i]; t.kind {
		case byHand, cancelled, tooLate, forgotten:
		default:
			if t.sheet {
				rows = append(rows, t.row(evening))
			}
		}
	}
	return rows
}

// forgottenSheet turns up when most of its parcels have been delivered.
func (s *shop) forgottenSheet() []row {
	var rows []row
	for i := range s.stories {
		if t := &s.stories[i]; t.kind == forgotten {
			rows = append(rows, t.row(found))
		}
	}
	return rows
}

// load ships what a sheet says, row by row. What is loaded again does nothing twice.
func (s *shop) load(ctx context.Context, name string, when time.Time, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	write := asWorkbook
	if name[len(name)-4:] == ".csv" {
		write = asCSV
	}
	content, err := write(rows)
	if err != nil {
		return err
	}
	shipper := bulk.Shipper{Orders: shelf{s.counter}, Now: func() time.Time { return when }}
	plan, err := shipper.Validate(ctx, bulk.Bytes(content), bulk.Options{Actor: order.Bulk("kim")})
	if err != nil {
		return err
	}
	result, err := shipper.Commit(ctx, plan, order.CommandID(name))
	if err != nil {
		return err
	}
	for r := range result.Rows() {
		if r.Outcome == bulk.Failed {
			return fmt.Errorf("%s, row %d: %s %s", name, r.No, r.Code, r.English)
		}
	}
	var left tellings
	for r := range plan.Rows() {
		left = append(left, r.Waybill)
	}
	s.told(left)
	return nil
}

func asWorkbook(rows []row) ([]byte, error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	for i, r := range append([]row{headings}, rows...) {
		for j, cell := range r {
			name, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return nil, err
			}
			if cell == "" {
				continue
			}
			if err := book.SetCellStr("Sheet1", name, cell); err != nil {
				return nil, err
			}
		}
	}
	content, err := book.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

func asCSV(rows []row) ([]byte, error) {
	var content bytes.Buffer
	w := csv.NewWriter(&content)
	for _, r := range append([]row{headings}, rows...) {
		if err := w.Write(r[:]); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return content.Bytes(), w.Error()
}

// A shelf is the shop's orders as package bulk asks for them.
type shelf struct{ counter }

// Find is in bulk.Orders.
func (s shelf) Find(ctx context.Context, tenant string, kind bulk.KeyKind, keys []string) ([]order.Order, error) {
	orders := make([]order.Order, len(keys))
	for i, key := range keys {
		if kind != bulk.KeyDelivery {
			continue // the shop's sheets have delivery numbers alone
		}
		id, err := s.Orders().Locate(ctx, order.Key{Tenant: tenant, DeliveryNo: key})
		if err == nil {
			orders[i], err = s.Orders().Load(ctx, id)
		}
		if err != nil && !errors.Is(err, order.ErrNoOrder) {
			return nil, err
		}
	}
	return orders, nil
}

// Carrying is in bulk.Orders.
func (s shelf) Carrying(ctx context.Context, waybills []order.Waybill) ([]order.Order, error) {
	q := order.Query{Level: order.ByOrder, Size: order.MaxPageSize}
	for _, w := range waybills {
		q.Filter.Waybills = append(q.Filter.Waybills, w.Number)
	}
	for _, status := range order.Statuses() {
		if !status.Terminal() {
			q.Filter.Statuses = append(q.Filter.Statuses, status)
		}
	}
	var orders []order.Order
	for q.Page = 1; ; q.Page++ {
		found, err := s.Orders().Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, hit := range found.Hits {
			orders = append(orders, hit.Order)
		}
		if len(orders) >= found.Total || len(found.Hits) == 0 {
			return orders, nil
		}
	}
}

// Execute is in bulk.Orders.
func (s shelf) Execute(ctx context.Context, id order.OrderID, c order.Command) (order.Order, error) {
	o, _, err := s.counter.Execute(ctx, id, c)
	return o, err
}
