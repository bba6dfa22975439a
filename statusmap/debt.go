package statusmap

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
)

const (
	mostDebts   = 1000 // different words told apart; a provider that invents words must not fill the memory
	longestDebt = 100  // bytes kept of a code or a text
)

// Debt is an unmapped word: what a table owes.
type Debt struct {
	Courier    tracking.Courier
	Code, Text string
	Count      int64 // how often it came
}

// ledger counts unmapped words.
type ledger struct {
	mu     sync.Mutex
	counts map[key]*int64
	lost   int64
}

func newLedger() *ledger { return &ledger{counts: make(map[key]*int64)} }

func (l *ledger) add(c tracking.Courier, code, text string) {
	word := key{tracking.Courier(cut(string(c))), cut(mask.Text(code, "")), cut(mask.Text(text, ""))}
	l.mu.Lock()
	defer l.mu.Unlock()
	if count, ok := l.counts[word]; ok {
		*count++
		return
	}
	if len(l.counts) >= mostDebts {
		l.lost++
		return
	}
	count := int64(1)
	l.counts[word.clone()] = &count
}

// clone frees the key from the answer that its texts were cut out of.
func (k key) clone() key {
	return key{tracking.Courier(strings.Clone(string(k.courier))), strings.Clone(k.code), strings.Clone(k.text)}
}

func (l *ledger) list() []Debt {
	l.mu.Lock()
	debts := make([]Debt, 0, len(l.counts))
	for word, count := range l.counts {
		debts = append(debts, Debt{Courier: word.courier, Code: word.code, Text: word.text, Count: *count})
	}
	l.mu.Unlock()
	slices.SortFunc(debts, func(a, b Debt) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Courier, b.Courier),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
	})
	return debts
}

func (l *ledger) lostCount() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// cut shortens a text to whole characters within longestDebt bytes.
func cut(text string) string {
	if len(text) <= longestDebt {
		return text
	}
	end := longestDebt
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
