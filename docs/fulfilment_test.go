package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docFactWords says what the short forms of the table of facts mean.
var docFactWords = strings.NewReplacer(
	"scan", "marked as scanned", "release?", "(released, if `order.Policy.ReleaseByTracker` is on)", "prior", "the prior status becomes DELIVERED",
	"inbound", "return inbound opened", "doubt", "nothing, noted as contradiction", "recorded", "nothing, kept as evidence",
	"!", "exception ", "alert:", "alert ", "-", "–",
)

// docFulfilmentFacts is the table of what a parcel's fact does to its section, as package fulfill is held against it. Statuses to
// which the same happens share a row.
func docFulfilmentFacts(t *testing.T, words []string) string {
	if len(words) != 1 {
		t.Fatal("say the role of the waybill")
	}
	data, err := os.ReadFile(filepath.FromSlash("order/fulfill/testdata/facts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	heading := strings.Split(lines[0], "\t")
	table := newDocTable(append([]string{"section"}, heading[2:]...)...)
	var order []string // of the rows, by what they do
	sharing := map[string][]string{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if cells[0] != words[0] {
			continue
		}
		does := strings.Join(cells[2:], "\t")
		if sharing[does] == nil {
			order = append(order, does)
		}
		sharing[does] = append(sharing[does], cells[1])
	}
	if len(order) == 0 {
		t.Fatalf("no role %s in the table", words[0])
	}
	for _, does := range order {
		row := []string{strings.Join(sharing[does], ", ")}
		for cell := range strings.SplitSeq(does, "\t") {
			var parts []string
			for word := range strings.FieldsSeq(cell) {
				parts = append(parts, docFactWords.Replace(word))
			}
			row = append(row, strings.Join(parts, "; "))
		}
		table.row(row...)
	}
	return table.String()
}
