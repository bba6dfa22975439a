package sweettracker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The reads that belong to no number.
const (
	opCouriers   = "couriers"
	opDetect     = "detect"
	opQuota      = "quota"
	readAttempts = 3
)

// accountBody is the body of the calls that want the key, and of recommend, which wants a number too.
type accountBody struct {
	Key    string `json:"t_key"`
	Number string `json:"t_invoice,omitempty"`
}

// post makes a call of the account: s.number is sent where there is one. The answer is left to classify; post gives
// the key that was used.
func (c *Carrier) post(ctx context.Context, s *subject, path string, classify func(*transport.Response) *tracking.Error) (key string, err error) {
	if err := c.ready(ctx, s.op); err != nil {
		return "", err
	}
	key, err = c.keys.current(ctx, s.op)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(accountBody{Key: key, Number: s.number})
	if err != nil {
		return "", s.failure(tracking.ErrInvalidRequest, tracking.RetryNever, nil)
	}
	_, err = c.transport.Do(ctx, transport.Operation{Name: s.op, Attempts: readAttempts, Classify: classify},
		transport.Request{Method: http.MethodPost, URL: c.base + path, Header: c.header, Body: body})
	if err != nil {
		return "", s.named(err)
	}
	return key, nil
}

// listedCourier is one courier in a list of either API. International is the string "true" or "false".
type listedCourier struct {
	Code          text `json:"Code"`
	Name          text `json:"Name"`
	International flag `json:"International"`
}

func (l *listedCourier) info() tracking.CourierInfo {
	ours, _ := courier.FromProvider(Name, l.Code.value)
	return tracking.CourierInfo{Courier: ours, Code: l.Code.value, Name: l.Name.value, International: l.International.value}
}

// courierList is the answer of companylist and recommend: an object, or (seen once) the bare list.
type courierList struct {
	envelope
	Company   []listedCourier `json:"Company"`
	Recommend []listedCourier `json:"Recommend"`
}

func (l *courierList) read(body []byte) error {
	*l = courierList{}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		l.Company = []listedCourier{} // even an empty list is an answer
		return readLeniently(body, &l.Company)
	}
	return readLeniently(body, l)
}

// Couriers lists the couriers that the provider serves now (companylist). A row without a code is left out.
func (c *Carrier) Couriers(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
	return func(yield func(tracking.CourierInfo, error) bool) {
		s := subject{op: opCouriers, hidden: c.hidden}
		var list courierList
		_, err := c.post(ctx, &s, "/api/v1/companylist", func(resp *transport.Response) *tracking.Error {
			err := list.read(resp.Body)
			return s.judge(resp, &list.envelope, err, list.Company != nil)
		})
		if err != nil {
			yield(tracking.CourierInfo{}, err)
			return
		}
		yieldCouriers(list.Company, yield)
	}
}

func yieldCouriers(list []listedCourier, yield func(tracking.CourierInfo, error) bool) {
	for i := range list {
		if list[i].Code.value != "" && !yield(list[i].info(), nil) {
			return
		}
	}
}

// Detect guesses whose number it is (recommend), best guess first. A number that the provider knows nothing of gives
// an empty list. Couriers that the directory does not know come as "sweettracker:" and the provider's code.
//
// That recommend takes POST is not confirmed; if it does not, the answer is ErrProtocol.
func (c *Carrier) Detect(ctx context.Context, waybill string) ([]tracking.Courier, error) {
	s := subject{op: opDetect, number: number.Normalize(waybill), hidden: c.hidden}
	if !wellFormed(s.number) {
		e := s.failure(tracking.ErrInvalidNumber, tracking.RetryNever, nil)
		e.Billed = tracking.No
		return nil, e
	}
	var list courierList
	_, err := c.post(ctx, &s, "/api/v1/recommend", func(resp *transport.Response) *tracking.Error {
		err := list.read(resp.Body)
		return s.judge(resp, &list.envelope, err, list.Recommend != nil)
	})
	if errors.Is(err, tracking.ErrNotFound) {
		return []tracking.Courier{}, nil
	}
	if err != nil {
		return nil, err
	}
	guesses := make([]tracking.Courier, 0, len(list.Recommend))
	for i := range list.Recommend {
		guess := list.Recommend[i].info()
		if guess.Code != "" && !slices.Contains(guesses, guess.Courier) {
			guesses = append(guesses, guess.Courier)
		}
	}
	return guesses, nil
}

// wellFormed reports whether a normalised number consists of what numbers consist of.
func wellFormed(normal string) bool {
	odd := func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }
	return normal != "" && !strings.ContainsFunc(normal, odd)
}
