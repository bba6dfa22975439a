package order_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/goldentest"
	"github.com/waybill-dev/waybill/order"
)

func TestPictures(t *testing.T) {
	for name, draw := range map[string]func() string{
		"machine.mmd": order.Mermaid, "machine.dot": order.DOT, "matrix.md": order.MarkdownMatrix, "rules.md": order.MarkdownRules,
	} {
		t.Run(name, func(t *testing.T) {
			first := draw()
			goldentest.Compare(t, "testdata/"+name, first)
			for range 20 {
				if draw() != first {
					t.Fatal("two pictures of one machine differ")
				}
			}
			for _, event := range order.StatusEvents() {
				if !strings.Contains(first, event.String()) || !strings.Contains(first, event.Korean()) {
					t.Errorf("%v %s is not in the picture", event, event.Korean())
				}
			}
			for _, s := range order.Statuses() {
				if !strings.Contains(first, s.Short()) && !strings.Contains(first, s.String()) {
					t.Errorf("%v is not in the picture", s)
				}
			}
		})
	}
}

// TestMatrixAgainstModel compares every cell with the model that was written from the document, not from the table.
func TestMatrixAgainstModel(t *testing.T) {
	legal := 0
	lines := strings.Split(strings.TrimSpace(order.MarkdownMatrix()), "\n")
	if len(lines) != 2+len(order.StatusEvents()) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, event := range order.StatusEvents() {
		cells := strings.Split(strings.Trim(lines[2+i], "| "), " | ")
		if len(cells) != 2+len(order.Statuses()) || cells[0] != event.String() {
			t.Fatalf("%q has %d cells", lines[2+i], len(cells))
		}
		for j, from := range order.Statuses() {
			want := "·"
			if square, ok := gridCells[square{from.String(), event.String()}]; ok {
				want = inMatrix(square)
				legal++
			}
			if got := cells[2+j]; got != want {
				t.Errorf("%v from %v: %s, want %s", event, from, got, want)
			}
		}
	}
	if legal != 55 {
		t.Errorf("%d legal cells, want 55", legal)
	}
}

// inMatrix writes a square of the model as the matrix does.
func inMatrix(c cell) string {
	sign := c.to
	for _, s := range order.Statuses() {
		if s.String() == c.to {
			sign = s.Short()
		}
	}
	if c.to == back {
		sign = "↩"
	}
	if c.policy {
		sign += "°"
	}
	return sign
}

var dotEdge = regexp.MustCompile(`(?m)^    (\w+) -> (\w+) \[label="([^"]*)"(, style=dashed)?\]$`)

// TestPicturesAgree holds the two graphs against each other and against the matrix, arrow by arrow.
func TestPicturesAgree(t *testing.T) {
	mermaid, drawn := order.Mermaid(), 0
	for _, edge := range dotEdge.FindAllStringSubmatch(order.DOT(), -1) {
		from, label := edge[1], strings.ReplaceAll(edge[3], `\n`, "<br/>")
		if from == "start" {
			from = "[*]"
		} else {
			drawn += 1 + strings.Count(edge[3], `\n`)
		}
		if !strings.Contains(mermaid, "    "+from+" --> "+edge[2]+" : "+label+"\n") {
			t.Errorf("the Mermaid picture has no %v", edge)
		}
		if dashed, want := edge[4] != "", strings.Count(label, "°") == 1+strings.Count(label, "<br/>"); dashed != want && from != "[*]" {
			t.Errorf("dashed %v, want %v: %v", dashed, want, edge)
		}
	}
	if drawn != 55 {
		t.Errorf("%d transitions are drawn, want 55", drawn)
	}
}

// TestPicturesAreSorted reads the arrows' beginnings in the order of the statuses.
func TestPicturesAreSorted(t *testing.T) {
	var rank []int
	for _, edge := range dotEdge.FindAllStringSubmatch(order.DOT(), -1) {
		rank = append(rank, slices.IndexFunc(order.Statuses(), func(s order.Status) bool { return s.Short() == edge[1] }))
	}
	if !slices.IsSorted(rank) || len(rank) < 30 {
		t.Errorf("%d arrows, from %v", len(rank), rank)
	}
}

func TestEventNamesInKorean(t *testing.T) {
	for _, event := range slices.Concat(order.StatusEvents(), order.RecordEvents()) {
		if event.Korean() == "" {
			t.Errorf("%v has no Korean name", event)
		}
	}
	if k := order.EventName(0).Korean() + order.EventName(200).Korean(); k != "" {
		t.Errorf("no event is called %s", k)
	}
}
