package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/internal/goldentest"
)

// TestNight runs the loop in fake time and compares what it prints with the golden file (UPDATE_GOLDEN=1 rewrites it).
func TestNight(t *testing.T) {
	var printed string
	synctest.Test(t, func(t *testing.T) {
		var stdout bytes.Buffer
		if err := run(t.Context(), sandbox.New(sandbox.Config{}), &stdout); err != nil {
			t.Fatal(err)
		}
		printed = stdout.String()
	})
	goldentest.Compare(t, "testdata/night.txt", printed)
	for line := range strings.Lines(printed) {
		if text := strings.TrimSuffix(line, "\n"); strings.TrimRight(text, " ") != text {
			t.Errorf("%q ends in blanks", text)
		}
	}
}

// TestEveryOrderIsCounted adds up what the summary says.
func TestEveryOrderIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := sandbox.New(sandbox.Config{})
		var stdout bytes.Buffer
		if err := run(t.Context(), world, &stdout); err != nil {
			t.Fatal(err)
		}
		orders := len(undelivered(world.Clock().Now()))
		asked := world.Counts()[sandbox.DeliveryAPI]
		if orders < 50 || asked.Items != orders {
			t.Errorf("%d orders, %d parcels asked about", orders, asked.Items)
		}
		if asked.Requests != (orders+19)/20 {
			t.Errorf("%d calls for %d orders, twenty to a call", asked.Requests, orders)
		}
	})
}
