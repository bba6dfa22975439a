package docs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/waybill-dev/waybill/internal/goldentest"
)

// docBlock is a generated part of a page. Its name is that of a generator, with words for it to go by.
var docBlock = regexp.MustCompile(`(?s)(<!-- generated: ([^\n]+?) -->\n)(.*?)(<!-- end -->)`)

// docGenerators make the parts of the pages that would rot if somebody kept them by hand. What can be run is run, what
// cannot is read from the source.
func docGenerators() map[string]func(t *testing.T, words []string) string {
	return map[string]func(t *testing.T, words []string) string{
		"statuses": docStatuses, "sub-statuses": docSubs, "doubts": docDoubts, "reasons": docReasons, "story": docStoryTable,
		"abilities": docAbilities, "pace": docPace, "billing": docBilling,
		"environment": docEnvironment, "back-office": docBackOffice,
		"couriers": docCouriers, "numbers": docNumbers, "look-ups": docLookUps, "checks": docChecks, "detection": docDetection,
		"sentinels": docSentinels, "own-errors": docOwnErrors, "fail-over": docFailOver, "defaults": docDefaults,
		"magic": docMagic, "addresses": docAddresses, "rhythms": docRhythms,
		"order-statuses": docOrderStatuses, "order-machine": docOrderMachine, "order-matrix": docOrderMatrix,
		"order-rules": docOrderRules, "order-conditions": docOrderConditions, "order-work-lists": docOrderWorkLists,
		"order-platforms":  docOrderPlatforms,
		"webhook-answers":  docWebhookAnswers,
		"fulfilment-facts": docFulfilmentFacts,
		"fields":           docFields, "source": docSource, "body": docBody,
	}
}

// TestDocs holds the generated parts of the pages against what their generators make; UPDATE_GOLDEN=1 rewrites them.
func TestDocs(t *testing.T) {
	generators := docGenerators()
	used := map[string]bool{}
	for _, page := range docPages(t, "docs") {
		t.Run(filepath.Base(page), func(t *testing.T) {
			old, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			if begun, whole := bytes.Count(old, []byte("<!-- generated:")), len(docBlock.FindAll(old, -1)); begun != whole {
				t.Fatalf("%d generated parts begin and %d end", begun, whole)
			}
			now := docBlock.ReplaceAllFunc(old, func(block []byte) []byte {
				parts := docBlock.FindSubmatch(block)
				words := strings.Fields(string(parts[2]))
				generate := generators[words[0]]
				if generate == nil {
					t.Fatalf("nothing generates %q", words[0])
				}
				used[words[0]] = true
				made := strings.TrimSpace(generate(t, words[1:]))
				return slices.Concat(parts[1], []byte("\n"+made+"\n\n"), parts[4])
			})
			goldentest.Compare(t, page, string(now))
		})
	}
	for name := range generators {
		if !used[name] {
			t.Errorf("no page has a part %q", name)
		}
	}
}

// docPages lists the Markdown files below a folder.
func docPages(t *testing.T, root string) []string {
	t.Helper()
	var pages []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

var (
	docLink    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	docHeading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	docFence   = regexp.MustCompile("(?ms)^```.*?^```$")
	docSpan    = regexp.MustCompile("`([a-z]+)\\.([A-Z]\\w*(?:\\.[A-Z]\\w*)?)[({]?[^`]*`")
)

// TestDocLinks follows every relative link of every page, to the heading where one is named.
func TestDocLinks(t *testing.T) {
	for _, page := range docPages(t, ".") {
		text := docText(t, page)
		for _, link := range docLink.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := page
			if target != "" {
				path = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %s leads nowhere", page, link[1])
				continue
			}
			if anchor != "" && !slices.Contains(docAnchors(docText(t, path)), anchor) {
				t.Errorf("%s: %s has no heading %q", page, link[1], anchor)
			}
		}
	}
}

// docText reads a page without its code.
func docText(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return docFence.ReplaceAllString(string(text), "")
}

// docAnchors gives the anchors that a reader makes of the headings of a page.
func docAnchors(text string) []string {
	var anchors []string
	for _, heading := range docHeading.FindAllStringSubmatch(text, -1) {
		anchors = append(anchors, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, heading[1]))
	}
	return anchors
}

// TestDocNames looks up everything of ours that the pages write as `package.Name` or `package.Type.Name`.
func TestDocNames(t *testing.T) {
	names, count := docNames(t), 0
	for _, page := range docPages(t, "docs") {
		for _, span := range docSpan.FindAllStringSubmatch(docText(t, page), -1) {
			if _, ours := docPackages[span[1]]; !ours {
				continue
			}
			count++
			if name := span[1] + "." + span[2]; !names[name] {
				t.Errorf("%s speaks of %s, which is not there", page, name)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d names were found to look up", count)
	}
}

// docTable writes a Markdown table.
type docTable struct {
	b strings.Builder
}

func newDocTable(columns ...string) *docTable {
	table := new(docTable)
	table.row(columns...)
	table.b.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	return table
}

func (d *docTable) row(cells ...string) {
	for _, cell := range cells {
		d.b.WriteString("| " + strings.ReplaceAll(strings.Join(strings.Fields(cell), " "), "|", `\|`) + " ")
	}
	d.b.WriteString("|\n")
}

func (d *docTable) String() string { return d.b.String() }

// code writes a code span; nothing for nothing.
func docCode(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
