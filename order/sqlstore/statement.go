package sqlstore

// A statement is one whose text does not depend on what is asked. All are prepared when a store is made.
type statement int

// The statements.
const (
	stBegin statement = iota

	stOrderInsert
	stOrderUpdate
	stOrderGet
	stOrderLock
	stHistoryInsert
	stHistoryList
	stSectionInsert
	stSectionUpdate
	stItemsDelete
	stItemInsert
	stClaimInsert
	stClaimUpdate
	stOutboxInsert
	stLocateDelivery
	stLocateRecall

	stInboxPut
	stInboxDue
	stInboxLease
	stInboxFinish
	stInboxStanding
	stInboxLast
	stInboxList
	stInboxReplay
	stInboxDone
	stInboxForget

	stEntryGet
	stEntryInsert
	stEntryUpdate
	stEntryDue
	stEntryHandle
	stEntryList
	stEndpointGet
	stEndpointInsert
	stEndpointUpdate

	stAccessEnd
	stAccessEndGet
	stAccessEndSet
	stAccessInsert
	stAccessList

	statementCount
)

const (
	inboxColumns = "seq, source, message_key, body_personal, content_type, encoding, proof, key_id, sent_at, received_at, state, at, why, attempt, fence"
	entryColumns = "carrier, courier, number, ref, once, lifetime, state, handle, created, paid, unsure, registered_at, expires_at, due_at, failures, why, version"
)

