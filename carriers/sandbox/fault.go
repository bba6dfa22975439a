package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// Fault is one way to misbehave: for one number ([Parcel.Faults]) or for a whole provider ([World.Disturb]).
// The fields combine; a fault with only a Delay answers rightly, late.
type Fault struct {
	Provider string    // whose answers are affected, by carrier name; empty means every provider
	From     time.Time // begin and end in the world's time; zero means open
	Until    time.Time
	Times    int // affects the first so many calls only; 0 means all

	Delay time.Duration // wait so long in the world's time before answering; ends early with the request's context
	Hang  bool          // never answer: wait for the end of the request's context

	// Code is the provider's own error code. For an item of a batch it is that item's error, unless Envelope is set,
	// when the whole call fails with it.
	Code     string
	Message  string
	Envelope bool

	Status     int    // HTTP status; 0 means the one that belongs to Code, or 200
	RetryAfter string // value of the Retry-After header; empty sends none
	HTML       bool   // a gateway's page where JSON belongs; Status 0 means 502
	Truncated  bool   // the right answer, cut in the middle, its Content-Length that of the half
	Torn       bool   // the right answer announced, the connection broken in the middle
	Empty      bool   // no body at all
	QuotaGone  bool   // the answer says that nothing is left of the plan (deliveryapi)
	Nonsense   bool   // well-formed JSON that is no answer, status 200
	Framework  bool   // the framework's own JSON error for Status, instead of a gateway's page (SweetTracker)
}

// NoCode is the code of an error that comes without a code.
const NoCode = "-"

// active reports whether the fault is on at now, apart from Times.
func (f Fault) active(provider string, now time.Time) bool {
	return (f.Provider == "" || f.Provider == provider) &&
		(f.From.IsZero() || !now.Before(f.From)) && (f.Until.IsZero() || now.Before(f.Until))
}

// writeGateway answers like a gateway in front of the provider: a page, or nothing.
func writeGateway(rw http.ResponseWriter, f Fault) {
	status := f.Status
	if status == 0 {
		status = http.StatusBadGateway
	}
	if f.RetryAfter != "" {
		rw.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Empty {
		rw.WriteHeader(status)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	_, _ = rw.Write([]byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"))
}
