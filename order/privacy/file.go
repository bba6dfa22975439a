package privacy

import (
	"errors"
	"fmt"
	"os"
)

// A LogFile is a [Log] in a file.
type LogFile struct {
	*Log
	file *os.File
}

// OpenLog opens the log at path, or creates it for its owner alone (mode 0600). The place of the file's beginning in
// the chain is after: the zero [Anchor] for the first file, the end of the one before for the next, if a host begins a
// new file every month so that old ones can go (see [Retention]).
//
// What is in the file is verified first; this reads all of it. An unfinished last line, as a crash leaves it, is cut
// off: no data was shown under it. Only one process may have the file open at a time; a log that grew or shrank
// meanwhile refuses to be continued, with [ErrTampered].
func OpenLog(path string, key Key, after Anchor) (*LogFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("privacy: access log: %w", err)
	}
	l, err := resume(f, key, after)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &LogFile{l, f}, nil
}

// resume finds the end of the chain in f and goes on there.
func resume(f *os.File, key Key, after Anchor) (*Log, error) {
	in := newReader(f, key, after)
	err := in.all()
	if errors.Is(err, errUnfinished) {
		err = f.Truncate(in.whole)
	}
	if err != nil {
		return nil, err
	}
	return NewLog(&appender{f, in.whole}, key, in.at)
}

// Close closes the file. Nothing is recorded, and so nothing unmasked, after it.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// An appender writes to the end of a file that nobody else writes to.
type appender struct {
	file *os.File
	size int64
}

func (a *appender) Write(p []byte) (int, error) {
	info, err := a.file.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() != a.size {
		return 0, fmt.Errorf("%w: it has %d bytes, and had %d", ErrTampered, info.Size(), a.size)
	}
	n, err := a.file.Write(p)
	a.size += int64(n)
	return n, err
}

func (a *appender) Sync() error { return a.file.Sync() }
