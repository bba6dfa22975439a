package webhook

import (
	"encoding/hex"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Digest identifies a message within its source. It prints in hexadecimal.
type Digest [32]byte

// String is the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// A Message is a push that was proved and is to be kept. Its body may hold personal data; no printer shows it.
type Message struct {
	Source      string
	Key         Digest
	Body        []byte // as received, to the byte
	ContentType string
	Encoding    string // content encoding of Body, empty for none
	Proof       tracking.Proof
	KeyID       string
	SentAt      time.Time // zero when nobody signed a time
	ReceivedAt  time.Time
}
