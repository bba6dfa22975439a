package bulk

import (
	"bytes"
	"errors"
	"io"
)

// markup reads the XML of a workbook's parts, token by token, at the speed of the disk and in constant memory:
// encoding/xml makes several allocations for each of the four million cells of a large export. It knows what the parts
// of a workbook use: elements, attributes, text, CDATA, the five entities and character references. A document type,
// the door to entity bombs, is refused.
type markup struct {
	in     io.Reader
	buffer [32 << 10]byte
	r, w   int

	name  []byte   // of the element that starts or ends, without its prefix
	attrs []attr   // of the element that starts
	bytes []byte   // the attributes' memory
	text  []byte   // of a text token
	skip  bool     // text is not wanted: it is passed over, and not limited
	limit int      // bytes of one text, and of the attributes of one element
	open  []string // names of open elements, with prefix; interned
	ended bool     // the element that started is empty: its end comes next
	names map[string]string
}

type attr struct{ name, value []byte }

type token uint8

const (
	tokenStart token = iota + 1
	tokenEnd
	tokenText
)

const deepest = 64 // elements in each other; a workbook has about six

var (
	errMarkup   = errors.New("malformed XML")
	errDocType  = errors.New("XML with a document type")
	errTooLong  = errors.New("a text longer than the limit")
	errEncoding = errors.New("XML that is not UTF-8")
)

func newMarkup(in io.Reader, limit int) *markup {
	m := &markup{in: in, limit: limit, names: map[string]string{}}
	if b, err := m.peek(); err == nil && b == 0xEF { // a byte order mark
		m.next(3)
	}
	return m
}

