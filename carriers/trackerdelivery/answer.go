package trackerdelivery

import (
	"encoding/json"
	"errors"
	"mime"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// answer is a GraphQL answer with data of type T. Errors come with HTTP 200, so that nothing is known before both parts
// are read.
type answer[T any] struct {
	Data   *T      `json:"data"`
	Errors []fault `json:"errors"`

	status int
	at     time.Time
	wait   time.Duration       // what a Retry-After header says
	raw    map[string][]string // the events' own JSON, with KeepRaw
}

// tracks is the data of Track, TrackOlder and TrackBatch: a parcel by alias, nil where it failed.
type tracks map[string]*track

// track is TrackInfo. Names and phones have no field here: they are dropped by not being read.
type track struct {
	TrackingNumber string  `json:"trackingNumber"`
	LastEvent      *event  `json:"lastEvent"`
	Events         *events `json:"events"`
}

// events is a page of events, oldest first. Edges is nil, not empty, when the server could not say. The cursors of
// pageInfo can point outside the list (observed) and are not read.
type events struct {
	Edges    []edge `json:"edges"`
	PageInfo struct {
		HasPreviousPage bool `json:"hasPreviousPage"`
	} `json:"pageInfo"`
}

type edge struct {
	Cursor string `json:"cursor"`
	Node   *event `json:"node"`
}

// event is TrackEvent. Only the status code is never null; an event without one could not be read.
type event struct {
	Time   string `json:"time"` // RFC 3339; empty when the courier's could not be read
	Status struct {
		Code string `json:"code"`
		Name string `json:"name"`
	} `json:"status"`
	Location struct {
		Name string `json:"name"`
	} `json:"location"`
	Description string `json:"description"`
}

func (e *event) readable() bool { return e != nil && e.Status.Code != "" }

// fault is one entry of errors[]. Every part of it may be missing.
type fault struct {
	Message    string `json:"message"`
	Path       []step `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// step is an element of a path: a field's name or a list's index.
type step string

// UnmarshalJSON takes a string or a number.
func (s *step) UnmarshalJSON(text []byte) error {
	var name string
	if err := json.Unmarshal(text, &name); err == nil {
		*s = step(name)
		return nil
	}
	*s = step(text)
	return nil
}

// alias is what the fault belongs to: the first step of its path; empty when it has none.
func (f *fault) alias() string {
	if len(f.Path) == 0 {
		return ""
	}
	return string(f.Path[0])
}

// read decodes an answer once. The error is that of an answer that is no GraphQL answer: rows 15 to 18 of the table in
// rule.go. Items of the wrong type are left out and do no harm to the others.
func (a *answer[T]) read(resp *transport.Response) *tracking.Error {
	*a = answer[T]{status: resp.Status, at: resp.At}
	if !isJSON(resp) || isSyntax(json.Unmarshal(resp.Body, a)) {
		return gateway(resp)
	}
	switch {
	case len(a.Errors) > 0:
		a.wait, _ = transport.RetryAfter(resp.Header, resp.At)
		return nil
	case resp.Status < 200 || resp.Status > 299:
		return gateway(resp)
	case a.Data == nil:
		return &tracking.Error{Kind: tracking.ErrProtocol, Retry: tracking.RetrySoon, Err: errors.New("the answer has neither data nor errors")}
	default:
		return nil
	}
}

// isJSON trusts the content type, and looks for itself only where there is none.
func isJSON(resp *transport.Response) bool {
	kind := resp.Header.Get("Content-Type")
	if kind == "" {
		return len(resp.Body) > 0 && (resp.Body[0] == '{' || resp.Body[0] == '[')
	}
	if kind == "application/json; charset=utf-8" || kind == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(kind)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// isSyntax tells a cut or foreign text, of which nothing was read, from values of the wrong type, which were left out.
func isSyntax(err error) bool {
	_, odd := errors.AsType[*json.UnmarshalTypeError](err)
	return err != nil && !odd
}

// rawEvents finds the events' own JSON, by alias and position; the last event follows the list's.
func rawEvents(text []byte) map[string][]string {
	var answer struct {
		Data map[string]struct {
			LastEvent json.RawMessage `json:"lastEvent"`
			Events    struct {
				Edges []struct {
					Node json.RawMessage `json:"node"`
				} `json:"edges"`
			} `json:"events"`
		} `json:"data"`
	}
	_ = json.Unmarshal(text, &answer) // it was read before; what is of the wrong type stays empty
	raw := make(map[string][]string, len(answer.Data))
	for alias, t := range answer.Data {
		texts := make([]string, 0, len(t.Events.Edges)+1)
		for i := range t.Events.Edges {
			texts = append(texts, string(t.Events.Edges[i].Node))
		}
		raw[alias] = append(texts, string(t.LastEvent))
	}
	return raw
}
