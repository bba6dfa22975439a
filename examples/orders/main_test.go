package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/order"
)

// printed runs the program.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, func(string) string { return "" }, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	return stdout.String()
}

// TestWalk compares what is printed with the golden file (UPDATE_GOLDEN=1 rewrites it).
func TestWalk(t *testing.T) {
	got := printed(t)
	goldentest.Compare(t, "testdata/walk.txt", got)
	for line := range strings.Lines(got) {
		text := strings.TrimSuffix(line, "\n")
		if strings.TrimRight(text, " ") != text || runewidth.StringWidth(text) > 140 || strings.Contains(text, "\x1b") {
			t.Errorf("%q ends in blanks, is wider than a screen or has escape codes", text)
		}
	}
}

var sectionLine = regexp.MustCompile(`[├└]─ (S\d)  \S+ +([A-Z_]+)  +((?:\S×\d ?)+)`)

// TestGuide compares the sections with the guide's worked example, step by step.
func TestGuide(t *testing.T) {
	steps := strings.Split(printed(t), "\n\n")
	for _, c := range []struct {
		step int
		want string
	}{
		{2, "S1 RELEASE_INSTRUCTED A×2 B×4"},
		{3, "S1 RELEASE_INSTRUCTED A×1 B×2, S2 RELEASED A×1 B×2"},
		{4, "S1 RELEASE_INSTRUCTED A×1 B×2, S2 RELEASED B×2, S3 RETURN_REQUESTED A×1"},
		{5, "S1 RELEASE_INSTRUCTED A×1 B×2, S2 DELIVERED B×2, S3 RETURN_REQUESTED A×1"},
		{6, "S1 RELEASE_INSTRUCTED A×1 B×2, S2 DELIVERED B×1, S3 RETURN_REQUESTED A×1, S4 EXCHANGE_REQUESTED B×1"},
		{7, ""}, // refused
		{11, "S1 RELEASE_INSTRUCTED A×1 B×2, S2 DELIVERED B×1, S3 RETURN_REQUESTED A×1, S4 RECALL_COMPLETED B×1, S5 DELIVERY_INSTRUCTED B×1"},
		{16, "S1 RELEASE_INSTRUCTED A×1 B×2, S2 RECALL_CONFIRMED B×1, S3 DELIVERED A×1, S4 RECALL_COMPLETED B×1, S5 DELIVERY_INSTRUCTED B×1"},
	} {
		var sections []string
		for _, found := range sectionLine.FindAllStringSubmatch(steps[c.step], -1) {
			sections = append(sections, strings.TrimSpace(strings.Join(found[1:], " ")))
		}
		if got := strings.Join(sections, ", "); got != c.want {
			t.Errorf("after step %d: %s, want %s", c.step, got, c.want)
		}
	}
	if s := steps[5]; !strings.Contains(s, "prior DELIVERED") {
		t.Errorf("the delivery does not reach the prior status of what is claimed:\n%s", s)
	}
	if s := steps[16]; !strings.Contains(s, "REJECTED") {
		t.Errorf("the refused claim is not kept:\n%s", s)
	}
}

func TestMermaid(t *testing.T) {
	if got := printed(t, "-mermaid"); got != order.Mermaid() {
		t.Errorf("not the machine:\n%s", got)
	}
}

// TestStoryHasItsEvents: shipping, return, exchange, conversion, refusal.
func TestStoryHasItsEvents(t *testing.T) {
	for _, event := range []order.EventName{
		order.CompleteRelease, order.RequestReturn, order.RequestExchange, order.ShipReplacement, order.ConvertToReturn, order.RejectReturn,
	} {
		if !slices.ContainsFunc(story(), func(s step) bool { return s.Event == event && s.refused == nil }) {
			t.Errorf("%v does not happen", event)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"S1"}, {"-unknown"}, {"-mermaid", "x"}} {
		var stdout, stderr bytes.Buffer
		if code := run(args, os.Getenv, &stdout, &stderr); code != 2 || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, %q on stdout, %q on stderr", args, code, &stdout, &stderr)
		}
	}
}
