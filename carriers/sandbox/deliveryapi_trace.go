package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// apiItem names one parcel in a request.
type apiItem struct {
	CourierCode    string   `json:"courierCode"`
	TrackingNumber string   `json:"trackingNumber"`
	ClientID       string   `json:"clientId,omitempty"`
	ID             string   `json:"id,omitempty"`
	Extra          []string `json:"extra,omitempty"`
}

type apiResult struct {
	ID       string        `json:"id,omitempty"`
	ClientID string        `json:"clientId,omitempty"`
	Success  bool          `json:"success"`
	Data     *apiParcel    `json:"data,omitempty"`
	Error    *apiItemError `json:"error,omitempty"`
	Cache    apiCache      `json:"cache"`
}

type apiCache struct {
	FromCache bool `json:"fromCache"`
}

type apiItemError struct {
	Code           string `json:"code"`
	Message        string `json:"message"`
	CourierCode    string `json:"courierCode"`
	TrackingNumber string `json:"trackingNumber"`
	Billable       bool   `json:"billable"`
	FieldIndex     *int   `json:"fieldIndex,omitempty"`
	FieldKey       string `json:"fieldKey,omitempty"`
}

type apiParcel struct {
	TrackingNumber     string        `json:"trackingNumber"`
	CourierCode        string        `json:"courierCode"`
	CourierName        string        `json:"courierName"`
	DeliveryStatus     string        `json:"deliveryStatus"`
	DeliveryStatusText string        `json:"deliveryStatusText"`
	IsDelivered        bool          `json:"isDelivered"`
	SenderName         string        `json:"senderName"`
	ReceiverName       string        `json:"receiverName"`
	ReceiverAddress    string        `json:"receiverAddress"`
	ProductName        string        `json:"productName"`
	ProductQuantity    int           `json:"productQuantity"`
	DateDelivered      string        `json:"dateDelivered,omitempty"`
	DateEstimated      string        `json:"dateEstimated,omitempty"`
	DateLastProgress   string        `json:"dateLastProgress"`
	ArrivalBranch      string        `json:"arrivalBranch,omitempty"`
	Progresses         []apiProgress `json:"progresses,omitzero"`
	QueriedAt          string        `json:"queriedAt"`
	Billable           bool          `json:"billable"`
}

type apiProgress struct {
	DateTime    string `json:"dateTime"`
	Location    string `json:"location"`
	Status      string `json:"status"`
	StatusCode  string `json:"statusCode"`
	Description string `json:"description,omitempty"`
	Telno       string `json:"telno,omitempty"`
	Telno2      string `json:"telno2,omitempty"`
}

type apiSummary struct {
	Total      int `json:"total"`
	Successful int `json:"successful"`
	Failed     int `json:"failed"`
	Billable   int `json:"billable"`
}

// apiTrace answers POST /v1/tracking/trace: HTTP 200 and one result per item, in order, however many items fail.
func (w *World) apiTrace(c *apiCall) {
	var wish struct {
		Items             []apiItem `json:"items"`
		IncludeProgresses *bool     `json:"includeProgresses"`
	}
	if !c.decode(&wish) {
		return
	}
	noteItems(c.r, len(wish.Items))
	switch {
	case len(wish.Items) == 0:
		c.fail(Fault{Code: "MISSING_PARAMS", Message: "items가 필요합니다"})
		return
	case len(wish.Items) > w.config.Limits.DeliveryAPIBatch:
		c.fail(Fault{Code: "INVALID_PARAMS", Message: "items는 최대 " + strconv.Itoa(w.config.Limits.DeliveryAPIBatch) + "개입니다"})
		return
	case w.apiPlan(c.key).Quota.Remaining == 0:
		c.fail(Fault{Code: "RATE_LIMITED"})
		return
	}
	faults, done := w.apiItemFaults(c, wish.Items)
	if done {
		return
	}
	results := make([]apiResult, len(wish.Items))
	summary := apiSummary{Total: len(results)}
	for i, item := range wish.Items {
		results[i] = w.apiAnswer(item, faults[i], wish.IncludeProgresses == nil || *wish.IncludeProgresses)
		summary.add(results[i])
	}
	w.apiSpend(c.key, summary.Billable)
	plan := w.apiPlan(c.key)
	c.send(http.StatusOK, apiEnvelope{IsSuccess: true, APIKeyInfo: &plan, Data: struct {
		Results []apiResult `json:"results"`
		Summary apiSummary  `json:"summary"`
	}{results, summary}})
}

func (s *apiSummary) add(r apiResult) {
	billable := r.Error != nil && r.Error.Billable
	if r.Success {
		s.Successful++
		billable = true
	} else {
		s.Failed++
	}
	if billable {
		s.Billable++
	}
}

// apiItemFaults finds what goes wrong with the items. Faults of the call spoil it for all its items, the slowest one
// decides how long it takes; done means that the call is answered.
func (w *World) apiItemFaults(c *apiCall, items []apiItem) (faults []Fault, done bool) {
	faults = make([]Fault, len(items))
	var wait Fault
	for i, item := range items {
		code, _ := courier.FromProvider(courier.DeliveryAPI, item.CourierCode)
		faults[i], _ = w.fault(DeliveryAPI, code, item.TrackingNumber)
		wait.Delay, wait.Hang = max(wait.Delay, faults[i].Delay), wait.Hang || faults[i].Hang
	}
	if !w.stall(c.r.Context(), wait) {
		return nil, true
	}
	for i, f := range faults {
		f.Delay, f.Hang = 0, false
		if w.disturb(c.rw, c.r, f) {
			return nil, true
		}
		if f.Envelope {
			w.apiFault(c, f)
			return nil, true
		}
		faults[i] = f
	}
	return faults, false
}

