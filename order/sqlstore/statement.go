package sqlstore

import "strings"

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

	stUsageGet
	stUsageLock
	stUsageInsert
	stUsageUpdate

	stKeepsakeGet
	stKeepsakeLock
	stKeepsakeInsert
	stKeepsakeUpdate

	stAccessEnd
	stAccessEndGet
	stAccessEndSet
	stAccessInsert
	stAccessList

	stWatchDue
	stWatchEarly
	stWatchLease
	stWatchRelease
	stWatchNext
	stWatchLock
	stWatchInsert
	stWatchUpdate
	stShipmentLock
	stShipmentNewest
	stShipmentInsert
	stShipmentUpdate
	stEvidenceList
	stEvidenceInsert
	stEvidenceInsert2
	stEvidenceInsert4
	stEvidenceInsert8
	stEvidenceUpdate
	stEvidenceMove
	stEvidenceDelete
	stAnswerInsert
	stAnswerList
	stAnswerOld
	stAnswerForget

	stTaskGet
	stTaskThere
	stTaskInsert
	stTaskStanding
	stTaskWrite
	stTaskDue
	stTaskLease
	stTaskLeases
	stTaskNext
	stStreamLock
	stStreamInsert
	stStreamUpdate
	stStreamLease
	stStreamLeases
	stStreamLead

	stTravelGet
	stTravelLatest
	stTravelInsert
	stTravelUpdate
	stTravelOf
	stTravelOld
	stTravelForget
	stShipmentForget
	stEvidenceForget
	stAnswersForget
	stWatchesForget
	stWatchActive
	stTaskOf
	stTaskForget
	stTraceForget
	stLinkList
	stLinkListOf
	stLinkInsert
	stLinkDelete
	stTraceInsert
	stTraceUpdate
	stTraceList
	stJobLock
	stJobInsert
	stJobUpdate

	statementCount
)

