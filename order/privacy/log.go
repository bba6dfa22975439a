package privacy

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Errors of [Log] and [Verify].
var (
	// ErrTampered means that a log is not what was written: changed, reordered, shortened, or continued by others.
	ErrTampered = errors.New("privacy: access log tampered with")
	// ErrBroken means that an earlier record could not be written in full. The log takes no more; see [OpenLog].
	ErrBroken = errors.New("privacy: access log broken")
)

// An Anchor is a place in a chain of records: how many there are up to it, and the hash of the last one. The zero
// Anchor is the beginning. Anchors hold no personal data; keep them where those who can write the log cannot, for a
// chain that was cut off at its end is still a chain.
type Anchor struct {
	Records int64  `json:"records"`
	Hash    string `json:"hash"`
}

// A Log is the default [Sink]: it appends each record as a line of JSON with a keyed hash of it and of the line before.
// Nobody without the key can change, remove, add or reorder lines unnoticed, see [Verify]. It never reads or rewrites.
// A Log is safe for concurrent use; but only one may write to a chain.
type Log struct {
	mu     sync.Mutex
	w      io.Writer
	key    Key
	last   Anchor
	broken error
}

// NewLog continues a chain at after, or begins one at the zero [Anchor]. A batch of records is one Write; if w has a
// method Sync() error, as a file has, it is called then, and records count as written when it returns.
func NewLog(w io.Writer, key Key, after Anchor) (*Log, error) {
	if w == nil || key.IsZero() {
		return nil, errors.New("privacy: a log needs a writer and a key")
	}
	return &Log{w: w, key: key, last: after}, nil
}

// Record implements [Sink]. After a failed write it is not known how much of the line is there; the log refuses
// everything then, with [ErrBroken].
func (l *Log) Record(ctx context.Context, accesses []Access) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return fmt.Errorf("%w: %w", ErrBroken, l.broken)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	batch, last, err := chain(l.key, l.last, accesses)
	if err != nil || len(batch) == 0 {
		return err
	}
	if l.broken = write(l.w, batch); l.broken != nil {
		return l.broken
	}
	l.last = last
	return nil
}

func write(w io.Writer, batch []byte) error {
	n, err := w.Write(batch)
	if err == nil && n < len(batch) {
		err = io.ErrShortWrite
	}
	if file, ok := w.(interface{ Sync() error }); ok && err == nil {
		err = file.Sync()
	}
	return err
}

// Anchor gives the end of the chain.
func (l *Log) Anchor() Anchor {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// A line is a record in a log. Its hash is over everything in the line but itself.
type line struct {
	Number int64           `json:"n"`
	Prev   string          `json:"prev"`
	Access json.RawMessage `json:"access"`
	Hash   string          `json:"hash"`
}

// chain writes lines that follow after.
func chain(key Key, after Anchor, accesses []Access) ([]byte, Anchor, error) {
	var out bytes.Buffer
	for _, a := range accesses {
		text, err := json.Marshal(a)
		if err != nil {
			return nil, after, fmt.Errorf("privacy: access record: %w", err)
		}
		start := out.Len()
		after = key.appendLine(&out, after, text)
		if out.Len()-start > maxLine {
			return nil, after, fmt.Errorf("privacy: access record of more than %d bytes", maxLine)
		}
	}
	return out.Bytes(), after, nil
}

// appendLine writes the line of one record and gives its place.
func (k Key) appendLine(out *bytes.Buffer, after Anchor, access []byte) Anchor {
	h := hasher(k.chain)
	fmt.Fprintf(h, "%d\n%s\n%s", after.Records+1, after.Hash, access)
	at := Anchor{Records: after.Records + 1, Hash: hex.EncodeToString(h.Sum(nil))}
	fmt.Fprintf(out, `{"n":%d,"prev":%q,"access":%s,"hash":%q}`+"\n", at.Records, after.Hash, access, at.Hash)
	return at
}

// readLine checks one line, without its end, against the place before it.
func (k Key) readLine(text []byte, after Anchor) (Access, Anchor, error) {
	var l line
	var access Access
	if json.Unmarshal(text, &l) != nil || json.Unmarshal(l.Access, &access) != nil {
		return access, after, fmt.Errorf("%w: record %d is none", ErrTampered, after.Records+1)
	}
	var want bytes.Buffer
	at := k.appendLine(&want, after, l.Access)
	// The whole line is compared, not its members: nothing may be hidden between them.
	if !hmac.Equal(bytes.TrimSuffix(want.Bytes(), []byte("\n")), text) {
		return access, after, fmt.Errorf("%w: record %d", ErrTampered, at.Records)
	}
	return access, at, nil
}
