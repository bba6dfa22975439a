package sandbox

import "time"

// sweetParcel is the body of a trackingInfo answer. There is no status in it. The four members with scans are absent
// from an unscanned parcel.
type sweetParcel struct {
	Result          string       `json:"result"` // "Y", or "N" when there is nothing at the courier yet
	SenderName      string       `json:"senderName"`
	ReceiverName    string       `json:"receiverName"`
	ItemName        string       `json:"itemName"`
	InvoiceNo       string       `json:"invoiceNo"`
	ReceiverAddr    string       `json:"receiverAddr"`
	OrderNumber     *string      `json:"orderNumber"`
	AdURL           *string      `json:"adUrl"`
	Estimate        *string      `json:"estimate"`
	Level           int          `json:"level"`
	Complete        bool         `json:"complete"`
	Recipient       string       `json:"recipient"`
	ItemImage       *string      `json:"itemImage"`
	TrackingDetails []sweetEvent `json:"trackingDetails,omitempty"`
	FirstDetail     *sweetEvent  `json:"firstDetail,omitempty"`
	LastDetail      *sweetEvent  `json:"lastDetail,omitempty"`
	LastStateDetail *sweetEvent  `json:"lastStateDetail,omitempty"`
	ProductInfo     *string      `json:"productInfo"`
	ZipCode         *string      `json:"zipCode"`
	CompleteYN      string       `json:"completeYN"`
}

type sweetEvent struct {
	Time       int64   `json:"time"` // epoch milliseconds
	TimeString string  `json:"timeString"`
	Code       *string `json:"code"`
	Where      string  `json:"where"`
	Kind       string  `json:"kind"`
	Telno      string  `json:"telno"`
	Telno2     string  `json:"telno2"`
	Remark     *string `json:"remark"`
	Level      int     `json:"level"`
	ManName    string  `json:"manName"`
	ManPic     string  `json:"manPic"`
}

func sweetParcelOf(v View) sweetParcel {
	p := v.Parcel
	out := sweetParcel{
		Result: "N", CompleteYN: "N", InvoiceNo: p.Number, ItemName: p.item(),
		SenderName: p.sender().Name, ReceiverName: p.recipient().Name, ReceiverAddr: p.recipient().Address,
	}
	if len(p.Scans) == 0 {
		return out
	}
	for _, scan := range p.Scans {
		out.TrackingDetails = append(out.TrackingDetails, sweetEventOf(scan))
		if scan.Window != "" {
			out.Estimate = &scan.Window
		}
	}
	last, _ := v.Last()
	first, end := out.TrackingDetails[0], sweetEventOf(last)
	out.FirstDetail, out.LastDetail, out.LastStateDetail = &first, &end, &end
	out.Result, out.Level = "Y", last.sweetTrackerLevel()
	if v.Status == delivered {
		out.Level = 6
	}
	if out.Level == 6 {
		out.Complete, out.CompleteYN, out.Recipient = true, "Y", p.recipient().Name
	}
	return out
}

// sweetEventOf writes a scan. One without a clock time gets the end of its day, as open trackers fill it in; one
// without a time at all gets zero and nothing.
func sweetEventOf(s Scan) sweetEvent {
	e := sweetEvent{
		Where: s.Place, Kind: s.Text, Telno: s.BranchPhone, Telno2: s.Phone, Level: s.sweetTrackerLevel(), ManName: s.Driver,
	}
	if s.Undated {
		return e
	}
	at := s.At
	if s.DayOnly {
		at = endOfDay(at)
	}
	e.Time, e.TimeString = at.UnixMilli(), at.In(kst).Format(time.DateTime)
	return e
}

// endOfDay gives the last second of the Korean day.
func endOfDay(t time.Time) time.Time { return midnight(t).AddDate(0, 0, 1).Add(-time.Second) }
