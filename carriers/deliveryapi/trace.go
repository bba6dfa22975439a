package deliveryapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

const queryOp = "query"

// traceRequest is the body of POST /v1/tracking/trace.
type traceRequest struct {
	Items             []traceItem `json:"items"`
	IncludeProgresses bool        `json:"includeProgresses"` // its default is not known, so it is always sent
	SkipCache         bool        `json:"skipCache,omitempty"`
}

type traceItem struct {
	CourierCode    string   `json:"courierCode"`
	TrackingNumber string   `json:"trackingNumber"`
	ClientID       string   `json:"clientId,omitempty"`
	Extra          []string `json:"extra,omitempty"`
}

// traceData is the data of its answer. Members that are not read are left out on purpose: names and addresses.
type traceData struct {
	Results []traceResult `json:"results"`
	Summary *struct {
		Billable *int64 `json:"billable"`
	} `json:"summary"`
	APIKeyInfo *keyInfo `json:"apiKeyInfo"`
}

type traceResult struct {
	ClientID string        `json:"clientId"`
	Success  bool          `json:"success"`
	Data     *trackingData `json:"data"`
	Error    *itemError    `json:"error"`
	Cache    *struct {
		FromCache bool `json:"fromCache"`
	} `json:"cache"`

	broken bool // it could not be decoded
}

type itemError struct {
	Code           string `json:"code"`
	Message        string `json:"message"`
	CourierCode    string `json:"courierCode"`
	TrackingNumber string `json:"trackingNumber"`
	Billable       *bool  `json:"billable"`
	FieldIndex     *int   `json:"fieldIndex"`
	FieldKey       string `json:"fieldKey"`
}

// asked is one parcel on its way through a call.
type asked struct {
	query  tracking.Query // with our code of the courier, and the number in normal form
	code   string         // the provider's code of the courier
	item   int            // its item in the chunk; parcels asked for twice share one
	result int            // where its result goes
}

// Query asks about parcels. More than Limits().Batch of them go out in several calls, one after the other; when one of
// those fails, its parcels carry the error and the others have their results.
//
// Query.Ref is sent as clientId and comes back with each result. Query.Fresh passes by the provider's cache, for the whole call that
// the parcel is in. The same parcel asked for twice is sent once. Errors of parcels are those of package tracking, with a
// [FieldError] inside where a field of Query.Extra is at fault; ErrNotFound is billed (documented).
func (c *Carrier) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	if err := c.ready(ctx, queryOp); err != nil {
		return nil, err
	}
	i := newInquiry(c, qs)
	answered := len(qs) > len(i.pending)
	var failed error
	for chunk := range slices.Chunk(i.pending, c.config.batch()) {
		if hopeless(failed) {
			_ = c.failChunk(failed, chunk, i.results) // the error is in the results
			continue
		}
		if err := i.ask(ctx, chunk); err != nil {
			failed = err
			continue
		}
		answered = true
	}
	if !answered && failed != nil {
		return nil, failed
	}
	return i.results, nil
}

