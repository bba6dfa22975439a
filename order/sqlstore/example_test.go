package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// An order is shipped, and the host's stock falls, in one transaction.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	db, err := sql.Open("sqlite", filepath.Join(folder, "warehouse.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.New(ctx, db, sqlstore.SQLite)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE stock AS SELECT 'CUP' AS sku, 10 AS n"); err != nil {
		log.Fatal(err)
	}

	const id order.OrderID = "ORD-20261121-0042"
	steps := []order.Command{
		{Event: order.Created, Draft: &order.Draft{ID: id, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "1", SKU: "CUP", Quantity: 2}}}},
		{Event: order.InstructDelivery}, {Event: order.InstructRelease, Place: "WH1"},
		{Event: order.CompleteRelease, Waybill: &order.Waybill{Courier: "cj", Number: "680123456782"}},
	}
	for _, step := range steps {
		step.ID, step.Actor, step.At = order.CommandID("demo "+step.Event.String()), order.Operator("kim"), time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)
		err := store.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) error {
			_, events, err := tx.Execute(ctx, id, step)
			if err != nil || len(events) == 0 || step.Event != order.CompleteRelease {
				return err
			}
			_, err = tx.SQL().ExecContext(ctx, "UPDATE stock SET n = n - 2 WHERE sku = 'CUP'")
			return err
		})
		if err != nil {
			log.Fatal(err)
		}
	}

	o, err := store.Load(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	var left int
	if err := db.QueryRowContext(ctx, "SELECT n FROM stock").Scan(&left); err != nil {
		log.Fatal(err)
	}
	fmt.Println(o.Sections[0].Status, o.Sections[0].Waybill.Number, left)
	// Output: RELEASED 680123456782 8
}