const (
	inboxColumns = "seq, source, message_key, body_personal, content_type, encoding, proof, key_id, sent_at, received_at, state, at, why, attempt, fence"
	entryColumns = "carrier, courier, number, ref, once, lifetime, state, handle, created, paid, unsure, registered_at, expires_at, due_at, failures, why, version"

	watchKey    = "courier = ? AND number = ? AND generation = ? AND carrier = ? AND role = ?"
	shipmentKey = "courier = ? AND number = ? AND generation = ?"
	// watchColumns are those of {p}watches w.
	watchColumns = "w.courier, w.number, w.generation, w.carrier, w.role, w.ref, w.since_at, w.extra_personal, w.recall, w.life, w.reason, w.began_at, w.opened_at, w.due_at, w.why, w.asked_at, w.changed_at, w.settled_at, w.settled_as, w.checks, w.asks, w.today, w.day, w.not_found, w.failures, w.last_failure, w.ready_at, w.fence, w.leased, w.early_at"
	// watchState is what is known of the shipment of w. A subquery, for it locks nothing.
	watchState = "(SELECT s.state FROM {p}shipments s WHERE s.courier = w.courier AND s.number = w.number AND s.generation = w.generation)"

	// together is how many rows a statement changes at a time that is given keys ([handle.execAll]).
	together    = 16
	taskLease   = "UPDATE {p}outbox SET attempts = attempts + 1, fence = fence + 1 WHERE task_key "
	streamLease = "UPDATE {p}streams SET leased = 1, ready_at = ? WHERE stream "

	// taskColumns are those of {p}outbox o.
	taskColumns = "o.state, o.attempts, o.due_at, o.fence, o.created_at, o.done_at, o.why, o.payload"
	// travelColumns are those of {p}fulfil_shipments f and of {p}shipments s, which withState joins.
	travelColumns = "f.courier, f.number, f.generation, f.carrier, f.since_at, f.epoch, f.seen_at, f.awaiting, f.pin, f.forgotten, s.state"
	withState     = " JOIN {p}shipments s ON s.courier = f.courier AND s.number = f.number AND s.generation = f.generation"
	// linksWith joins the links of the shipments in a subquery k.
	linksWith = " k JOIN {p}fulfil_links l ON l.courier = k.courier AND l.number = k.number AND l.generation = k.generation"
	linkOrder = " ORDER BY l.courier, l.number, l.generation, l.order_id, l.role"
	// linkedTo are the shipments of an order, each once.
	linkedTo = "(SELECT DISTINCT courier, number, generation FROM {p}fulfil_links WHERE order_id = ?)"

	evidenceInsert = "INSERT INTO {p}events (kind, carrier, at, published_at, seen_at, status, sub, code, text, place, map_version, answer_at, pos, item, raw_personal, courier, number, generation, n) VALUES "
	evidenceValues = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

var togetherMarks = strings.Repeat("?, ", together-1) + "?"

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

	stUsageGet:    "SELECT " + usageColumns + " FROM {p}usage WHERE carrier = ? AND period = ?",
	stUsageLock:   "SELECT " + usageColumns + " FROM {p}usage WHERE carrier = ? AND period = ?{lock}",
	stUsageInsert: "INSERT INTO {p}usage (carrier, period, units, calls, asked, found, not_found, failed, won) VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0){fresh}",
	stUsageUpdate: "UPDATE {p}usage SET units = ?, calls = ?, asked = ?, found = ?, not_found = ?, failed = ?, won = ? WHERE carrier = ? AND period = ?",

	stKeepsakeGet:    "SELECT made_at, data FROM {p}keepsakes WHERE name = ?",
	stKeepsakeLock:   "SELECT made_at FROM {p}keepsakes WHERE name = ?{lock}",
	stKeepsakeInsert: "INSERT INTO {p}keepsakes (name, made_at, data) VALUES (?, ?, ?){fresh}",
	stKeepsakeUpdate: "UPDATE {p}keepsakes SET made_at = ?, data = ? WHERE name = ?",

	stAccessEnd:    "SELECT records, hash FROM {p}accesses_end WHERE id = 1{lock}",
	stAccessEndGet: "SELECT records, hash FROM {p}accesses_end WHERE id = 1",
	stAccessEndSet: "UPDATE {p}accesses_end SET records = ?, hash = ? WHERE id = 1",
	stAccessInsert: "INSERT INTO {p}accesses (n, at, actor, subject_key, line) VALUES (?, ?, ?, ?, ?)",
	stAccessList:   "SELECT n, line FROM {p}accesses WHERE n > ? AND n <= ? ORDER BY n LIMIT ?",

	stWatchDue:     "SELECT " + watchColumns + ", " + watchState + " FROM {p}watches w WHERE w.life = 'active' AND w.carrier = ? AND w.ready_at <= ? ORDER BY w.ready_at LIMIT ?{skip}",
	stWatchEarly:   "SELECT " + watchColumns + ", " + watchState + " FROM {p}watches w WHERE w.life = 'active' AND w.carrier = ? AND w.early_at <= ? AND w.early_at < 9223372036854775807 AND w.leased = 0 ORDER BY w.early_at LIMIT ?{skip}",
	stWatchLease:   "UPDATE {p}watches SET asks = ?, today = ?, day = ?, ready_at = ?, fence = ?, leased = 1 WHERE " + watchKey,
	stWatchRelease: "UPDATE {p}watches SET asks = CASE WHEN asks > 0 THEN asks - 1 ELSE 0 END, today = CASE WHEN today > 0 THEN today - 1 ELSE 0 END, ready_at = due_at, leased = 0 WHERE " + watchKey + " AND fence = ? AND leased = 1",
	stWatchNext:    "SELECT ready_at FROM {p}watches WHERE life = 'active' AND carrier = ? ORDER BY ready_at LIMIT 1",
	stWatchLock:    "SELECT s.state, s.newest, s.evidence_end, s.answers_end, s.changed_at, " + watchColumns + " FROM {p}shipments s JOIN {p}watches w ON w.courier = s.courier AND w.number = s.number AND w.generation = s.generation WHERE s.courier = ? AND s.number = ? AND s.generation = ? AND w.carrier = ? AND w.role = ?{lock}",
	stWatchInsert:  "INSERT INTO {p}watches (ref, since_at, extra_personal, recall, life, reason, began_at, opened_at, due_at, why, asked_at, changed_at, settled_at, settled_as, checks, asks, today, day, not_found, failures, last_failure, ready_at, fence, leased, early_at, courier, number, generation, carrier, role) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?){fresh}",
	stWatchUpdate:  "UPDATE {p}watches SET ref = ?, since_at = ?, extra_personal = ?, recall = ?, life = ?, reason = ?, began_at = ?, opened_at = ?, due_at = ?, why = ?, asked_at = ?, changed_at = ?, settled_at = ?, settled_as = ?, checks = ?, asks = ?, today = ?, day = ?, not_found = ?, failures = ?, last_failure = ?, ready_at = ?, fence = ?, leased = ?, early_at = ? WHERE " + watchKey,

	stShipmentLock:   "SELECT state FROM {p}shipments WHERE " + shipmentKey + "{lock}",
	stShipmentNewest: "SELECT newest FROM {p}shipments WHERE " + shipmentKey,
	stShipmentInsert: "INSERT INTO {p}shipments (courier, number, generation, known, status, sub, reason, delivered_at, doubts, inferred, changed_at, evidence, evidence_end, newest, answers_end) VALUES (?, ?, ?, 0, '', '', '', ?, '', 0, ?, 0, 0, '{}', 0){fresh}",
	stShipmentUpdate: "UPDATE {p}shipments SET known = 1, status = ?, sub = ?, reason = ?, delivered_at = ?, doubts = ?, inferred = ?, changed_at = ?, state = ?, evidence = ?, evidence_end = ?, newest = ?, answers_end = ? WHERE " + shipmentKey,

	stEvidenceList:    "SELECT n, kind, answer_at, pos, item, raw_personal FROM {p}events WHERE " + shipmentKey + " ORDER BY n",
	stEvidenceInsert:  evidenceInsert + evidenceValues,
	stEvidenceInsert2: evidenceInsert + evidenceValues + ", " + evidenceValues,
	stEvidenceInsert4: evidenceInsert + evidenceValues + ", " + evidenceValues + ", " + evidenceValues + ", " + evidenceValues,
	stEvidenceInsert8: evidenceInsert + evidenceValues + ", " + evidenceValues + ", " + evidenceValues + ", " + evidenceValues + ", " + evidenceValues + ", " + evidenceValues + ", " + evidenceValues + ", " + evidenceValues,
	stEvidenceUpdate:  "UPDATE {p}events SET kind = ?, carrier = ?, at = ?, published_at = ?, seen_at = ?, status = ?, sub = ?, code = ?, text = ?, place = ?, map_version = ?, answer_at = ?, pos = ?, item = ?, raw_personal = ? WHERE " + shipmentKey + " AND n = ?",
	stEvidenceMove:    "UPDATE {p}events SET answer_at = ?, pos = ? WHERE " + shipmentKey + " AND n = ?",
	stEvidenceDelete:  "DELETE FROM {p}events WHERE " + shipmentKey + " AND n = ?",

	stAnswerInsert: "INSERT INTO {p}raw_answers (courier, number, generation, n, carrier, door, at, size, cut, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	stAnswerList:   "SELECT door, at, cut, answer FROM {p}raw_answers WHERE " + shipmentKey + " ORDER BY n",
	stAnswerOld:    "SELECT courier, number, generation, n FROM {p}raw_answers WHERE at < ? ORDER BY at LIMIT ?{skip}",
	stAnswerForget: "DELETE FROM {p}raw_answers WHERE " + shipmentKey + " AND n = ?",

	stTaskGet:      "SELECT " + taskColumns + " FROM {p}outbox o WHERE o.task_key = ?",
	stTaskThere:    "SELECT n FROM {p}outbox WHERE task_key = ?",
	stTaskInsert:   "INSERT INTO {p}outbox (task_key, stream, n, action, state, attempts, due_at, fence, created_at, done_at, why, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?){fresh}",
	stTaskStanding: "SELECT o.stream, o.fence, s.head_key, s.leased FROM {p}outbox o JOIN {p}streams s ON s.stream = o.stream WHERE o.task_key = ?{lock}",
	stTaskWrite:    "UPDATE {p}outbox SET state = ?, attempts = ?, due_at = ?, done_at = ?, why = ? WHERE task_key = ?",
	stTaskDue:      "SELECT o.task_key, o.stream, " + taskColumns + " FROM {p}streams s JOIN {p}outbox o ON o.task_key = s.head_key WHERE s.ready_at <= ? ORDER BY s.ready_at LIMIT ?{skip}",
	stTaskLease:    taskLease + "= ?",
	stTaskLeases:   taskLease + "IN (" + togetherMarks + ")",
	stTaskNext:     "SELECT ready_at FROM {p}streams WHERE ready_at < ? ORDER BY ready_at LIMIT 1",
	stStreamLock:   "SELECT last_n, head_key, ready_at FROM {p}streams WHERE stream = ?{lock}",
	stStreamInsert: "INSERT INTO {p}streams (stream, last_n, head_key, leased, ready_at) VALUES (?, ?, ?, 0, ?){fresh}",
	stStreamUpdate: "UPDATE {p}streams SET last_n = ?, head_key = ?, ready_at = ? WHERE stream = ?",
	stStreamLease:  streamLease + "= ?",
	stStreamLeases: streamLease + "IN (" + togetherMarks + ")",
	stStreamLead:   "UPDATE {p}streams SET leased = 0, head_key = COALESCE((SELECT o.task_key FROM {p}outbox o WHERE o.stream = ? AND o.state = 'waiting' ORDER BY o.n LIMIT 1), ''), ready_at = COALESCE((SELECT o.due_at FROM {p}outbox o WHERE o.stream = ? AND o.state = 'waiting' ORDER BY o.n LIMIT 1), ?) WHERE stream = ?",

	stTravelGet:      "SELECT " + travelColumns + " FROM {p}shipments s JOIN {p}fulfil_shipments f ON f.courier = s.courier AND f.number = s.number AND f.generation = s.generation WHERE s.courier = ? AND s.number = ? AND s.generation = ?{lock}",
	stTravelLatest:   "SELECT generation FROM {p}fulfil_shipments WHERE courier = ? AND number = ? ORDER BY generation DESC LIMIT 1",
	stTravelInsert:   "INSERT INTO {p}fulfil_shipments (carrier, since_at, epoch, seen_at, awaiting, pin, courier, number, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?){fresh}",
	stTravelUpdate:   "UPDATE {p}fulfil_shipments SET carrier = ?, since_at = ?, epoch = ?, seen_at = ?, awaiting = ?, pin = ? WHERE " + shipmentKey,
	stTravelOf:       "SELECT " + travelColumns + " FROM " + linkedTo + " k JOIN {p}fulfil_shipments f ON f.courier = k.courier AND f.number = k.number AND f.generation = k.generation" + withState + " ORDER BY f.since_at, f.courier, f.number, f.generation",
	stLinkList:       "SELECT courier, number, generation, order_id, role FROM {p}fulfil_links WHERE " + shipmentKey + " ORDER BY order_id, role",
	stLinkListOf:     "SELECT l.courier, l.number, l.generation, l.order_id, l.role FROM " + linkedTo + linksWith + linkOrder,
	stLinkInsert:     "INSERT INTO {p}fulfil_links (courier, number, generation, order_id, role) VALUES (?, ?, ?, ?, ?){fresh}",
	stLinkDelete:     "DELETE FROM {p}fulfil_links WHERE " + shipmentKey + " AND order_id = ? AND role = ?",
	stTraceInsert:    "INSERT INTO {p}fulfil_traces (order_id, command_id, n, trace) SELECT ?, ?, COALESCE(MAX(n), 0) + 1, ? FROM {p}fulfil_traces WHERE order_id = ?{fresh}",
	stTraceUpdate:    "UPDATE {p}fulfil_traces SET trace = ? WHERE order_id = ? AND command_id = ?",
	stTraceList:      "SELECT trace FROM {p}fulfil_traces WHERE order_id = ? ORDER BY n, command_id",
	stJobLock:        "SELECT granted_at FROM {p}fulfil_jobs WHERE name = ?{lock}",
	stJobInsert:      "INSERT INTO {p}fulfil_jobs (name, granted_at) VALUES (?, ?){fresh}",
	stTravelOld:      "SELECT " + travelColumns + " FROM {p}fulfil_shipments f" + withState + " WHERE f.forgotten = 0 AND f.seen_at >= ? AND f.seen_at < ? AND (f.seen_at > ? OR f.courier > ? OR f.courier = ? AND (f.number > ? OR f.number = ? AND f.generation > ?)) ORDER BY f.seen_at, f.courier, f.number, f.generation LIMIT ?",
	stTravelForget:   "UPDATE {p}fulfil_shipments SET forgotten = 1 WHERE " + shipmentKey,
	stShipmentForget: "UPDATE {p}shipments SET evidence = 0, newest = '{}' WHERE " + shipmentKey,
	stEvidenceForget: "DELETE FROM {p}events WHERE " + shipmentKey,
	stAnswersForget:  "DELETE FROM {p}raw_answers WHERE " + shipmentKey,
	stWatchesForget:  "DELETE FROM {p}watches WHERE " + shipmentKey,
	stWatchActive:    "SELECT w.ready_at FROM {p}watches w WHERE " + shipmentKey + " AND life = 'active' LIMIT 1",
	stTaskOf:         "SELECT o.task_key, " + taskColumns + " FROM {p}outbox o WHERE o.stream = ?",
	stTaskForget:     "DELETE FROM {p}outbox WHERE task_key = ? AND state NOT IN ('waiting', 'dead')",
	stTraceForget:    "DELETE FROM {p}fulfil_traces WHERE order_id = ? AND command_id = ?",

	stJobUpdate: "UPDATE {p}fulfil_jobs SET granted_at = ? WHERE name = ?",
}
