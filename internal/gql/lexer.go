package gql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tokenKind is the class of a token.
type tokenKind uint8

const (
	tokenEOF tokenKind = iota
	tokenPunct
	tokenName
	tokenInt
	tokenFloat
	tokenString
	tokenBlock
)

// token is one word of a document.
type token struct {
	kind tokenKind
	text string // the value: of a string, what it means
	at   Location
}

// String describes the token as error messages name it.
func (t token) String() string {
	switch t.kind {
	case tokenEOF:
		return "<EOF>"
	case tokenName:
		return "Name " + quote(t.text)
	case tokenInt:
		return "Int " + quote(t.text)
	case tokenFloat:
		return "Float " + quote(t.text)
	case tokenString:
		return "String " + quote(t.text)
	case tokenBlock:
		return "BlockString " + quote(t.text)
	default:
		return quote(t.text)
	}
}

// quote puts a text of the document in quotes, cut to a length that suits a message.
func quote(text string) string {
	const most = 100
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return `"` + text + `"`
}

// lexer cuts a document into tokens. It keeps the place as it goes: finding lines afterwards would make a long
// document with many errors slow.
type lexer struct {
	src       string
	pos       int
	line      int
	lineStart int // byte offset at which the line begins
	wide      int // bytes of this line that are no UTF-16 unit of their own
}

func newLexer(src string) lexer { return lexer{src: src, line: 1} }

// here is the place of the next byte.
func (l *lexer) here() Location { return Location{l.line, l.pos - l.lineStart - l.wide + 1} }

// fail is a syntax error at a place.
func fail(at Location, format string, args ...any) *Error {
	return &Error{Message: "Syntax Error: " + fmt.Sprintf(format, args...), Locations: []Location{at}, Code: CodeBadRequest}
}

// newline notes that a line ends before the current byte.
func (l *lexer) newline() {
	l.line++
	l.lineStart, l.wide = l.pos, 0
}

// rune steps over one character, whatever it is.
func (l *lexer) rune() rune {
	r, size := utf8.DecodeRuneInString(l.src[l.pos:])
	l.pos += size
	switch {
	case r == '\n' || r == '\r' && !strings.HasPrefix(l.src[l.pos:], "\n"):
		l.newline()
	case r >= 0x10000:
		l.wide += size - 2
	default:
		l.wide += size - 1
	}
	return r
}

// skip passes what carries no meaning: blanks, commas, line ends, comments, a byte order mark.
func (l *lexer) skip() {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == ' ' || c == '\t' || c == ',' || c == '\n' || c == '\r':
			l.rune()
		case c == '#':
			for l.pos < len(l.src) && l.src[l.pos] != '\n' && l.src[l.pos] != '\r' {
				l.rune()
			}
		case strings.HasPrefix(l.src[l.pos:], "\uFEFF"):
			l.rune()
		default:
			return
		}
	}
}

// next gives the next token.
func (l *lexer) next() (token, *Error) {
	l.skip()
	at := l.here()
	if l.pos == len(l.src) {
		return token{tokenEOF, "", at}, nil
	}
	switch c := l.src[l.pos]; {
	case isNameStart(c):
		start := l.pos
		for l.pos < len(l.src) && (isNameStart(l.src[l.pos]) || isDigit(l.src[l.pos])) {
			l.pos++
		}
		return token{tokenName, l.src[start:l.pos], at}, nil
	case isDigit(c) || c == '-':
		return l.number(at)
	case strings.HasPrefix(l.src[l.pos:], `"""`):
		return l.block(at)
	case c == '"':
		return l.quoted(at)
	case strings.HasPrefix(l.src[l.pos:], "..."):
		l.pos += 3
		return token{tokenPunct, "...", at}, nil
	case strings.IndexByte("!$&():=@[]{|}", c) >= 0:
		l.pos++
		return token{tokenPunct, l.src[l.pos-1 : l.pos], at}, nil
	default:
		return token{}, fail(at, "Unexpected character: %s.", quote(string(l.rune())))
	}
}

