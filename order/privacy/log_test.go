package privacy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/privacy"
)

func access(n int) privacy.Access {
	return privacy.Access{
		Actor: "op-17", Purpose: "배송 문의 <응대>", Fields: []privacy.Kind{privacy.KindName}, SubjectKey: fmt.Sprint("s", n),
		Action: privacy.View, Count: 1, At: begin.UTC().Add(time.Duration(n) * time.Second), Source: "10.0.3.9",
	}
}

// written is a log of n records, one a time.
func written(t testing.TB, n int) (*privacy.Memory, []string) {
	t.Helper()
	log, err := privacy.NewMemory(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := log.Record(t.Context(), []privacy.Access{access(i)}); err != nil {
			t.Fatal(err)
		}
	}
	return log, slices.Collect(strings.Lines(string(log.Bytes())))
}

func TestLogVerifies(t *testing.T) {
	log, lines := written(t, 3)
	end, err := privacy.Verify(bytes.NewReader(log.Bytes()), newKey(t), privacy.Anchor{})
	if err != nil || end != log.Anchor() || end.Records != 3 || len(lines) != 3 {
		t.Errorf("Verify gives %+v, %v; the log ends at %+v with %d lines", end, err, log.Anchor(), len(lines))
	}
	accesses, err := log.Accesses()
	if err != nil || len(accesses) != 3 || accesses[2].SubjectKey != "s2" || accesses[2].Purpose != "배송 문의 <응대>" {
		t.Errorf("the log reads as %+v, %v", accesses, err)
	}
	batch, err := privacy.NewMemory(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Record(t.Context(), []privacy.Access{access(0), access(1), access(2)}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(batch.Bytes(), log.Bytes()) {
		t.Error("a batch is not written like its records")
	}
}

func TestEveryChangedByteIsFound(t *testing.T) {
	log, _ := written(t, 3)
	whole := log.Bytes()
	for i := range whole {
		for _, change := range []byte{1, 0x20, 0x80} {
			changed := bytes.Clone(whole)
			changed[i] ^= change
			if _, err := privacy.Verify(bytes.NewReader(changed), newKey(t), privacy.Anchor{}); !errors.Is(err, privacy.ErrTampered) {
				t.Fatalf("byte %d changed to %q: %v", i, changed[i], err)
			}
		}
	}
}

func TestTamperingIsFound(t *testing.T) {
	_, l := written(t, 4)
	_, other := written(t, 5)
	foreign, err := privacy.NewKey([]byte("the secret of an intruder"))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := privacy.NewMemory(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if err := forged.Record(t.Context(), []privacy.Access{access(0)}); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		lines []string
		good  int64 // records before the fault
	}{
		"first removed":    {l[1:], 0},
		"one removed":      {[]string{l[0], l[2], l[3]}, 1},
		"two swapped":      {[]string{l[0], l[2], l[1], l[3]}, 1},
		"one repeated":     {[]string{l[0], l[1], l[1], l[2]}, 2},
		"end cut inside":   {[]string{l[0], l[1], l[2][:len(l[2])-3]}, 2},
		"last newline cut": {[]string{l[0], strings.TrimSuffix(l[1], "\n")}, 1},
		"empty line":       {[]string{l[0], "\n", l[1]}, 1},
		"carriage return":  {[]string{strings.Replace(l[0], "\n", "\r\n", 1)}, 0},
		"space":            {[]string{strings.Replace(l[0], `{"n":1,`, `{"n": 1,`, 1)}, 0},
		"hidden member":    {[]string{strings.Replace(l[0], `,"hash"`, `,"note":"x","hash"`, 1)}, 0},
		"member twice":     {[]string{strings.Replace(l[0], `{"n":1,`, `{"n":1,"n":1,`, 1)}, 0},
		"other key":        {strings.SplitAfter(string(forged.Bytes()), "\n"), 0},
		"no record":        {[]string{"null\n"}, 0},
		"too long":         {[]string{l[0], strings.Repeat("x", 70_000) + "\n"}, 1},
		"text appended":    {append(slices.Clone(other), "x"), 5},
	} {
		end, err := privacy.Verify(strings.NewReader(strings.Join(tc.lines, "")), newKey(t), privacy.Anchor{})
		if !errors.Is(err, privacy.ErrTampered) || end.Records != tc.good {
			t.Errorf("%s: Verify gives %d records, %v; want %d", name, end.Records, err, tc.good)
		}
	}
}

// A genuine record of another log under the same key does not fit, even with the hash before it put right.
func TestRecordOfAnotherLogIsFound(t *testing.T) {
	_, lines := written(t, 2)
	other, err := privacy.NewMemory(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Record(t.Context(), []privacy.Access{access(7), access(8)}); err != nil {
		t.Fatal(err)
	}
	foreign := strings.SplitAfter(string(other.Bytes()), "\n")
	hash := func(line string) string { return line[strings.LastIndex(line, `"hash":"`)+len(`"hash":"`):][:64] }
	fitted := strings.Replace(foreign[1], hash(foreign[0]), hash(lines[0]), 1)
	end, err := privacy.Verify(strings.NewReader(lines[0]+fitted), newKey(t), privacy.Anchor{})
	if !errors.Is(err, privacy.ErrTampered) || end.Records != 1 {
		t.Errorf("Verify gives %+v, %v", end, err)
	}
}

// Records cut off at the end leave a whole chain, which an anchor kept elsewhere gives away.
func TestAnchorFindsCutEnd(t *testing.T) {
	log, lines := written(t, 3)
	end, err := privacy.Verify(strings.NewReader(lines[0]+lines[1]), newKey(t), privacy.Anchor{})
	if err != nil || end == log.Anchor() || end.Records != 2 {
		t.Errorf("Verify gives %+v, %v", end, err)
	}
	first, err := privacy.Verify(strings.NewReader(lines[0]), newKey(t), privacy.Anchor{})
	if err != nil {
		t.Fatal(err)
	}
	end, err = privacy.Verify(strings.NewReader(lines[1]+lines[2]), newKey(t), first)
	if err != nil || end != log.Anchor() {
		t.Errorf("from the first record on, Verify gives %+v, %v", end, err)
	}
}

// weak is a writer that fails as it is told.
type weak struct {
	bytes.Buffer
	take          int // bytes of the next write, all if negative
	err, syncWith error
}

func (w *weak) Write(p []byte) (int, error) {
	if w.take >= 0 {
		p = p[:w.take]
	}
	n, _ := w.Buffer.Write(p)
	return n, w.err
}

func (w *weak) Sync() error { return w.syncWith }

func TestLogBreaks(t *testing.T) {
	for name, w := range map[string]*weak{
		"write fails": {take: 0, err: io.ErrClosedPipe},
		"half a line": {take: 20, err: io.ErrClosedPipe},
		"short write": {take: 20},
		"sync fails":  {take: -1, syncWith: io.ErrClosedPipe},
	} {
		log, err := privacy.NewLog(w, newKey(t), privacy.Anchor{})
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Record(t.Context(), []privacy.Access{access(0)}); err == nil {
			t.Errorf("%s: the record counts as written", name)
		}
		size := w.Len()
		w.take, w.err, w.syncWith = -1, nil, nil
		if err := log.Record(t.Context(), []privacy.Access{access(1)}); !errors.Is(err, privacy.ErrBroken) || w.Len() != size {
			t.Errorf("%s: the next record gives %v, and %d bytes more", name, err, w.Len()-size)
		}
		if log.Anchor() != (privacy.Anchor{}) {
			t.Errorf("%s: the log ends at %+v", name, log.Anchor())
		}
	}
}

func TestLogRefusesWhatItCouldNotRead(t *testing.T) {
	log, _ := written(t, 1)
	long, unknown := access(1), access(2)
	long.Actor = strings.Repeat("x", 70_000)
	unknown.Fields = []privacy.Kind{99}
	for _, a := range []privacy.Access{long, unknown} {
		if err := log.Record(t.Context(), []privacy.Access{access(1), a}); err == nil || errors.Is(err, privacy.ErrBroken) {
			t.Errorf("Record gives %v", err)
		}
	}
	if err := log.Record(t.Context(), []privacy.Access{access(1)}); err != nil {
		t.Errorf("a good record afterwards: %v", err)
	}
	if accesses, err := log.Accesses(); err != nil || len(accesses) != 2 {
		t.Errorf("the log has %d records, %v; want 2", len(accesses), err)
	}
}

func TestLogFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.jsonl")
	record := func(l *privacy.LogFile, n int) {
		t.Helper()
		if err := l.Record(t.Context(), []privacy.Access{access(n)}); err != nil {
			t.Fatal(err)
		}
	}
	open := func(path string, after privacy.Anchor) *privacy.LogFile {
		t.Helper()
		l, err := privacy.OpenLog(path, newKey(t), after)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	first := open(path, privacy.Anchor{})
	record(first, 0)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}

	second := open(path, privacy.Anchor{})
	record(second, 1)
	if err := first.Record(t.Context(), []privacy.Access{access(2)}); !errors.Is(err, privacy.ErrTampered) {
		t.Errorf("a second writer gives the first %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Record(t.Context(), []privacy.Access{access(2)}); err == nil {
		t.Error("a closed log takes a record")
	}

	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, whole[:100]...), 0o600); err != nil {
		t.Fatal(err)
	}
	third := open(path, privacy.Anchor{})
	record(third, 2)
	want, _ := written(t, 3)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, want.Bytes()) {
		t.Errorf("after a crash the file is %s, %v", after, err)
	}
	next := open(path+".next", third.Anchor())
	record(next, 3)
	if want, _ := written(t, 4); next.Anchor() != want.Anchor() {
		t.Errorf("the next file ends at %+v, want %+v", next.Anchor(), want.Anchor())
	}

	if err := os.WriteFile(path, bytes.Replace(whole, []byte("op-17"), []byte("op-18"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := privacy.OpenLog(path, newKey(t), privacy.Anchor{}); !errors.Is(err, privacy.ErrTampered) {
		t.Errorf("a changed file opens with %v", err)
	}
	if _, err := privacy.OpenLog(filepath.Join(path, "x"), newKey(t), privacy.Anchor{}); err == nil {
		t.Error("a log was opened inside a file")
	}
}

func TestLogNeedsKeyAndWriter(t *testing.T) {
	if _, err := privacy.NewLog(io.Discard, privacy.Key{}, privacy.Anchor{}); err == nil {
		t.Error("a log without a key")
	}
	if _, err := privacy.NewLog(nil, newKey(t), privacy.Anchor{}); err == nil {
		t.Error("a log without a writer")
	}
	if _, err := privacy.NewMemory(privacy.Key{}); err == nil {
		t.Error("a memory without a key")
	}
	if _, err := privacy.Verify(strings.NewReader(""), privacy.Key{}, privacy.Anchor{}); err == nil {
		t.Error("an empty log verifies without a key")
	}
}

func TestRetention(t *testing.T) {
	kst := begin.Location()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, kst)
	leap := time.Date(2028, 2, 29, 8, 30, 0, 0, kst)
	early := time.Date(2027, 2, 28, 23, 30, 0, 0, time.UTC) // 1 March in Korea
	for _, tc := range []struct {
		r        privacy.Retention
		at, want time.Time
	}{
		{0, at, time.Date(2028, 3, 2, 10, 0, 0, 0, kst)},
		{-1, at, time.Date(2028, 3, 2, 10, 0, 0, 0, kst)},
		{privacy.OneYear, at, time.Date(2027, 3, 2, 10, 0, 0, 0, kst)},
		{privacy.TwoYears, at, time.Date(2028, 3, 2, 10, 0, 0, 0, kst)},
		{5, at, time.Date(2031, 3, 2, 10, 0, 0, 0, kst)},
		{privacy.OneYear, leap, time.Date(2029, 3, 1, 8, 30, 0, 0, kst)},
		{privacy.OneYear, early, time.Date(2028, 3, 1, 8, 30, 0, 0, kst)},
	} {
		if got := tc.r.Until(tc.at); !got.Equal(tc.want) {
			t.Errorf("Retention(%d).Until(%v) = %v, want %v", tc.r, tc.at, got, tc.want)
		}
		if tc.r.Over(tc.at, tc.want.Add(-1)) || !tc.r.Over(tc.at, tc.want) {
			t.Errorf("Retention(%d) of %v is not over just at %v", tc.r, tc.at, tc.want)
		}
	}
	for _, tc := range []struct {
		system privacy.System
		want   privacy.Retention
	}{
		{privacy.System{}, privacy.TwoYears},
		{privacy.System{People: 1}, privacy.OneYear},
		{privacy.System{People: 49_999}, privacy.OneYear},
		{privacy.System{People: 50_000}, privacy.TwoYears},
		{privacy.System{People: -1}, privacy.TwoYears},
		{privacy.System{People: 1, UniqueIdentifiers: true}, privacy.TwoYears},
		{privacy.System{People: 1, SensitiveData: true}, privacy.TwoYears},
		{privacy.System{People: 1, TelecomOperator: true}, privacy.TwoYears},
	} {
		if got := tc.system.Retention(); got != tc.want {
			t.Errorf("%+v keeps records for %d years, want %d", tc.system, got, tc.want)
		}
	}
	if privacy.Retention(-1).Validate() == nil || privacy.Retention(0).Validate() != nil {
		t.Error("Validate takes what it should not, or not what it should")
	}
}
