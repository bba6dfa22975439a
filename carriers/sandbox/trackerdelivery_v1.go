package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// v1Handler answers one authenticated call to the old REST interface.
type v1Handler func(rw http.ResponseWriter, r *http.Request)

// trackerV1 does what every call to the old interface has in common. Credentials are optional; wrong ones are
// refused, in a form that is not known.
func (w *World) trackerV1(answer v1Handler) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		client := "anonymous"
		if r.Header.Get("Authorization") != "" {
			id, ok := w.trackerClient(r)
			if !ok {
				writeV1Error(rw, http.StatusUnauthorized, "Unauthorized")
				return
			}
			client = id
		}
		if f := callOf(r).fault; f.Code != "" {
			writeV1Fault(rw, f)
			return
		}
		// One limit per credential, shared with the other interface: our decision.
		if !w.allow(TrackerDelivery, client, w.config.Limits.TrackerDeliveryRate) {
			writeV1Error(rw, http.StatusTooManyRequests, "Too many requests")
			return
		}
		answer(rw, r)
	}
}

// v1Message is every error of the old interface.
type v1Message struct {
	Message string `json:"message"`
}

func writeV1Error(rw http.ResponseWriter, status int, message string) {
	writeJSON(rw, status, v1Message{message})
}

const v1NotFound = "해당 운송장이 존재하지 않습니다."

// writeV1Fault answers with the error that a fault asks for, in the codes of the newer interface.
func writeV1Fault(rw http.ResponseWriter, f Fault) {
	status, message := http.StatusInternalServerError, "some error occured"
	switch f.Code {
	case "NOT_FOUND":
		status, message = http.StatusNotFound, v1NotFound
	case "BAD_REQUEST":
		status, message = http.StatusBadRequest, "운송장 번호를 확인해 주세요."
	case "UNAUTHENTICATED":
		status, message = http.StatusUnauthorized, "Unauthorized"
	case "FORBIDDEN":
		status, message = http.StatusForbidden, "Forbidden"
	}
	if f.Message == "Carrier not found" {
		message = "not supported carrier"
	} else if f.Message != "" {
		message = f.Message
	}
	if f.Status != 0 {
		status = f.Status
	}
	writeV1Error(rw, status, message)
}

// v1Carrier is a courier of the old interface.
type v1Carrier struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Tel  string `json:"tel,omitempty"`
}

func (w *World) serveV1Carriers(rw http.ResponseWriter, _ *http.Request) {
	list := []v1Carrier{}
	for _, c := range trackerCarriersOn(onV1) {
		list = append(list, v1Carrier{c.id, c.name, c.tel})
	}
	writeJSON(rw, http.StatusOK, list)
}

// v1CarrierOf finds the courier of a path, or answers that there is none, in the caller's language.
func v1CarrierOf(rw http.ResponseWriter, r *http.Request) (trackerCarrier, bool) {
	carrier, ok := trackerCarrierOn(onV1, r.PathValue("carrier"))
	if ok {
		return carrier, true
	}
	message := "not supported carrier"
	switch language := r.Header.Get("Accept-Language"); {
	case strings.HasPrefix(language, "ko"):
		message = "지원하지 않는 택배사입니다."
	case strings.HasPrefix(language, "ja"):
		message = "サポートされていない運送会社です。"
	}
	writeV1Error(rw, http.StatusNotFound, message)
	return trackerCarrier{}, false
}

func (w *World) serveV1Carrier(rw http.ResponseWriter, r *http.Request) {
	if carrier, ok := v1CarrierOf(rw, r); ok {
		writeJSON(rw, http.StatusOK, v1Carrier{carrier.id, carrier.name, carrier.tel})
	}
}

// serveV1Track answers about one parcel.
func (w *World) serveV1Track(rw http.ResponseWriter, r *http.Request) {
	noteItems(r, 1)
	carrier, ok := v1CarrierOf(rw, r)
	if !ok {
		return
	}
	number := r.PathValue("number")
	if f, faulty := w.fault(TrackerDeliveryV1, carrier.courier(), number); faulty {
		if w.disturb(rw, r, f) {
			return
		}
		if f.Code != "" {
			writeV1Fault(rw, f)
			return
		}
	}
	view, found := w.Look(carrier.courier(), number)
	if !found {
		writeV1Missing(rw, carrier, number)
		return
	}
	writeJSON(rw, http.StatusOK, v1TrackOf(carrier, view))
}

// writeV1Missing answers for a number without data. Only some couriers' numbers were checked.
func writeV1Missing(rw http.ResponseWriter, carrier trackerCarrier, number string) {
	message := carrier.refuses(number)
	if message != "" && (carrier.id == "kr.cjlogistics" || carrier.id == "kr.hanjin") {
		writeV1Error(rw, http.StatusBadRequest, message)
		return
	}
	writeV1Error(rw, http.StatusNotFound, v1NotFound)
}

// v1Track is a parcel of the old interface. Its state is the status of the last progress, so a late scan turns a
// delivered parcel back (a known trouble of that interface).
type v1Track struct {
	Carrier    v1Carrier    `json:"carrier"`
	From       v1End        `json:"from"`
	To         v1End        `json:"to"`
	Item       string       `json:"item,omitempty"`
	Progresses []v1Progress `json:"progresses"`
	State      v1Status     `json:"state"`
}

type v1End struct {
	Name any `json:"name"`
	Time any `json:"time"`
}

type v1Status struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

type v1Progress struct {
	Time        any       `json:"time"`
	Status      *v1Status `json:"status,omitempty"` // missing for words that the server does not know
	Location    v1Place   `json:"location"`
	Description string    `json:"description"`
}

type v1Place struct {
	Name string `json:"name"`
}

func v1TrackOf(carrier trackerCarrier, view View) v1Track {
	sender, recipient := view.Parcel.Sender, view.Parcel.Recipient
	if sender == (Person{}) {
		sender = theSender
	}
	if recipient == (Person{}) {
		recipient = theRecipient
	}
	t := v1Track{
		Carrier: v1Carrier{carrier.id, carrier.name, carrier.tel},
		From:    v1End{Name: maskedName(sender.Name)}, To: v1End{Name: maskedName(recipient.Name)},
		Item: view.Parcel.Item, Progresses: []v1Progress{},
		State: v1Status{"information_received", "상품준비중"},
	}
	for i, scan := range view.Parcel.Scans {
		p := v1Progress{Time: carrier.v1Time(scan), Status: v1StatusOf(scan), Location: v1Place{scan.Place}, Description: scan.Note}
		if p.Status != nil {
			t.State = *p.Status
			if p.Status.ID == "delivered" {
				t.To.Time = p.Time
			}
		}
		if i == 0 {
			t.From.Time = p.Time
		}
		t.Progresses = append(t.Progresses, p)
	}
	return t
}

// v1StatusOf gives the status of a scan: the newer codes in lower case. Whether the old interface has those that are
// new is not known.
func v1StatusOf(s Scan) *v1Status {
	code := s.trackerDeliveryCode()
	if code == "UNKNOWN" {
		return nil
	}
	return &v1Status{strings.ToLower(code), s.Text}
}

// v1Time writes the time of a scan: seconds, no milliseconds.
func (t trackerCarrier) v1Time(s Scan) any {
	stamp, dated := t.time(s).(string)
	if !dated {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return nil
	}
	return at.Format(time.RFC3339)
}
