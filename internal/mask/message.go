package mask

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const hiddenSecret = "***"

// Secrets replaces every occurrence of each secret by three stars, also where it is escaped as in a URL or in JSON.
// Occurrences that overlap or touch become one. Empty secrets are left out.
func Secrets(text string, secrets []string) string {
	var found []span
	for _, secret := range secrets {
		if strings.Trim(secret, string(star)) == "" {
			continue
		}
		found = appendOccurrences(found, text, secret)
		found = appendEscaped(found, text, secret)
	}
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return a.start - b.start })
	var b strings.Builder
	pos := 0
	for i, s := range found {
		if i == 0 || s.start > pos {
			b.WriteString(text[pos:s.start])
			b.WriteString(hiddenSecret)
		}
		pos = max(pos, s.end)
	}
	b.WriteString(text[pos:])
	return b.String()
}

// appendEscaped looks for the escaped forms of secret, where text has the characters that escaping leaves behind.
func appendEscaped(found []span, text, secret string) []span {
	if strings.ContainsAny(text, "%+") {
		found = appendOccurrences(found, text, url.QueryEscape(secret))
		found = appendOccurrences(found, text, url.PathEscape(secret))
	}
	if strings.Contains(text, `\`) {
		if quoted, err := json.Marshal(secret); err == nil {
			found = appendOccurrences(found, text, string(quoted[1:len(quoted)-1]))
		}
	}
	return found
}

func appendOccurrences(found []span, text, form string) []span {
	for from := 0; ; {
		at := strings.Index(text[from:], form)
		if at < 0 {
			return found
		}
		at += from
		found = append(found, span{at, at + len(form)})
		from = at + 1
	}
}

// Line makes one line of at most limit characters: line breaks and tabs become single spaces, control characters and
// invalid UTF-8 are removed, space around it is cut. What is longer ends in "…" at the limit. A limit of 0 or less
// leaves nothing.
func Line(text string, limit int) string {
	if limit <= 0 {
		return ""
	}
	if !isLine(text) {
		text = oneLine(text)
	}
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	return strings.TrimRight(firstRunes(text, limit-1), " ") + "…"
}

// isLine reports whether text needs no repair, in the usual cases.
func isLine(text string) bool {
	if simpleLine(text) {
		return true
	}
	if strings.TrimSpace(text) != text || !utf8.ValidString(text) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) || invisible(r) })
}

// simpleLine knows the lines that are of Hangul and visible ASCII alone, with spaces between, by a look at each character.
func simpleLine(text string) bool {
	last := ' '
	for _, r := range text {
		if (r < '가' || r > '힣') && (r <= ' ' || r > '~') && (r != ' ' || last == ' ') {
			return false
		}
		last = r
	}
	return last != ' '
}

func oneLine(text string) string {
	var b strings.Builder
	gap := false
	for i, r := range text {
		switch {
		case unicode.IsSpace(r):
			gap = b.Len() > 0
		case invisible(r), r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

func firstRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
