package trackerdelivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// oldTrack is V1's answer about a parcel. Any field may be missing, null or an empty string (observed). Sender,
// recipient and item are not read, nor is the summary, see [V1].
type oldTrack struct {
	Progresses []oldProgress `json:"progresses"`
	Message    string        `json:"message"` // of an error

	raw      []string
	resp     transport.Response // without its body
	ofParcel bool               // the error is the parcel's, not the call's
}

type oldProgress struct {
	Time   string `json:"time"`
	Status struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	} `json:"status"`
	Location struct {
		Name string `json:"name"`
	} `json:"location"`
	Description string `json:"description"`
}

// unknownCourierTexts tell an unknown courier from an unknown number, which have the same status (observed). The
// language follows Accept-Language, which is always Korean here.
var unknownCourierTexts = [...]string{"지원하지 않는 택배사입니다.", "not supported carrier"}

// read judges an answer.
func (t *oldTrack) read(resp *transport.Response, keepRaw bool, number string) *tracking.Error {
	*t = oldTrack{resp: transport.Response{Status: resp.Status, At: resp.At}}
	isObject := isJSON(resp) && !isSyntax(json.Unmarshal(resp.Body, t))
	if err := t.refusal(resp, isObject, number); err != nil {
		return err
	}
	if t.Progresses == nil {
		return &tracking.Error{Kind: tracking.ErrProtocol, Retry: tracking.RetrySoon, Err: errors.New("the answer has no list of events")}
	}
	if keepRaw {
		t.raw = rawProgresses(resp.Body)
	}
	return nil
}

// refusal is the error table of V1; nil means a JSON object with a 2xx.
func (t *oldTrack) refusal(resp *transport.Response, isObject bool, number string) *tracking.Error {
	fail := func(kind error, retry tracking.Retry) *tracking.Error {
		return &tracking.Error{Kind: kind, Retry: retry, Err: saying(t.Message, []string{number})}
	}
	switch status := resp.Status; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden && !cutOrPage(resp):
		return fail(tracking.ErrCredentials, tracking.RetryNever)
	case status == http.StatusTooManyRequests:
		return throttle()
	case strings.Contains(t.Message, "Please try again"): // queued (issue #150); its status is not known for sure
		t.ofParcel = true
		return fail(tracking.ErrUpstream, tracking.RetrySlow)
	case status == http.StatusRequestTimeout, status >= 500, status >= 400 && cutOrPage(resp):
		t.ofParcel = isObject // the server's own words: mostly the courier's trouble
		return fail(tracking.ErrUpstream, tracking.RetrySoon)
	case status >= 200 && status <= 299 && !isObject:
		return fail(tracking.ErrUpstream, tracking.RetrySoon)
	case status >= 200 && status <= 299:
		return nil
	case !isObject || status < 400:
		return &tracking.Error{Kind: tracking.ErrProtocol, Err: fmt.Errorf("HTTP %d without JSON: wrong address?", status)}
	case status == http.StatusNotFound && t.unknownCourier():
		t.ofParcel = true
		return fail(tracking.ErrUnsupportedCourier, tracking.RetryNever)
	case status == http.StatusNotFound:
		t.ofParcel = true
		return fail(tracking.ErrNotFound, tracking.RetrySlow)
	case status == http.StatusBadRequest:
		t.ofParcel = true
		return fail(tracking.ErrInvalidNumber, tracking.RetryNever)
	default:
		return fail(tracking.ErrInvalidRequest, tracking.RetryNever)
	}
}

func (t *oldTrack) unknownCourier() bool {
	for _, text := range unknownCourierTexts {
		if t.Message == text {
			return true
		}
	}
	return false
}

func rawProgresses(text []byte) []string {
	var answer struct {
		Progresses []json.RawMessage `json:"progresses"`
	}
	_ = json.Unmarshal(text, &answer) // it was read before
	raw := make([]string, len(answer.Progresses))
	for i := range raw {
		raw[i] = string(answer.Progresses[i])
	}
	return raw
}

