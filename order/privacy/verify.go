package privacy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxLine is more than the longest record needs, in bytes.
const maxLine = 64 << 10

// errUnfinished is beside ErrTampered where the last line has no end.
var errUnfinished = errors.New("it is not finished")

// Records reads a log from its beginning, whose place in the chain is after, and checks every line. A wrong one ends the
// sequence with [ErrTampered]; what came before it is as it was written. See [Verify] for what cannot be seen.
func Records(r io.Reader, key Key, after Anchor) iter.Seq2[Access, error] {
	return func(yield func(Access, error) bool) {
		in := newReader(r, key, after)
		for {
			access, err := in.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(access, err) || err != nil {
				return
			}
		}
	}
}

// Verify checks a whole log and gives the place of its end, or of the last good record. A log that was cut off behind
// some line verifies like one that was never longer: compare the end with an [Anchor] that was kept elsewhere. An
// unfinished line at the end is [ErrTampered] here.
func Verify(r io.Reader, key Key, after Anchor) (Anchor, error) {
	in := newReader(r, key, after)
	err := in.all()
	return in.at, err
}

// A reader reads a log and knows how far it is whole.
type reader struct {
	in    *bufio.Reader
	key   Key
	at    Anchor // the last good record
	whole int64  // bytes up to its end
}

func newReader(r io.Reader, key Key, after Anchor) *reader {
	return &reader{in: bufio.NewReaderSize(r, maxLine), key: key, at: after}
}

// all reads to the end.
func (r *reader) all() error {
	for {
		if _, err := r.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// next reads a record; behind the last one it gives io.EOF.
func (r *reader) next() (Access, error) {
	if r.key.IsZero() {
		return Access{}, errors.New("privacy: a log is read with its key")
	}
	text, err := r.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return Access{}, fmt.Errorf("%w: record %d is longer than any", ErrTampered, r.at.Records+1)
	case errors.Is(err, io.EOF) && len(text) > 0:
		return Access{}, fmt.Errorf("%w: record %d: %w", ErrTampered, r.at.Records+1, errUnfinished)
	case err != nil:
		return Access{}, err
	}
	access, at, err := r.key.readLine(bytes.TrimSuffix(text, []byte("\n")), r.at)
	if err != nil {
		return Access{}, err
	}
	r.at, r.whole = at, r.whole+int64(len(text))
	return access, nil
}
