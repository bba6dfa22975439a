// Package bulk ships what a spreadsheet says: bulk ship-out (일괄 출고완료, 송장 일괄등록).
//
// Warehouses fill sheets with delivery numbers, couriers and waybills, and upload them to the shop. This package reads
// such a sheet, checks every row against the orders, shows what would happen, and then does it, row by row:
//
//	shipper := bulk.Shipper{Orders: store, Machine: machine}
//	plan, err := shipper.Validate(ctx, bulk.File{Content: upload, Size: size}, bulk.Options{Tenant: "mall-1"})
//	for row := range plan.Rows() {
//		fmt.Println(row.No, row.Key, row.Action, row.Findings)
//	}
//	result, err := shipper.Commit(ctx, plan, "upload-4711") // when somebody said yes
//	err = result.Report(ctx, w, file, bulk.ReportOptions{}) // the sheet again, with 결과 and 사유
//
// # Two phases
//
// [Shipper.Validate] reads and looks up, and writes nothing. Its [Plan] has an action for each row – SHIP,
// SPLIT_AND_SHIP, NOOP or ERROR – with the section, the version of its order, the waybill in its normal form, and
// [Finding]s with stable codes in Korean and English. A plan can be kept between two requests and cannot be altered
// meanwhile.
//
// [Shipper.Commit] judges every row again, on its order as it is then, and gives the order's own command:
// [order.CompleteRelease], or [order.RegisterWaybill] where the sheet asks for 배송대기. So every guard of package order
// holds, and nothing here knows a way around one. What became impossible since the plan was made fails with C01; its
// neighbours are applied.
//
// # Uploading twice
//
// Everything may be repeated. A commit that was cut off is committed again under the same id. A sheet that was applied,
// in part or whole, is uploaded again: its rows are NOOPs, because a row looks through the lineage of its section. A
// row that shipped two of three pieces has left them in a section of their own, with a delivery number of their own;
// the row finds them there by its waybill, and does not ship the third.
//
// Two people may upload sheets that overlap, at the same time. Each section leaves once; the slower one's row is a NOOP
// if it says the same waybill, and fails if it says another.
//
// # Sheets
//
// A [Template] is data: headings, with their aliases, to fields. [Own] is ours; [Naver], [CoupangWing], [Imweb],
// [Winselling] and [MShop] are those of other systems, as far as they are documented or reported. Columns are found by
// heading, never by place. Files are xlsx, or CSV in UTF-8 or CP949 with commas, semicolons or tabs; content decides,
// the name is not looked at. The rest – old .xls, workbooks with a password, web pages named .xls – is refused by
// name, with what to do about it.
//
// # Digits
//
// Spreadsheets are the first cause of wrong waybills. They keep fifteen digits of a number, show twelve as 5.51E+11
// and save that as text, and drop zeros in front. So a number cell is taken for its digits as the file has them, never
// as it is shown; one of more than fifteen digits is refused (R02), and so is scientific notation in a text (R03). A
// zero that seems lost is pointed out (R07) and never added. The check digit and the length of a number only warn
// (R06), because the rules about them are not all certain.
//
// The reader of workbooks is our own, small and strict. The library that most programs use hides whether a cell is a
// number or a text unless the whole sheet is in memory, and its formatted read of a 16-digit number spoils a raw read
// of the same cell that comes after (observed in excelize 2.9 to 2.11). Here there is no formatted read.
//
// # What a file may cost
//
// [Limits] are checked before memory is spent: 64 MiB of file, 100,000 rows, 512 MiB and 200-fold of unzipping, 128 KiB
// a cell. A sheet of 100,000 rows is validated, committed and reported on within 64 MiB of heap; [File] is read where
// it lies. [Shipper.Progress] tells how far it has come.
//
// # Other people's data
//
// A whole-order export has names, phones and addresses in it. The reader keeps the columns of its template and no
// others; nothing is logged. Messages quote no cell. A key of another tenant gets the answer of a key that does not
// exist. In the report, columns that the template does not know are masked, unless the caller has a permit to export
// them (see package privacy), which is recorded for each order before the row is written.
//
// # Concurrency and errors
//
// A Shipper holds nothing; plans and results are not changed once made. All may be shared between goroutines. No
// goroutine is started. Validate fails with a *[FileError] for files; what is wrong with rows is in the plan. Errors of
// the store come back wrapped, and interrupt.
package bulk