// hopeless reports whether an error of one call makes the next one pointless.
func hopeless(err error) bool {
	for _, sentinel := range [...]error{
		tracking.ErrCredentials, tracking.ErrForbidden, tracking.ErrQuotaExhausted, tracking.ErrRateLimited,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// accept judges offline whether a parcel can be asked for, and brings it into normal form.
func (c *Carrier) accept(q tracking.Query) (asked, error) {
	code, served := courier.ToProvider(provider, q.Courier)
	if served {
		code = strings.ToLower(code)
		q.Courier, _ = courier.FromProvider(provider, code) // "deliveryapi:cj" is our cj
	}
	q, err := courier.Prepare(c.name, queryOp, q)
	if err != nil {
		return asked{}, err
	}
	if !served {
		return asked{}, &tracking.Error{
			Carrier: c.name, Op: queryOp, Kind: tracking.ErrUnsupportedCourier,
			Courier: q.Courier, Last4: tracking.Last4(q.Number), Billed: tracking.No,
		}
	}
	return asked{query: q, code: code}, nil
}

// inquiry is one Query on its way, one chunk after the other. Nearly all are about one parcel, and then made in one piece.
type inquiry struct {
	carrier *Carrier
	results []tracking.Result
	pending []asked

	request traceRequest      // of the chunk
	errand  errand[traceData] // likewise

	one struct {
		result [1]tracking.Result
		asked  [1]asked
		item   [1]traceItem
	}
}

// newInquiry sorts out what can be asked for, and answers the rest.
func newInquiry(c *Carrier, qs []tracking.Query) *inquiry {
	i := &inquiry{carrier: c}
	i.results, i.pending, i.request.Items = i.one.result[:], i.one.asked[:0], i.one.item[:0]
	if len(qs) != 1 {
		i.results, i.pending = make([]tracking.Result, len(qs)), make([]asked, 0, len(qs))
		i.request.Items = make([]traceItem, 0, min(len(qs), c.config.batch()))
	}
	for n, q := range qs {
		i.results[n] = tracking.Result{Query: q, Carrier: c.name, Billed: tracking.No}
		a, err := c.accept(q)
		if err != nil {
			i.results[n].Err = err
			continue
		}
		a.result = n
		i.pending = append(i.pending, a)
	}
	return i
}

// ask makes the call for one chunk and puts in its results. Its error concerns the whole chunk and is in its results too.
func (i *inquiry) ask(ctx context.Context, chunk []asked) error {
	i.put(chunk)
	c := i.carrier
	if err := i.fetch(ctx); err != nil {
		return c.failChunk(err, chunk, i.results)
	}
	data := &i.errand.got.Data
	c.noteQuota(data.APIKeyInfo)
	matched := make([]*traceResult, largestBatch)[:len(i.request.Items)]
	match(matched, i.request.Items, data.Results)
	for _, a := range chunk {
		c.fill(&i.results[a.result], a, matched[a.item], i.errand.told.at)
	}
	c.count(data, matched)
	i.errand.got = answer[traceData]{} // the results may be kept, and the answer is not to be kept with them
	return nil
}

// put makes the request for a chunk.
func (i *inquiry) put(chunk []asked) {
	i.request = traceRequest{Items: i.request.Items[:0], IncludeProgresses: true}
	for n := range chunk {
		a := &chunk[n]
		i.request.SkipCache = i.request.SkipCache || a.query.Fresh
		if a.item = twin(chunk[:n], a); a.item < 0 {
			a.item = len(i.request.Items)
			i.request.Items = append(i.request.Items, traceItem{
				CourierCode: a.code, TrackingNumber: a.query.Number, ClientID: a.query.Ref, Extra: a.query.Extra,
			})
		}
	}
}

// twin finds the item of a parcel that was asked for before; −1 if there is none.
func twin(before []asked, a *asked) int {
	for n := range before {
		b := &before[n]
		if b.query.Number == a.query.Number && b.code == a.code && slices.Equal(b.query.Extra, a.query.Extra) {
			return b.item
		}
	}
	return -1
}

// failChunk gives every parcel of a failed call an error of its own, and returns what says the same of all.
func (c *Carrier) failChunk(err error, chunk []asked, results []tracking.Result) error {
	for _, a := range chunk {
		own := err
		var whole *tracking.Error
		if errors.As(err, &whole) {
			e := *whole
			e.Courier, e.Last4 = a.query.Courier, tracking.Last4(a.query.Number)
			own, results[a.result].Billed = &e, e.Billed
		}
		results[a.result].Err = own
	}
	if len(chunk) == 1 {
		return results[chunk[0].result].Err
	}
	return err
}

// fill puts one parcel's answer into its result. found is nil when the provider gave none.
func (c *Carrier) fill(result *tracking.Result, a asked, found *traceResult, at time.Time) {
	switch {
	case found == nil:
		result.Billed, result.Err = tracking.Maybe, c.itemNonsense(queryOp, a, "no result for this parcel")
	case found.broken:
		result.Billed, result.Err = tracking.Maybe, c.itemNonsense(queryOp, a, "a result that cannot be read")
	case found.Success && found.Data != nil:
		parcel := c.parcel(found.Data, a.query, at)
		parcel.Cached = found.Cache != nil && found.Cache.FromCache
		parcel.Settle(a.query.Context())
		result.Parcel, result.Billed = parcel, found.billed()
	case !found.Success && found.Error != nil:
		result.Billed = found.billed()
		result.Err = c.itemError(a, found.Error, result.Billed)
	default:
		result.Billed, result.Err = found.billed(), c.itemNonsense(queryOp, a, "a result without data and error")
	}
}

// billed says whether the provider charges for a result: its own word, else what is documented.
func (r *traceResult) billed() tracking.Tri {
	switch {
	case r.Data != nil && r.Data.Billable != nil:
		return tracking.TriOf(*r.Data.Billable)
	case r.Error != nil && r.Error.Billable != nil:
		return tracking.TriOf(*r.Error.Billable)
	case r.Success && r.Data != nil:
		return tracking.Yes
	case r.Success || r.Error == nil:
		return tracking.Maybe
	}
	return itemMeaning(codeOf(r.Error.Code, nil)).billed
}

// count adds up what was billed. The provider's sum holds where it differs from its parts.
func (c *Carrier) count(data *traceData, matched []*traceResult) {
	if data.Summary != nil && data.Summary.Billable != nil {
		c.billed.Add(*data.Summary.Billable)
		return
	}
	for _, r := range matched {
		if r != nil && r.billed() == tracking.Yes {
			c.billed.Add(1)
		}
	}
}

// itemError translates the error of one parcel.
func (c *Carrier) itemError(a asked, told *itemError, billed tracking.Tri) error {
	code := codeOf(told.Code, c.secrets())
	known := itemMeaning(code)
	text := safeText(told.Message, a.query.Number, c.secrets())
	e := &tracking.Error{
		Carrier: c.name, Op: queryOp, Kind: known.kind, Courier: a.query.Courier, Last4: tracking.Last4(a.query.Number),
		Code: code, HTTPStatus: http.StatusOK, Billed: billed, Retry: known.retry,
	}
	if text != "" {
		e.Err = errors.New(text)
	}
	if code == "MISSING_REQUIRED_FIELD" || code == "INVALID_REQUIRED_FIELD" {
		e.Err = &FieldError{Index: fieldIndex(told), Key: safeText(told.FieldKey, a.query.Number, c.secrets())}
	}
	return e
}

func fieldIndex(told *itemError) int {
	if told.FieldIndex == nil || *told.FieldIndex < 0 {
		return -1
	}
	return *told.FieldIndex
}

// itemNonsense is the error of one parcel about which an answer makes no sense.
func (c *Carrier) itemNonsense(op string, a asked, what string) error {
	return &tracking.Error{
		Carrier: c.name, Op: op, Kind: tracking.ErrProtocol, Courier: a.query.Courier, Last4: tracking.Last4(a.query.Number),
		HTTPStatus: http.StatusOK, Retry: tracking.RetryNever, Err: errors.New(what),
	}
}

// fetch makes the call. The raw form of scans, where the host wants it, comes from decoding them one by one.
func (i *inquiry) fetch(ctx context.Context) error {
	c := i.carrier
	// A repeat may be billed again, so there is one only.
	op := operation{name: queryOp, method: http.MethodPost, url: c.trace, attempts: 2, slow: true}
	i.errand = errand[traceData]{loosely: looseTrace}
	if !c.config.KeepRaw {
		return i.errand.run(ctx, c, op, &i.request)
	}
	raw, told, err := exchange[json.RawMessage](ctx, c, op, &i.request, nil)
	if err != nil {
		return err
	}
	data, ok := looseTrace(raw)
	if !ok {
		return c.nonsense(op.name, "results")
	}
	i.errand.got.Data, i.errand.told = data, told
	return nil
}

// looseTrace decodes results one by one, so that one odd result harms itself only. It is slower than decoding all at once,
// which is tried first.
func looseTrace(data []byte) (traceData, bool) {
	var loose struct {
		Results    []json.RawMessage `json:"results"`
		Summary    json.RawMessage   `json:"summary"`
		APIKeyInfo json.RawMessage   `json:"apiKeyInfo"`
	}
	if json.Unmarshal(data, &loose) != nil || loose.Results == nil {
		return traceData{}, false
	}
	trace := traceData{Results: make([]traceResult, len(loose.Results))}
	for i, raw := range loose.Results {
		trace.Results[i] = looseResult(raw)
	}
	_ = json.Unmarshal(loose.Summary, &trace.Summary)       // a sum that cannot be read is added up
	_ = json.Unmarshal(loose.APIKeyInfo, &trace.APIKeyInfo) // worth having, never worth an error
	return trace, true
}

// looseResult decodes one result. What a decoder can get out of a broken one says whose it is.
func looseResult(raw json.RawMessage) traceResult {
	var loose struct {
		traceResult
		Data json.RawMessage `json:"data"`
	}
	err := json.Unmarshal(raw, &loose)
	result := loose.traceResult
	if len(loose.Data) > 0 && string(loose.Data) != "null" {
		var dataErr error
		result.Data, dataErr = looseTracking(loose.Data)
		err = errors.Join(err, dataErr)
	}
	result.broken = err != nil
	return result
}
