package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/bulk"
)

// Two orders wait for release; a sheet ships one of them, and asks for too much of the other.
func Example() {
	store := newShop()
	store.add(&testing.T{}, "1001", hong, order.MethodCourier, 1)
	store.add(&testing.T{}, "1002", kim, order.MethodCourier, 2)
	sheet := bulk.Bytes([]byte("배송번호,택배사,운송장번호,수량\n" +
		"1001-S1,CJ대한통운,5512-3456-7891,\n" +
		"1002-S1,대한통운,551000000013,3\n"))

	ctx := context.Background()
	shipper := bulk.Shipper{Orders: store}
	plan, err := shipper.Validate(ctx, sheet, bulk.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for row := range plan.Rows() {
		fmt.Println(row.No, row.Key, row.Action, row.Waybill.Number)
		for _, f := range row.Findings {
			fmt.Println("  ", f.Code, f.Kind, f.Korean)
		}
	}
	result, err := shipper.Commit(ctx, plan, "upload-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.OK, "ok,", result.NOOP, "no-op,", result.Failed, "failed")
	// Output:
	// 2 1001-S1 SHIP 551234567891
	//    R05 fix 운송장번호의 공백, 하이픈 등을 정리했습니다.
	// 3 1002-S1 ERROR 551000000013
	//    R15 error 수량이 남은 수량(2)보다 많습니다.
	// 1 ok, 0 no-op, 1 failed
}

// The error sheet has the layout of the upload, and two columns more.
func ExampleResult_Report() {
	store := newShop()
	store.add(&testing.T{}, "1001", hong, order.MethodCourier, 1)
	sheet := bulk.Bytes([]byte("배송번호,택배사,운송장번호,받는분\n1001-S1,없는회사,551234567891,홍길동\n"))

	ctx := context.Background()
	shipper := bulk.Shipper{Orders: store}
	plan, err := shipper.Validate(ctx, sheet, bulk.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := shipper.Commit(ctx, plan, "upload-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	var report bytes.Buffer
	if err := result.Report(ctx, &report, sheet, bulk.ReportOptions{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.TrimPrefix(strings.ReplaceAll(report.String(), "\r", ""), "\ufeff"))
	// Output:
	// 배송번호,택배사,운송장번호,받는분,결과,사유
	// 1001-S1,없는회사,'551234567891,홍*동,FAILED,"R08 알 수 없는 택배사입니다. (the courier is not known)"
}

// A template of one's own is data.
func ExampleTemplate() {
	template := bulk.Template{
		Name:  "our WMS",
		Sheet: "출고",
		Columns: []bulk.Column{
			{Field: bulk.FieldKey, Key: bulk.KeyOrder, Headings: []string{"주문번호", "Order No."}, Required: true},
			{Field: bulk.FieldCourier, Headings: []string{"배송사"}, Required: true},
			{Field: bulk.FieldWaybill, Headings: []string{"송장"}, Required: true},
		},
		Couriers: map[string]string{"대통": "cj"},
	}
	store := newShop()
	store.add(&testing.T{}, "1001", hong, order.MethodCourier, 1)
	sheet := bulk.Bytes([]byte("송장,비고,배송사,order no.\n551234567891,,대통,1001\n"))
	plan, err := bulk.Shipper{Orders: store}.Validate(context.Background(), sheet, bulk.Options{Template: template})
	if err != nil {
		fmt.Println(err)
		return
	}
	for row := range plan.Rows() {
		fmt.Println(row.Action, row.Section, row.Waybill.Courier, row.Waybill.Number)
	}
	// Output: SHIP S1 cj 551234567891
}

// A file that is no ship-out sheet is refused with a code and what to do about it.
func ExampleFileError() {
	_, err := bulk.Shipper{Orders: newShop()}.Validate(context.Background(), bulk.Bytes([]byte("<html><table>…")), bulk.Options{})
	var refused *bulk.FileError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.Korean)
	}
	// Output: F01 HTML 페이지를 .xls로 저장한 파일입니다. Excel에서 열어 .xlsx로 다시 저장하세요.
}

// A plan can be kept while somebody reads it.
func ExamplePlan_Encode() {
	store := newShop()
	store.add(&testing.T{}, "1001", hong, order.MethodCourier, 1)
	sheet := bulk.Bytes([]byte("배송번호,택배사,운송장번호\n1001-S1,CJ,551234567891\n"))
	plan, err := bulk.Shipper{Orders: store}.Validate(context.Background(), sheet, bulk.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var kept bytes.Buffer
	if err := plan.Encode(&kept); err != nil {
		fmt.Println(err)
	}
	if again, err := bulk.DecodePlan(&kept); err == nil {
		fmt.Println(again.Hash() == plan.Hash(), again.Count(bulk.ActionShip))
	}
	_, err = bulk.DecodePlan(strings.NewReader(`{"plan":1,"source":{"rows":1}}`))
	fmt.Fprintln(os.Stdout, errors.Is(err, bulk.ErrAltered))
	// Output:
	// true 1
	// true
}
