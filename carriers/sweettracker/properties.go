package sweettracker

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// largestProperties is how much of a properties file is read, in bytes.
const largestProperties = 1 << 20

// parseProperties reads a file in the form of Java's Properties.load, in UTF-8:
//
//   - a line whose first character that is not blank is # or ! is a comment, a blank line is nothing;
//   - a line that ends in an odd number of backslashes goes on in the next, whose leading blanks are dropped;
//   - the key ends at the first =, : or blank that no backslash protects; one = or : and the blanks around it
//     divide it from the value, whose trailing blanks belong to it;
//   - \t \n \r \f and \uXXXX mean what they do in Java, any other escaped character means itself.
//
// Of a key given twice the last holds. Errors name the line and never its content.
func parseProperties(r io.Reader) (map[string]string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, largestProperties+1))
	if err != nil {
		return nil, fmt.Errorf("sweettracker: reading properties: %w", err)
	}
	if len(raw) > largestProperties {
		return nil, fmt.Errorf("sweettracker: properties are larger than %d bytes", largestProperties)
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("sweettracker: properties are not UTF-8; write other characters as \\uXXXX")
	}
	lines := splitLines(strings.TrimPrefix(string(raw), "\ufeff"))
	properties := make(map[string]string)
	for i := 0; i < len(lines); i++ {
		first := i
		line := strings.TrimLeft(lines[i], propertyBlanks)
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for continues(line) {
			line = line[:len(line)-1]
			if i++; i == len(lines) {
				break
			}
			line += strings.TrimLeft(lines[i], propertyBlanks)
		}
		key, value, err := splitProperty(line)
		if err != nil {
			return nil, fmt.Errorf("sweettracker: properties, line %d: %w", first+1, err)
		}
		properties[key] = value
	}
	return properties, nil
}

// propertyBlanks is white space as Java's format has it.
const propertyBlanks = " \t\f"

// splitLines splits at \n, \r and \r\n.
func splitLines(text string) []string {
	return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
}

// continues reports whether a line ends in a backslash that is not escaped itself.
func continues(line string) bool {
	backslashes := len(line) - len(strings.TrimRight(line, `\`))
	return backslashes%2 == 1
}

func splitProperty(line string) (key, value string, err error) {
	end := keyEnd(line)
	rest := strings.TrimLeft(line[end:], propertyBlanks)
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], propertyBlanks)
	}
	key, err = unescape(line[:end])
	if err != nil {
		return "", "", err
	}
	value, err = unescape(rest)
	return key, value, err
}

// keyEnd finds where the key ends.
func keyEnd(line string) int {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '=', ':', ' ', '\t', '\f':
			return i
		}
	}
	return len(line)
}

func unescape(text string) (string, error) {
	if !strings.Contains(text, `\`) {
		return text, nil
	}
	var b strings.Builder
	for text != "" {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			break
		}
		rest, err := unescapeOne(&b, after)
		if err != nil {
			return "", err
		}
		text = rest
	}
	return b.String(), nil
}

// unescapeOne writes the character after a backslash and gives what follows it.
func unescapeOne(b *strings.Builder, text string) (rest string, err error) {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return "", nil // a backslash at the very end: nothing follows it
	}
	rest = text[size:]
	switch r {
	case 't':
		r = '\t'
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 'f':
		r = '\f'
	case 'u':
		return unescapeUnicode(b, rest)
	}
	b.WriteRune(r)
	return rest, nil
}

// unescapeUnicode writes the character of \uXXXX, or of the two that make a surrogate pair. Half a pair is U+FFFD.
func unescapeUnicode(b *strings.Builder, text string) (rest string, err error) {
	first, rest, err := hexUnit(text)
	if err != nil {
		return "", err
	}
	if utf16.IsSurrogate(first) && strings.HasPrefix(rest, `\u`) {
		second, after, err := hexUnit(rest[2:])
		if err != nil {
			return "", err
		}
		if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
			b.WriteRune(pair)
			return after, nil
		}
	}
	b.WriteRune(first)
	return rest, nil
}

func hexUnit(text string) (unit rune, rest string, err error) {
	if len(text) < 4 {
		return 0, "", errors.New(`\u without four hexadecimal digits`)
	}
	n, err := strconv.ParseUint(text[:4], 16, 16)
	if err != nil {
		return 0, "", errors.New(`\u without four hexadecimal digits`)
	}
	return rune(n), text[4:], nil
}
