// Package statusmap says what a provider's word means, and what a status means to a warehouse.
//
// A provider describes a scan with a code of its own, with the courier's words, or with both. A [Table] turns them
// into one of the twelve statuses of package tracking, a sub-status and a reason:
//
//	table := statusmap.TrackerDelivery()
//	row, ok := table.Map(courier.Post, "EXCEPTION", "신청취소") // CANCELLED, seller_voided
//
// The built-in tables are [DeliveryAPI], [SweetTracker] and [TrackerDelivery]; they are plain data in the folder
// tables, where each group of rows says how sure it is. A host changes them with [Table.With], or makes
// one for its own carrier with [New].
//
// # Which row wins
//
// What says more wins, and text counts for more than a courier. A word is looked up in this order:
//
//  1. courier, code and text
//  2. code and text
//  3. courier and text, of a row whose code is [AnyCode]
//  4. text, of a row whose code is [AnyCode]
//  5. courier and code
//  6. code
//  7. courier and text, of a row without a code
//  8. text, of a row without a code
//
// So a text refines a code that is known only where its row says so: by naming the code, or [AnyCode]. Korea Post's
// 신청취소 under EXCEPTION is of the first kind, the return words 반송, 반품 and 회수 are of the second. A row without a code
// is for words whose code says nothing – tracker.delivery's UNKNOWN, or a code nobody has seen before – and never
// contradicts a code that has a row.
//
// Texts are compared as a whole, after trimming and after runs of white space became one space. Nothing looks
// inside a text: 반송동 is a town and 일반송장 an ordinary label, and neither is a return.
// Codes are compared without regard to case, for deliveryapi's are not always capitals and the two
// generations of tracker.delivery differ in it. Couriers are compared exactly.
//
// # Words without a row
//
// A word that no row knows is StatusUnknown. That is not an error, it is a debt: the table counts it, and [Table.Debts]
// lists what is owed. A row may also say StatusUnknown on purpose: then the word is known to say nothing, as
// SweetTracker's −99, and is no debt.
//
// Derived statuses – a return told by the shape of the route, a return that was called off (반품취소) – are not the
// business of a table, which sees one word at a time; see tracking.Derive.
//
// # What a warehouse does
//
// [Step] gives the step and the actions that a warehouse system ties to a status.
package statusmap