func isNameStart(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool     { return '0' <= c && c <= '9' }

// number reads an Int or a Float.
func (l *lexer) number(at Location) (token, *Error) {
	start, kind := l.pos, tokenInt
	if l.peek() == '-' {
		l.pos++
	}
	if l.peek() == '0' {
		l.pos++
		if isDigit(l.peek()) {
			return token{}, fail(l.here(), "Invalid number, unexpected digit after 0: %s.", quote(string(l.peek())))
		}
	} else if err := l.digits(); err != nil {
		return token{}, err
	}
	if l.peek() == '.' {
		kind = tokenFloat
		l.pos++
		if err := l.digits(); err != nil {
			return token{}, err
		}
	}
	if c := l.peek(); c == 'e' || c == 'E' {
		kind = tokenFloat
		l.pos++
		if c := l.peek(); c == '+' || c == '-' {
			l.pos++
		}
		if err := l.digits(); err != nil {
			return token{}, err
		}
	}
	if c := l.peek(); c == '.' || isNameStart(c) {
		return token{}, l.noDigit()
	}
	return token{kind, l.src[start:l.pos], at}, nil
}

// peek is the next byte, or 0 at the end.
func (l *lexer) peek() byte {
	if l.pos < len(l.src) {
		return l.src[l.pos]
	}
	return 0
}

// digits reads at least one digit.
func (l *lexer) digits() *Error {
	if !isDigit(l.peek()) {
		return l.noDigit()
	}
	for isDigit(l.peek()) {
		l.pos++
	}
	return nil
}

func (l *lexer) noDigit() *Error {
	at := l.here()
	if l.pos == len(l.src) {
		return fail(at, "Invalid number, expected digit but got: <EOF>.")
	}
	return fail(at, "Invalid number, expected digit but got: %s.", quote(string(l.rune())))
}

// quoted reads a string in single quotation marks.
func (l *lexer) quoted(at Location) (token, *Error) {
	l.pos++
	var text strings.Builder
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; c {
		case '"':
			l.pos++
			return token{tokenString, text.String(), at}, nil
		case '\n', '\r':
			return token{}, fail(l.here(), "Unterminated string.")
		case '\\':
			r, err := l.escape()
			if err != nil {
				return token{}, err
			}
			text.WriteRune(r)
		default:
			text.WriteRune(l.rune())
		}
	}
	return token{}, fail(l.here(), "Unterminated string.")
}

// escape reads a backslash and what follows.
func (l *lexer) escape() (rune, *Error) {
	at := l.here()
	l.pos++
	c := l.peek()
	if c == 'u' {
		l.pos++
		return l.unicode(at)
	}
	const names, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(names, c)
	if c == 0 || i < 0 {
		return 0, fail(at, "Invalid character escape sequence: %s.", quote(`\`+string(rune(c))))
	}
	l.pos++
	return rune(means[i]), nil
}

// unicode reads what follows \u: four hexadecimal digits, two such groups for a character outside the basic
// plane, or up to six digits in braces.
func (l *lexer) unicode(at Location) (rune, *Error) {
	bad := fail(at, "Invalid Unicode escape sequence.")
	if l.peek() == '{' {
		end := strings.IndexByte(l.src[l.pos:], '}')
		if end < 2 || end > 7 {
			return 0, bad
		}
		r, ok := hex(l.src[l.pos+1 : l.pos+end])
		l.pos += end + 1
		if !ok || !utf8.ValidRune(r) {
			return 0, bad
		}
		return r, nil
	}
	high, ok := l.unit()
	if !ok || 0xDC00 <= high && high <= 0xDFFF {
		return 0, bad
	}
	if high < 0xD800 || high > 0xDFFF {
		return high, nil
	}
	if !strings.HasPrefix(l.src[l.pos:], `\u`) {
		return 0, bad
	}
	l.pos += 2
	low, ok := l.unit()
	if !ok || low < 0xDC00 || low > 0xDFFF {
		return 0, bad
	}
	return 0x10000 + (high-0xD800)<<10 + (low - 0xDC00), nil
}

// unit reads four hexadecimal digits.
func (l *lexer) unit() (rune, bool) {
	if l.pos+4 > len(l.src) {
		return 0, false
	}
	l.pos += 4
	return hex(l.src[l.pos-4 : l.pos])
}

func hex(digits string) (rune, bool) {
	if strings.ContainsAny(digits, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}

// block reads a string in triple quotation marks.
func (l *lexer) block(at Location) (token, *Error) {
	l.pos += 3
	var raw strings.Builder
	for l.pos < len(l.src) {
		switch rest := l.src[l.pos:]; {
		case strings.HasPrefix(rest, `"""`):
			l.pos += 3
			return token{tokenBlock, dedent(raw.String()), at}, nil
		case strings.HasPrefix(rest, `\"""`):
			l.pos += 4
			raw.WriteString(`"""`)
		default:
			raw.WriteRune(l.rune())
		}
	}
	return token{}, fail(l.here(), "Unterminated string.")
}

// dedent removes the indentation that all lines but the first share, and blank lines at both ends.
func dedent(raw string) string {
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(raw, "\n")
	common := -1
	for _, line := range lines[1:] {
		if indent := len(line) - len(strings.TrimLeft(line, " \t")); indent < len(line) && (common < 0 || indent < common) {
			common = indent
		}
	}
	for i := range lines[1:] {
		lines[i+1] = lines[i+1][min(max(common, 0), len(lines[i+1])):]
	}
	for len(lines) > 0 && strings.Trim(lines[0], " \t") == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.Trim(lines[len(lines)-1], " \t") == "" {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}
