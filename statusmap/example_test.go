package statusmap_test

import (
	"fmt"

	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

func ExampleTable_Map() {
	table := statusmap.TrackerDelivery()
	for _, text := range []string{"", "신청취소"} {
		row, _ := table.Map("post", "EXCEPTION", text)
		fmt.Printf("%s %q\n", row.Status, row.Reason)
	}
	// Output:
	// HOLD ""
	// CANCELLED "seller_voided"
}

func ExampleTable_With() {
	// A courier began to use a word that no table knows yet.
	table, err := statusmap.DeliveryAPI().With(statusmap.Row{
		Courier: "cj", Code: "STORED_IN_LOCKER",
		Status: tracking.StatusOutForDelivery, Sub: tracking.SubAvailableForPickup,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	row, ok := table.Map("cj", "STORED_IN_LOCKER", "보관함 투입")
	fmt.Println(row.Status, row.Sub, ok)
	// Output: OUT_FOR_DELIVERY AVAILABLE_FOR_PICKUP true
}

func ExampleTable_Debts() {
	table := statusmap.SweetTracker()
	table.Map("cj", "7", "새 상태")
	table.Map("cj", "7", "새 상태")
	for _, debt := range table.Debts() {
		fmt.Println(debt.Courier, debt.Code, debt.Text, debt.Count)
	}
	// Output: cj 7 새 상태 2
}

func ExampleStep() {
	step, actions := statusmap.Step(tracking.StatusReturned, tracking.SubReturning)
	fmt.Println(step, actions)
	// Output: RETURN_PENDING alert,return_inbound
}
