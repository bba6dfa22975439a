package bulk

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// unescape resolves entities in place.
func unescape(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, errEncoding
	}
	at := bytes.IndexByte(text, '&')
	if at < 0 {
		return text, nil
	}
	out := text[:at]
	for at < len(text) {
		if text[at] != '&' {
			out = append(out, text[at])
			at++
			continue
		}
		end := bytes.IndexByte(text[at:], ';')
		if end < 0 {
			return nil, errMarkup
		}
		r, ok := entity(string(text[at+1 : at+end]))
		if !ok {
			return nil, errMarkup
		}
		out = utf8.AppendRune(out, r) // never longer than what it stands for
		at += end + 1
	}
	return out, nil
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	base := 10
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	if name = name[1:]; name[0] == 'x' {
		base, name = 16, name[1:]
	}
	n, err := strconv.ParseUint(name, base, 21)
	return rune(n), err == nil && n != 0 && utf8.ValidRune(rune(n))
}