// apiAnswer answers for one parcel.
func (w *World) apiAnswer(item apiItem, f Fault, progresses bool) apiResult {
	result := apiResult{ID: item.ID, ClientID: item.ClientID}
	info, refused := w.apiRefuses(item)
	if f.Code != "" {
		refused = &apiItemError{Code: f.Code, Message: f.Message, Billable: f.Code == "NOT_FOUND"}
	}
	if refused == nil {
		view, found := w.Look(info.Code, item.TrackingNumber)
		if found {
			result.Success, result.Data = true, apiParcelOf(view, info, progresses)
			return result
		}
		refused = &apiItemError{Code: "NOT_FOUND", Message: "배송 정보를 찾을 수 없습니다", Billable: true}
	}
	refused.Message = orText(refused.Message, apiErrors[refused.Code].text)
	refused.CourierCode, refused.TrackingNumber = item.CourierCode, item.TrackingNumber
	result.Error = refused
	return result
}

// apiRefuses checks an item without looking at the parcel.
func (w *World) apiRefuses(item apiItem) (courier.Info, *apiItemError) {
	if item.CourierCode == "" || item.TrackingNumber == "" {
		return courier.Info{}, &apiItemError{Code: "MISSING_PARAMS"}
	}
	code, _ := courier.FromProvider(courier.DeliveryAPI, item.CourierCode)
	info, ok := courier.Get(code)
	if !ok {
		return info, &apiItemError{Code: "UNSUPPORTED_COURIER"}
	}
	if courier.Check(code, item.TrackingNumber).Severity == courier.Invalid {
		return info, &apiItemError{Code: "INVALID_TRACKING_NUMBER"}
	}
	if missing := w.extraFields(code, item.TrackingNumber) > len(item.Extra); missing {
		index := len(item.Extra)
		return info, &apiItemError{Code: "MISSING_REQUIRED_FIELD", FieldIndex: &index, FieldKey: "phoneLast4"}
	}
	return info, nil
}

// extraFields gives how many extra fields a number wants.
func (w *World) extraFields(c tracking.Courier, number string) int {
	if c == courier.SF {
		return 1 // the last four digits of the receiver's mobile (documented)
	}
	uses := w.uses(c, number)
	if len(uses) == 0 {
		return 0
	}
	return uses[len(uses)-1].ExtraFields
}

func apiParcelOf(v View, info courier.Info, progresses bool) *apiParcel {
	p := v.Parcel
	code, _ := info.CodeAt(courier.DeliveryAPI)
	status := v.apiStatus()
	out := &apiParcel{
		TrackingNumber: p.Number, CourierCode: code, CourierName: info.Korean,
		DeliveryStatus: status, DeliveryStatusText: apiStatusText(status), IsDelivered: status == delivered.String(),
		SenderName: p.sender().Name, ReceiverName: p.recipient().Name, ReceiverAddress: p.recipient().Address,
		ProductName: p.item(), ProductQuantity: 1, QueriedAt: isoMillis(v.At), Billable: true,
	}
	if last, ok := v.Last(); ok {
		out.DateLastProgress = last.wallClock()
	}
	for _, scan := range p.Scans {
		switch {
		case scan.Status == delivered && out.IsDelivered:
			out.DateDelivered = scan.wallClock()
		case scan.Window != "":
			out.DateEstimated, out.ArrivalBranch = scan.At.In(kst).Format(time.DateOnly), scan.Place
		}
		out.Progresses = append(out.Progresses, apiProgress{
			DateTime: scan.wallClock(), Location: scan.Place, Status: scan.Text, StatusCode: scan.deliveryAPICode(),
			Description: scan.Note, Telno: scan.BranchPhone, Telno2: scan.Phone,
		})
	}
	switch {
	case !progresses:
		out.Progresses = nil
	case len(p.Scans) == 0:
		out.Progresses = []apiProgress{}
	case !p.OldestFirst && !p.AsScripted:
		slices.Reverse(out.Progresses)
	}
	return out
}

// apiStatus gives the summary: that of the truth, unless the newest scan has a code of its own.
func (v View) apiStatus() string {
	last, ok := v.Last()
	if ok && last.As.DeliveryAPI != "" && v.Status != returned {
		return last.As.DeliveryAPI
	}
	if ok && last.Status == tracking.StatusUnknown {
		return last.deliveryAPICode()
	}
	return v.Status.String()
}

func apiStatusText(code string) string {
	status, _ := tracking.ParseStatus(code)
	return status.Korean()
}

// wallClock writes a scan's time as the courier does: Korean, without an offset.
func (s Scan) wallClock() string {
	switch {
	case s.Undated:
		return ""
	case s.DayOnly:
		return s.At.In(kst).Format(time.DateOnly)
	default:
		return s.At.In(kst).Format(time.DateTime)
	}
}

// apiCouriers answers GET /v1/tracking/couriers.
func (w *World) apiCouriers(c *apiCall) {
	type entry struct {
		TrackingAPICode string `json:"trackingApiCode"`
		DisplayName     string `json:"displayName"`
	}
	list := []entry{}
	for info := range courier.All() {
		if code, ok := info.CodeAt(courier.DeliveryAPI); ok {
			list = append(list, entry{code, info.Korean})
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(a.TrackingAPICode, b.TrackingAPICode) })
	c.ok(struct {
		Couriers []entry `json:"couriers"`
		Total    int     `json:"total"`
	}{list, len(list)})
}
