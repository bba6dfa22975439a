package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// The kinds of evidence as they are stored.
const (
	kindScan    = "scan"
	kindVerdict = "verdict"
)

// evidence is what is stored of a shipment, and what it is to be after an answer.
type evidence struct {
	scans    []scanRow
	verdicts []verdictRow
	after    tracking.Evidence
}

type scanRow struct {
	n      int64
	answer *int64 // as it is stored
	tracking.Event
}

type verdictRow struct {
	n      int64
	answer *int64
	tracking.Verdict
}

// before is what is stored.
func (e evidence) before() tracking.Evidence {
	stored := tracking.Evidence{Events: make([]tracking.Event, len(e.scans)), Verdicts: make([]tracking.Verdict, len(e.verdicts))}
	for i, row := range e.scans {
		stored.Events[i] = row.Event
	}
	for i, row := range e.verdicts {
		stored.Verdicts[i] = row.Verdict
	}
	return stored
}

// evidence reads what is stored of a shipment.
func (h handle) evidence(ctx context.Context, id poll.ShipmentID, at newest) (e evidence, err error) {
	err = h.list(ctx, stEvidenceList, shipmentArgs(id), func(rows *sql.Rows) error {
		var n int64
		var answer *int64
		var pos int
		var kind string
		var item, raw sql.RawBytes
		if err := rows.Scan(&n, &kind, &answer, &pos, &item, &raw); err != nil {
			return err
		}
		if kind == kindVerdict {
			row := verdictRow{n: n, answer: answer}
			err := json.Unmarshal(item, &row.Verdict)
			row.AnswerAt = at.read(row.Carrier, answer)
			e.verdicts = append(e.verdicts, row)
			return err
		}
		row := scanRow{n: n, answer: answer}
		err := json.Unmarshal(item, &row.Event)
		row.AnswerAt, row.Pos, row.Raw = at.read(row.Carrier, answer), pos, string(raw)
		e.scans = append(e.scans, row)
		return err
	})
	return e, err
}

// revise writes the rows of evidence that an answer changed, and no others.
func (t *Tx) revise(ctx context.Context, s *shipmentRow, e evidence) error {
	d := e.difference()
	s.newest = d.newest
	key := shipmentArgs(s.id)
	at := func(n int64) []any { return append(slices.Clip(key), n) }
	for _, n := range d.gone {
		if _, err := t.exec(ctx, stEvidenceDelete, at(n)...); err != nil {
			return err
		}
	}
	for _, it := range d.moved {
		if _, err := t.exec(ctx, stEvidenceMove, append([]any{it.answer, it.pos()}, at(it.n)...)...); err != nil {
			return err
		}
	}
	for _, it := range d.revised {
		row, err := it.fields()
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, stEvidenceUpdate, append(row, at(it.n)...)...); err != nil {
			return err
		}
	}
	return t.append(ctx, s, d.fresh)
}

// append writes new rows, several with a statement: a new scan mostly comes with a summary, and the first answer with many.
func (t *Tx) append(ctx context.Context, s *shipmentRow, fresh []item) error {
	for _, by := range [...]struct {
		rows int
		st   statement
	}{{8, stEvidenceInsert8}, {4, stEvidenceInsert4}, {2, stEvidenceInsert2}, {1, stEvidenceInsert}} {
		for len(fresh) >= by.rows {
			var args []any
			for _, it := range fresh[:by.rows] {
				row, err := it.fields()
				if err != nil {
					return err
				}
				s.evidenceEnd++
				args = append(append(append(args, row...), shipmentArgs(s.id)...), s.evidenceEnd)
			}
			if _, err := t.exec(ctx, by.st, args...); err != nil {
				return err
			}
			fresh = fresh[by.rows:]
		}
	}
	return nil
}

// An item is a scan or a verdict that is to be written.
type item struct {
	n       int64
	scan    *tracking.Event
	verdict *tracking.Verdict
	answer  *int64 // the column of the answer that holds it
}

func (it item) pos() int {
	if it.scan == nil {
		return 0
	}
	return it.scan.Pos
}

// fields gives the values of all columns but the key.
func (it item) fields() ([]any, error) {
	if it.scan != nil {
		ev := *it.scan
		ev.AnswerAt, ev.Pos, ev.Raw = time.Time{}, 0, ""
		data, err := json.Marshal(ev)
		if err != nil {
			return nil, fmt.Errorf("sqlstore: a scan: %w", err)
		}
		var raw any
		if it.scan.Raw != "" {
			raw = text(it.scan.Raw)
		}
		return []any{
			kindScan, brief(ev.Carrier), nanos(ev.At), nanos(ev.Published), nanos(ev.Seen), ev.Status.String(), ev.Sub.String(),
			brief(ev.Code), brief(ev.Text), brief(ev.Place), brief(ev.MapVersion), it.answer, it.pos(), string(data), raw,
		}, nil
	}
	v := *it.verdict
	v.AnswerAt = time.Time{}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: a verdict: %w", err)
	}
	return []any{
		kindVerdict, brief(v.Carrier), nanos(v.AsOf), nanos(time.Time{}), nanos(v.Seen), v.Status.String(), v.Sub.String(),
		brief(v.Code), brief(v.Text), "", "", it.answer, it.pos(), string(data), nil,
	}, nil
}
