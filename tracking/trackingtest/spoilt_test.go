package trackingtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
)

// node is one value of a JSON text.
type node struct {
	start, end int
	key        string // with its quotes; empty in lists and at the top
	isKey      bool   // the name of a member, not a value
}

// nodes finds every value and every name in a JSON text, by place, so that a text can be spoilt at one place and stay
// the same byte for byte everywhere else.
func nodes(t *testing.T, text []byte) []node {
	t.Helper()
	type level struct {
		object bool
		node   node
	}
	var found []node
	var open []level
	key := ""
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		start := int(decoder.InputOffset())
		token, err := decoder.Token()
		if err != nil {
			break
		}
		end := int(decoder.InputOffset())
		start += bytes.IndexFunc(text[start:end], func(r rune) bool { return !strings.ContainsRune(" \t\r\n,:", r) })
		delim, composite := token.(json.Delim)
		switch {
		case composite && (delim == '}' || delim == ']'):
			last := open[len(open)-1].node
			open = open[:len(open)-1]
			found = append(found, node{last.start, end, last.key, false})
			key = ""
		case len(open) > 0 && open[len(open)-1].object && key == "":
			key = string(text[start:end])
			found = append(found, node{start, end, "", true})
		case composite:
			open = append(open, level{delim == '{', node{start: start, key: key}})
			key = ""
		default:
			found = append(found, node{start, end, key, false})
			key = ""
		}
	}
	if len(open) > 0 || len(found) == 0 {
		t.Fatalf("no whole JSON text: %.100s", text)
	}
	return found
}

func (n node) replaced(text []byte, by string) []byte {
	return slices.Concat(text[:n.start], []byte(by), text[n.end:])
}

// substitutes are values that no answer has where they are put. None of them claims that anything was delivered.
var substitutes = []string{
	"null", "false", "0", "-1", "1e400", "123456789012345678901234567890", `""`, `"x"`, "\"\xff\\u0000\\ud800\"",
	"[]", "{}", "[null]", `{"":{"":{}}}`, `"` + strings.Repeat("가", 1000) + `"`,
}

// spoilt gives a JSON text with one thing wrong with it, for everything that can be wrong with its shape: a member under
// another name, a value in place of another, or, with doubling, a second one behind it.
func spoilt(t *testing.T, text []byte, doubling bool, values ...string) iter.Seq2[string, []byte] {
	t.Helper()
	return func(yield func(string, []byte) bool) {
		for _, n := range nodes(t, text) {
			what := fmt.Sprintf("%.40s at %d", text[n.start:n.end], n.start)
			if n.isKey {
				if !yield("another name for "+what, n.replaced(text, `"xX"`)) {
					return
				}
				continue
			}
			for _, value := range values {
				if !yield(fmt.Sprintf("%.20s for %s", value, what), n.replaced(text, value)) {
					return
				}
				if !doubling || n.key == "" {
					continue
				}
				twice := fmt.Sprintf("%s,%s:%s", text[n.start:n.end], n.key, value)
				if !yield(fmt.Sprintf("twice, then %.20s for %s", value, what), n.replaced(text, twice)) {
					return
				}
			}
		}
	}
}

// deep is nesting beyond what a decoder bears.
func deep(text []byte, n node) []byte {
	const levels = 20_000
	return n.replaced(text, strings.Repeat("[", levels)+strings.Repeat("]", levels))
}
