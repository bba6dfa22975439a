package sweettracker

import (
	"errors"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The error codes of the trace API (all documented).
const (
	ecodeParameter = "01" // a required parameter is empty or missing
	ecodeNumber    = "02" // the number fails validation
	ecodeExisting  = "03" // already registered; of account, fid or number is not known
	ecodeCourier   = "04" // unsupported courier
	ecodeSystem    = "99" // system error
)

// registerItem is what the provider says of one number. Success is a bool in the document and a string in two
// clients; code and message may be null.
type registerItem struct {
	FID     text `json:"fid"`
	Success flag `json:"success"`
	Code    code `json:"e_code"`
	Message text `json:"e_message"`
}

// ecode gives the error code with its leading zero, also where a number was sent.
func (r *registerItem) ecode() string {
	if len(r.Code.value) == 1 {
		return "0" + r.Code.value
	}
	return r.Code.value
}

// registerReply is the answer to either registration: the list is empty or absent for one number, and after a failure
// of the whole request.
type registerReply struct {
	registerItem
	List []registerItem `json:"list"`
}

// about finds the item of a fid; the order of the reply means nothing.
func (r *registerReply) about(fid string) *registerItem {
	for i := range r.List {
		if r.List[i].FID.value == fid {
			return &r.List[i]
		}
	}
	return nil
}

// turnedDown makes the error for a number, or a request, that was not accepted.
func (s *subject) turnedDown(item *registerItem, resp *transport.Response) *tracking.Error {
	e := s.failure(tracking.ErrUpstream, tracking.RetrySoon, resp)
	switch item.ecode() {
	case ecodeParameter:
		e.Kind, e.Retry, e.Billed = tracking.ErrInvalidRequest, tracking.RetryNever, tracking.No
	case ecodeNumber:
		e.Kind, e.Retry, e.Billed = tracking.ErrInvalidNumber, tracking.RetryNever, tracking.No
	case ecodeCourier:
		e.Kind, e.Retry, e.Billed = tracking.ErrUnsupportedCourier, tracking.RetryNever, tracking.No
	}
	e.Code = s.clean(item.ecode())
	e.Err = s.said(item.Message.value)
	return e
}

// unanswered is the error for a number that the reply says nothing of.
func (s *subject) unanswered(resp *transport.Response) *tracking.Error {
	e := s.failure(tracking.ErrUpstream, tracking.RetrySoon, resp)
	e.Err = errors.New("the reply does not mention this number: it may be registered or not")
	return e
}
