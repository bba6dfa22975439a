package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/tracking"
)

var (
	sunday = time.Date(2026, 11, 22, 0, 0, 0, 0, kst)
	port   = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), sunday, args, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	return port.ReplaceAllString(stdout.String(), "127.0.0.1:PORT")
}

func TestWhatArrives(t *testing.T) { goldentest.Compare(t, "testdata/honest.txt", output(t)) }

// Whatever the providers' pushes do, the same is known in the end.
func TestWhatArrivesThroughLies(t *testing.T) {
	text := output(t, "-lies")
	goldentest.Compare(t, "testdata/lies.txt", text)
	if !strings.HasSuffix(text, "6 of 6 parcels as the couriers know them.\n") {
		t.Error("a lie was believed, or the truth lost")
	}
}

func TestJSONIsOneObservationPerLine(t *testing.T) {
	doors := map[tracking.Door]int{}
	for line := range strings.Lines(output(t, "-json")) {
		var o tracking.Observation
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		doors[o.Door]++
	}
	if doors[tracking.DoorPush] == 0 || doors[tracking.DoorPoll] == 0 {
		t.Errorf("doors: %v", doors)
	}
}

func TestWrongUse(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), sunday, []string{"550000001234"}, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
		t.Errorf("exit code %d, %q", code, &stderr)
	}
}