// token gives the next token; io.EOF after the last one. name, attrs and text are good until the next call.
func (m *markup) token() (token, error) {
	if m.ended {
		m.ended = false
		m.open = m.open[:len(m.open)-1]
		return tokenEnd, nil
	}
	for {
		b, err := m.peek()
		if err == io.EOF && len(m.open) > 0 {
			return 0, io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		if b != '<' {
			if err := m.characters(); err != nil {
				return 0, err
			}
			if len(m.open) == 0 && len(bytes.TrimSpace(m.text)) > 0 {
				return 0, errMarkup
			}
			return tokenText, nil
		}
		m.r++
		if b, err = m.must(); err != nil {
			return 0, err
		}
		switch b {
		case '?':
			err = m.past("?>", nil)
		case '!':
			var cdata bool
			if cdata, err = m.declaration(); cdata && err == nil {
				return tokenText, nil
			}
		case '/':
			return tokenEnd, m.end()
		default:
			m.r--
			return tokenStart, m.start()
		}
		if err != nil {
			return 0, err
		}
	}
}

// characters reads text up to the next element.
func (m *markup) characters() error {
	m.text = m.text[:0]
	for {
		if m.r == m.w && m.fill() != nil {
			break
		}
		end := bytes.IndexByte(m.buffer[m.r:m.w], '<')
		piece := m.buffer[m.r:m.w]
		if end >= 0 {
			piece = piece[:end]
		}
		if !m.skip {
			if m.text = append(m.text, piece...); len(m.text) > m.limit {
				return errTooLong
			}
		}
		m.r += len(piece)
		if end >= 0 {
			break
		}
	}
	var err error
	m.text, err = unescape(m.text)
	return err
}

// declaration reads what begins with <!: a comment, which is passed over, or CDATA, which is text.
func (m *markup) declaration() (cdata bool, err error) {
	b, err := m.must()
	if err != nil {
		return false, err
	}
	switch b {
	case '-':
		if b, err = m.must(); err != nil || b != '-' {
			return false, errMarkup
		}
		return false, m.past("-->", nil)
	case '[':
		for _, want := range []byte("CDATA[") {
			if b, err = m.must(); err != nil || b != want {
				return false, errMarkup
			}
		}
		m.text = m.text[:0]
		return true, m.past("]]>", &m.text)
	}
	return false, errDocType
}

// past reads up to and over a mark, keeping what is before it in keep, if not nil.
func (m *markup) past(mark string, keep *[]byte) error {
	matched := 0
	for {
		b, err := m.must()
		if err != nil {
			return err
		}
		if keep != nil && !m.skip {
			if *keep = append(*keep, b); len(*keep) > m.limit {
				return errTooLong
			}
		}
		switch {
		case b == mark[matched]:
			matched++
		case matched == 2 && b == mark[1] && mark[0] == mark[1]: // ---> and ]]]>
		case b == mark[0]:
			matched = 1
		default:
			matched = 0
		}
		if matched == len(mark) {
			if keep != nil && !m.skip {
				*keep = (*keep)[:len(*keep)-len(mark)]
			}
			return nil
		}
	}
}

// start reads an element's name and attributes.
func (m *markup) start() error {
	m.bytes, m.attrs = m.bytes[:0], m.attrs[:0]
	name, b, err := m.word()
	if err != nil {
		return err
	}
	full, known := m.names[string(name)]
	if !known {
		if len(m.names) > 4096 {
			return errMarkup
		}
		full = string(name)
		m.names[full] = full
	}
	if m.open = append(m.open, full); len(m.open) > deepest {
		return errMarkup
	}
	m.name = local([]byte(full), m.name[:0])
	for {
		for space(b) {
			if b, err = m.must(); err != nil {
				return err
			}
		}
		switch b {
		case '>':
			return nil
		case '/':
			m.ended = true
			if b, err = m.must(); err != nil || b != '>' {
				return errMarkup
			}
			return nil
		}
		m.r--
		if b, err = m.attribute(); err != nil {
			return err
		}
	}
}

// attribute reads name="value" and gives the byte behind it.
func (m *markup) attribute() (byte, error) {
	name, b, err := m.word()
	if err != nil {
		return 0, err
	}
	for space(b) {
		if b, err = m.must(); err != nil {
			return 0, err
		}
	}
	if b != '=' {
		return 0, errMarkup
	}
	quote, err := m.must()
	for err == nil && space(quote) {
		quote, err = m.must()
	}
	if err != nil || quote != '"' && quote != '\'' {
		return 0, errMarkup
	}
	from := len(m.bytes)
	for {
		if b, err = m.must(); err != nil || b == '<' {
			return 0, errMarkup
		}
		if b == quote {
			break
		}
		if m.bytes = append(m.bytes, b); len(m.bytes) > m.limit {
			return 0, errTooLong
		}
	}
	value, err := unescape(m.bytes[from:len(m.bytes):len(m.bytes)])
	if err != nil {
		return 0, err
	}
	m.attrs = append(m.attrs, attr{name, value})
	return m.must()
}

// word reads a name and gives the byte behind it.
func (m *markup) word() ([]byte, byte, error) {
	from := len(m.bytes)
	for {
		b, err := m.must()
		if err != nil {
			return nil, 0, err
		}
		if space(b) || b == '>' || b == '/' || b == '=' {
			if len(m.bytes) == from {
				return nil, 0, errMarkup
			}
			return m.bytes[from:len(m.bytes):len(m.bytes)], b, nil
		}
		if b == '<' || b == '&' || b == '"' || b == '\'' {
			return nil, 0, errMarkup
		}
		if m.bytes = append(m.bytes, b); len(m.bytes) > m.limit {
			return nil, 0, errTooLong
		}
	}
}

func (m *markup) end() error {
	m.bytes = m.bytes[:0]
	name, b, err := m.word()
	for err == nil && space(b) {
		b, err = m.must()
	}
	if err != nil {
		return err
	}
	if b != '>' || len(m.open) == 0 || m.open[len(m.open)-1] != string(name) {
		return errMarkup
	}
	m.open = m.open[:len(m.open)-1]
	m.name = local(name, m.name[:0])
	return nil
}

// attr finds an attribute by its name, with prefix.
func (m *markup) attr(name string) string {
	for _, a := range m.attrs {
		if string(a.name) == name {
			return string(a.value)
		}
	}
	return ""
}

func (m *markup) peek() (byte, error) {
	if m.r == m.w {
		if err := m.fill(); err != nil {
			return 0, err
		}
	}
	return m.buffer[m.r], nil
}

// must is the next byte, where the file may not end.
func (m *markup) must() (byte, error) {
	b, err := m.peek()
	if err == io.EOF {
		return 0, io.ErrUnexpectedEOF
	}
	m.r++
	return b, err
}

func (m *markup) next(n int) {
	for range n {
		if _, err := m.must(); err != nil {
			return
		}
	}
}

func (m *markup) fill() error {
	for range 100 {
		n, err := m.in.Read(m.buffer[:])
		m.r, m.w = 0, n
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

func space(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// local appends a name without its prefix.
func local(name, to []byte) []byte {
	return append(to, name[bytes.IndexByte(name, ':')+1:]...)
}
