package sqlstore

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// DefaultKeepAnswers is how many bytes of an answer are kept if [KeepAnswers] does not say otherwise.
const DefaultKeepAnswers = 64 << 10

// KeepAnswers sets how many bytes of an answer that brought something new are kept, as JSON before it is compressed to some
// fifth; [DefaultKeepAnswers] by default. Of a larger one the oldest scans are left out. With 0 none is kept.
func KeepAnswers(maxBytes int) Option { return func(o *options) { o.answers = maxBytes } }

// An Answer is what a carrier said when it brought something new.
type Answer struct {
	Door   tracking.Door
	At     time.Time       // when it was seen
	Parcel tracking.Parcel // without [tracking.Event.Raw]
	Cut    bool            // the oldest scans are left out: it was larger than [KeepAnswers]
}

// Answers gives the kept answers about a shipment, in the order in which they came. None is no error.
func (ws *Watches) Answers(ctx context.Context, id poll.ShipmentID) ([]Answer, error) {
	if err := ws.s.outside(ctx); err != nil {
		return nil, err
	}
	var kept []Answer
	err := ws.s.list(ctx, stAnswerList, shipmentArgs(id), func(rows *sql.Rows) error {
		var a Answer
		var at int64
		var packed sql.RawBytes
		if err := rows.Scan(&a.Door, &at, &a.Cut, &packed); err != nil {
			return err
		}
		a.At = moment(at)
		kept = append(kept, a)
		return unpack(packed, &kept[len(kept)-1].Parcel)
	})
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// PruneAnswers removes the answers that were seen before a time, and reports how many. It removes 200 in a transaction, so
// that others get their turn; after an error it reports those that are gone. It implements [fulfill.AnswerPruner].
func (s *Store) PruneAnswers(ctx context.Context, before time.Time) (n int, err error) {
	return s.portions(ctx, func(ctx context.Context, tx *Tx) (int, error) { return tx.pruneAnswers(ctx, before) })
}

func (t *Tx) pruneAnswers(ctx context.Context, before time.Time) (int, error) {
	var keys [][]any
	err := t.list(ctx, stAnswerOld, []any{nanos(before), portion}, func(rows *sql.Rows) error {
		var courier, number string
		var generation, n int64
		if err := rows.Scan(&courier, &number, &generation, &n); err != nil {
			return err
		}
		keys = append(keys, []any{courier, number, generation, n})
		return nil
	})
	for _, key := range keys {
		if err != nil {
			break
		}
		_, err = t.exec(ctx, stAnswerForget, key...)
	}
	return len(keys), err
}

// keepAnswer writes down what was said.
func (t *Tx) keepAnswer(ctx context.Context, s *shipmentRow, r poll.Report) error {
	most := t.s.options.answers
	if most == 0 {
		return nil
	}
	data, cut, err := encodeParcel(r.Parcel, most)
	if err != nil {
		return fmt.Errorf("sqlstore: an answer: %w", err)
	}
	s.answersEnd++
	_, err = t.exec(ctx, stAnswerInsert, append(shipmentArgs(s.id), s.answersEnd, brief(r.Parcel.Source), brief(string(r.Door)), nanos(r.At), len(data), flag(cut), t.s.pack(data))...)
	return err
}

// encodeParcel gives a parcel as JSON, without what people wrote, and without its oldest scans if it is larger than most.
func encodeParcel(p *tracking.Parcel, most int) (data []byte, cut bool, err error) {
	bare := *p
	bare.Events = slices.Clone(p.Events)
	for i := range bare.Events {
		bare.Events[i].Raw = ""
	}
	for {
		if data, err = json.Marshal(bare); err != nil || len(data) <= most || len(bare.Events)+len(bare.Verdicts) == 0 {
			return data, cut, err
		}
		cut = true
		if n := len(bare.Events); n > 0 {
			bare.Events = bare.Events[max(1, n-n*most/len(data)):] // as many as fit if all are of one size, at least one less
		} else {
			bare.Verdicts = nil
		}
	}
}

// pack compresses.
func (s *Store) pack(data []byte) []byte {
	var b bytes.Buffer
	w, ok := s.packers.Get().(*gzip.Writer)
	if !ok {
		w, _ = gzip.NewWriterLevel(&b, gzip.BestSpeed) // a level that there is
	}
	w.Reset(&b)
	_, _ = w.Write(data) // a buffer takes everything
	_ = w.Close()
	s.packers.Put(w)
	return b.Bytes()
}

// unpack reads what pack and encodeParcel wrote.
func unpack(packed []byte, p *tracking.Parcel) error {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, p)
}