// statementTexts has placeholders for what differs between databases: {p} the prefix, {lock} and {skip} what locks the
// rows of a SELECT, {fresh} what leaves a row alone that is there already, ? an argument.
var statementTexts = [statementCount]string{
	stBegin: "DELETE FROM {p}accesses_end WHERE id < 0",

	stOrderInsert:   "INSERT INTO {p}orders (id, tenant, created_at, version, seq, snapshot_personal) VALUES (?, ?, ?, ?, ?, ?){fresh}",
	stOrderUpdate:   "UPDATE {p}orders SET version = ?, seq = ?, snapshot_personal = ? WHERE id = ? AND seq = ?",
	stOrderGet:      "SELECT seq, snapshot_personal FROM {p}orders WHERE id = ?",
	stOrderLock:     "SELECT seq FROM {p}orders WHERE id = ?{lock}",
	stHistoryInsert: "INSERT INTO {p}history (order_id, seq, event, command_id, at, event_personal) VALUES (?, ?, ?, ?, ?, ?)",
	stHistoryList:   "SELECT event_personal FROM {p}history WHERE order_id = ? AND seq <= ? ORDER BY seq",
	stSectionInsert: "INSERT INTO {p}sections (listed, status, delivery_no, recall_delivery_no, method, place, waybill, recall_waybill, claim_type, exception, order_id, section_id, position, tenant, created_at, channel) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	stSectionUpdate: "UPDATE {p}sections SET listed = ?, status = ?, delivery_no = ?, recall_delivery_no = ?, method = ?, place = ?, waybill = ?, recall_waybill = ?, claim_type = ?, exception = ? WHERE order_id = ? AND section_id = ?",
	stItemsDelete:   "DELETE FROM {p}items WHERE order_id = ? AND section_id = ?",
	stItemInsert:    "INSERT INTO {p}items (order_id, section_id, position, item_id, line_id, sku, quantity) VALUES (?, ?, ?, ?, ?, ?, ?)",
	stClaimInsert:   "INSERT INTO {p}claims (section_id, type, outcome, order_id, claim_id) VALUES (?, ?, ?, ?, ?)",
	stClaimUpdate:   "UPDATE {p}claims SET section_id = ?, type = ?, outcome = ? WHERE order_id = ? AND claim_id = ?",
	stOutboxInsert:  "INSERT INTO {p}outbox (order_id, command_id, action, seq, position, state, attempts, due_at, fence, created_at, payload) VALUES (?, ?, ?, ?, ?, 0, 0, ?, 0, ?, ?)",

	stLocateDelivery: "SELECT order_id FROM {p}sections WHERE tenant = ? AND delivery_no = ? ORDER BY created_at, order_id LIMIT 1",
	stLocateRecall:   "SELECT order_id FROM {p}sections WHERE tenant = ? AND recall_delivery_no = ? ORDER BY created_at, order_id LIMIT 1",

	stInboxPut:      "INSERT INTO {p}inbox (source, message_key, body_personal, content_type, encoding, proof, key_id, sent_at, received_at, state, at, why, attempt, fence, leased) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', 0, 0, 0){fresh}",
	stInboxDue:      "SELECT " + inboxColumns + " FROM {p}inbox WHERE state = 0 AND at <= ? ORDER BY at, seq LIMIT ?{skip}",
	stInboxLease:    "UPDATE {p}inbox SET attempt = attempt + 1, fence = fence + 1, leased = 1, at = ? WHERE seq = ?",
	stInboxFinish:   "UPDATE {p}inbox SET leased = 0, state = ?, at = ?, why = ?, attempt = attempt - ?, body_personal = CASE WHEN ? = 1 THEN NULL ELSE body_personal END WHERE source = ? AND message_key = ? AND fence = ? AND leased = 1",
	stInboxStanding: "SELECT fence, state FROM {p}inbox WHERE source = ? AND message_key = ?",
	stInboxLast:     "SELECT COALESCE(MAX(seq), 0) FROM {p}inbox",
	stInboxList:     "SELECT " + inboxColumns + " FROM {p}inbox WHERE seq > ? AND seq <= ? AND (? = '' OR source = ?) AND (? < 0 OR state = ?) ORDER BY seq LIMIT ?",
	stInboxReplay:   "UPDATE {p}inbox SET state = 0, at = ?, why = '', attempt = 0 WHERE source = ? AND message_key = ? AND state = 2",
	stInboxDone:     "SELECT seq FROM {p}inbox WHERE state = 1 AND at < ? ORDER BY at LIMIT ?{skip}",
	stInboxForget:   "DELETE FROM {p}inbox WHERE seq = ?",

	stEntryGet:       "SELECT " + entryColumns + " FROM {p}subscriptions WHERE carrier = ? AND courier = ? AND number = ?",
	stEntryInsert:    "INSERT INTO {p}subscriptions (ref, once, lifetime, state, handle, created, paid, unsure, registered_at, expires_at, due_at, failures, why, version, carrier, courier, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?){fresh}",
	stEntryUpdate:    "UPDATE {p}subscriptions SET ref = ?, once = ?, lifetime = ?, state = ?, handle = ?, created = ?, paid = ?, unsure = ?, registered_at = ?, expires_at = ?, due_at = ?, failures = ?, why = ?, version = ? WHERE carrier = ? AND courier = ? AND number = ? AND version = ?",
	stEntryDue:       "SELECT " + entryColumns + " FROM {p}subscriptions WHERE carrier = ? AND due_at <= ? ORDER BY due_at, courier, number LIMIT ?",
	stEntryHandle:    "SELECT " + entryColumns + " FROM {p}subscriptions WHERE carrier = ? AND handle = ? ORDER BY courier, number",
	stEntryList:      "SELECT " + entryColumns + " FROM {p}subscriptions WHERE carrier = ? AND (courier > ? OR courier = ? AND number > ?) AND (? = '' OR state = ?) ORDER BY courier, number LIMIT ?",
	stEndpointGet:    "SELECT endpoint FROM {p}endpoints WHERE carrier = ?",
	stEndpointInsert: "INSERT INTO {p}endpoints (carrier, endpoint) VALUES (?, ?){fresh}",
	stEndpointUpdate: "UPDATE {p}endpoints SET endpoint = ? WHERE carrier = ?",

	stAccessEnd:    "SELECT records, hash FROM {p}accesses_end WHERE id = 1{lock}",
	stAccessEndGet: "SELECT records, hash FROM {p}accesses_end WHERE id = 1",
	stAccessEndSet: "UPDATE {p}accesses_end SET records = ?, hash = ? WHERE id = 1",
	stAccessInsert: "INSERT INTO {p}accesses (n, at, actor, subject_key, line) VALUES (?, ?, ?, ?, ?)",
	stAccessList:   "SELECT n, line FROM {p}accesses WHERE n > ? AND n <= ? ORDER BY n LIMIT ?",
}