// parcel makes the parcel of an answer.
func (v *V1) parcel(a *ask, t *oldTrack) *tracking.Parcel {
	p := &tracking.Parcel{
		Courier: a.query.Courier, Number: a.query.Number, Source: NameV1, RetrievedAt: t.resp.At,
		Events: make([]tracking.Event, 0, len(t.Progresses)),
	}
	for i := range t.Progresses {
		row := &t.Progresses[i]
		if *row == (oldProgress{}) { // null, or of the wrong type
			p.Partial = true
			continue
		}
		p.Events = append(p.Events, v.event(a, row, i, t))
	}
	p.Settle(a.query.Context())
	return p
}

func (v *V1) event(a *ask, e *oldProgress, pos int, t *oldTrack) tracking.Event {
	row, _ := v.config.Table.Map(a.mapped, newCode(e.Status.ID), e.Status.Text)
	at, precision, assumed := when(a.id, e.Time)
	out := tracking.Event{
		At: at, Precision: precision, Assumed: assumed,
		Status: row.Status, Sub: row.Sub, Reason: row.Reason, MapVersion: v.config.Table.Version(),
		Code: mask.Text(e.Status.ID, ""), Text: mask.Text(e.Status.Text, a.query.Number),
		Note: mask.Text(e.Description, a.query.Number), Place: mask.Text(e.Location.Name, a.query.Number),
		Carrier: NameV1, AnswerAt: t.resp.At, Pos: pos,
	}
	if pos < len(t.raw) {
		out.Raw = t.raw[pos]
	}
	return out
}

// newCode gives the V2 code for a V1 status id, in any case. One is misspelt by an old adapter (observed).
func newCode(id string) string {
	code := strings.ToUpper(id)
	switch code {
	case "":
		return "UNKNOWN"
	case "OUT_OF_DELIVERY":
		return "OUT_FOR_DELIVERY"
	default:
		return code
	}
}

// oldCarrier is an entry of V1's list.
type oldCarrier struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Couriers lists what the service serves now, in one call; the list is kept for a day.
func (v *V1) Couriers(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
	return func(yield func(tracking.CourierInfo, error) bool) {
		err := ready(ctx, NameV1, opCouriers, v.invalid)
		if err == nil {
			err = v.load(ctx)
		}
		if err != nil {
			yield(tracking.CourierInfo{}, err)
			return
		}
		list, _ := v.directory.fresh(v.config.Now())
		for _, item := range list {
			if item.ID != dummyID && !yield(courierInfo(item.ID, item.Name), nil) {
				return
			}
		}
	}
}

// load reads the list, unless it is kept.
func (v *V1) load(ctx context.Context) error {
	if _, fresh := v.directory.fresh(v.config.Now()); fresh {
		return nil
	}
	var list []oldCarrier
	op := transport.Operation{Name: opCouriers, Attempts: readAttempts, Attempt: trackLimit}
	op.Classify = func(resp *transport.Response) *tracking.Error {
		list = nil
		var t oldTrack
		isList := isJSON(resp) && !isSyntax(json.Unmarshal(resp.Body, &list))
		if !isList || resp.Status > 299 {
			_ = json.Unmarshal(resp.Body, &t)
		}
		err := t.refusal(resp, isList || t.Message != "", "")
		if err == nil && len(list) == 0 { // a service without a courier: believed, it would refuse every number for a day
			err = &tracking.Error{Kind: tracking.ErrProtocol, Retry: tracking.RetrySoon, Err: errNoList}
		}
		return err
	}
	err := v.line.send(ctx, op, transport.Request{Method: http.MethodGet, URL: v.config.BaseURL + "/carriers"})
	if err != nil {
		return err
	}
	kept := make([]carrier, 0, len(list))
	for _, item := range list {
		if item.ID != "" {
			kept = append(kept, carrier(item))
		}
	}
	v.directory.keep(kept, v.config.Now())
	return nil
}
