package webhook

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
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

// mostUnpacked is what Text unpacks at most: eight times the largest body that a source takes by default. JSON packs
// better than that, but what packs a thousand times better is a bomb.
const mostUnpacked = 8 * defaultMaxBody

// Text is the body without its content encoding: Body itself where it has none, and what was unpacked of gzip. More than
// 8 MiB, or eight times a body that is larger than 1 MiB, it does not unpack: such a body, one that is broken, and one
// of another encoding are [ErrMalformed].
func (m Message) Text() ([]byte, error) {
	switch m.Encoding {
	case "":
		return m.Body, nil
	case encodingGzip:
	default:
		return nil, fmt.Errorf("%w: %w", ErrMalformed, ErrEncoding)
	}
	unpacker, err := gzip.NewReader(bytes.NewReader(m.Body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	most := max(mostUnpacked, 8*len(m.Body))
	text, err := io.ReadAll(io.LimitReader(unpacker, int64(most)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	case len(text) > most:
		return nil, fmt.Errorf("%w: %w", ErrMalformed, ErrBodyTooLarge)
	}
	return text, nil
}

// Format writes source, key and size for every verb.
func (m Message) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "message %s/%v of %d bytes", m.Source, m.Key, len(m.Body))
}

// LogValue is source, key and size.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("source", m.Source), slog.String("key", m.Key.String()), slog.Int("size", len(m.Body)))
}
