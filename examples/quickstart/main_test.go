package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/examples/internal/show"
	"github.com/waybill-dev/waybill/internal/goldentest"
)

// tourAt runs the program in a world whose clock stands still.
func tourAt(t *testing.T, at time.Time, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	world := sandbox.New(sandbox.Config{Clock: sandbox.NewClock(at, 0)})
	getenv := func(string) string { return "" }
	if code := run(t.Context(), world, args, getenv, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	return stdout.String()
}

var (
	afternoon = time.Date(2026, 9, 29, 13, 0, 0, 0, kst)
	port      = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

func TestTimelines(t *testing.T) {
	text := port.ReplaceAllString(tourAt(t, afternoon), "127.0.0.1:PORT")
	goldentest.Compare(t, "testdata/timelines.txt", text)
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimRight(line, " \t") != line {
			t.Errorf("line %d ends in blanks: %q", i+1, line)
		}
		if runewidth.StringWidth(line) > 130 {
			t.Errorf("line %d is wider than a screen: %q", i+1, line)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("escape codes where there is no terminal")
	}
}

func TestRecords(t *testing.T) {
	text := tourAt(t, afternoon, "-json")
	goldentest.Compare(t, "testdata/records.jsonl", text)
	if n := strings.Count(text, "\n"); n != len(parcels) {
		t.Errorf("%d lines for %d parcels", n, len(parcels))
	}
	for line := range strings.Lines(text) {
		var record show.Record
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("%v in %q", err, line)
		}
	}
}

// TestAnyTime runs the tour at the hours of a day: what it shows does not depend on when a newcomer comes, but for dates.
func TestAnyTime(t *testing.T) {
	dates := regexp.MustCompile(`\d\d/\d\d `)
	want := ""
	for hour := range 24 {
		now := time.Date(2026, 12, 31, hour, 30, 0, 0, kst)
		begin := lastAfternoon(now)
		if ago := now.Sub(begin); ago < 0 || ago >= 24*time.Hour || begin.Hour() != 13 {
			t.Fatalf("at %v the tour begins at %v", now, begin)
		}
		if hour%12 != 0 {
			continue
		}
		got := dates.ReplaceAllString(port.ReplaceAllString(tourAt(t, begin), ""), "")
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("at %v it shows\n%s\nand else\n%s", now, got, want)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"cj:1"}, {"-unknown"}, {"-json", "x"}} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), sandbox.New(sandbox.Config{}), args, os.Getenv, &stdout, &stderr)
		if code != 2 || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, %q on stdout, %q on stderr", args, code, &stdout, &stderr)
		}
	}
}
