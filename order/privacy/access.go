package privacy

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An Action is what is done with the data that a [Permit] opens.
type Action string

// The actions. They are the words of the access records.
const (
	View   Action = "VIEW"   // 조회: somebody looks at it
	Export Action = "EXPORT" // 다운로드: it leaves as a file; needs a reason
	Store  Action = "STORE"  // 입력: a program writes it to a table of the host; needs a reason
)

// An Access is one record of who saw whose data (접속기록), as article 8 of the Korean standard on the safety of personal
// data (개인정보의 안전성 확보조치 기준) wants it. It holds none of the data.
type Access struct {
	// Actor identifies the person or the program; it is not a name.
	Actor string `json:"actor"`
	// Purpose is what the data is needed for.
	Purpose string `json:"purpose"`
	// Fields is what was shown, each kind once, in the order of the kinds.
	Fields []Kind `json:"fields"`
	// SubjectKey tells whose data it was: [Key.Subject] of the order or section. For STORE it is that of the table.
	SubjectKey string `json:"subjectKey"`
	// Action is what was done.
	Action Action `json:"action"`
	// Count is the number of subjects of the same call, in each of its records, so that any one of them tells the size
	// of an export. For STORE it is 0, for nobody knows it yet.
	Count int `json:"count"`
	// At is when, in UTC.
	At time.Time `json:"at"`
	// Source is from where: the IP address, or the name of the program.
	Source string `json:"source"`
	// Reason is what the actor gave as the reason. EXPORT and STORE have one.
	Reason string `json:"reason,omitempty"`
}

// A Sink takes access records. Implementations are a table of the host, a log service, or [Log].
//
// Record keeps all of the records or returns an error; when it returns nil they are durable. After an error none of the
// data is shown, so records that were kept all the same tell of an access that did not happen, and do no harm. Record
// does not keep the slice. It is called concurrently and stops when ctx does.
type Sink interface {
	Record(ctx context.Context, accesses []Access) error
}

// The errors of [Guard]. They are found with errors.Is, also several at a time.
var (
	// ErrRefused means that the host's Authorize did not allow it, or that no permit was given.
	ErrRefused = errors.New("privacy: not permitted")
	// ErrExpired means that the permit has ended.
	ErrExpired = errors.New("privacy: permit expired")
	// ErrOutside means that the permit is for other fields or for another action.
	ErrOutside = errors.New("privacy: outside of the permit")
	// ErrRequest means that something is missing from the request: the reason of an export, the actor, the purpose.
	ErrRequest = errors.New("privacy: incomplete request")
	// ErrNotRecorded means that the access record could not be written, so that nothing was unmasked.
	ErrNotRecorded = errors.New("privacy: access not recorded")
)

// record writes accesses, or says that they are not written.
func (g *Guard) record(ctx context.Context, accesses []Access) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotRecorded, err)
	}
	if err := g.sink.Record(ctx, accesses); err != nil {
		return fmt.Errorf("%w: %w", ErrNotRecorded, err)
	}
	return nil
}
