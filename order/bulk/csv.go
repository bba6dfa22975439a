package bulk

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"
)

const utf8BOM = "\xef\xbb\xbf"

// csvFile is a file of separated values in UTF-8 or CP949. It is read as Excel reads it: an empty line is a row, a quote
// inside a field is a character. A field is limited, so that a quote that is never closed costs no memory.
type csvFile struct {
	file     File
	limits   Limits
	encoding string // "UTF-8", "UTF-8 with BOM", "CP949"
	comma    byte
	lines    int
}

func openCSV(f File, limits Limits) (*csvFile, error) {
	c := &csvFile{file: f, limits: limits}
	lines := &lineCounter{in: f.reader()}
	valid, replaced, bom, err := scanUTF8(lines)
	c.lines = lines.n + 1
	if err != nil {
		return nil, fmt.Errorf("bulk: reading the file: %w", err)
	}
	switch {
	case bom && valid:
		c.encoding = "UTF-8 with BOM"
	case valid:
		c.encoding = "UTF-8"
	case !bom:
		c.encoding = "CP949"
		if _, replaced, _, err = scanUTF8(c.decoded()); err != nil {
			return nil, fmt.Errorf("bulk: reading the file: %w", err)
		}
	}
	if c.encoding == "" || replaced {
		name := c.encoding
		if name == "" {
			name = "UTF-8 with BOM"
		}
		return nil, refuse(F02, fmt.Sprintf("%s로 읽었으나 깨진 문자가 있습니다. CSV UTF-8 또는 .xlsx로 다시 저장하세요.", name),
			fmt.Sprintf("read as %s, the file has characters that are broken; save it as CSV UTF-8 or as .xlsx", name))
	}
	c.comma, err = c.separator()
	return c, err
}

// count implements table.
func (c *csvFile) count() (int, error) { return c.lines, nil }

// lineCounter counts line feeds on the way.
type lineCounter struct {
	in io.Reader
	n  int
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	l.n += bytes.Count(p[:n], []byte("\n"))
	return n, err
}

// scanUTF8 reads everything and tells whether it is UTF-8, whether it has a U+FFFD, and whether it begins with a mark.
func scanUTF8(in io.Reader) (valid, replaced, bom bool, err error) {
	valid = true
	buffer := make([]byte, 32<<10)
	kept := 0
	for first := true; ; first = false {
		n, err := io.ReadAtLeast(in, buffer[kept:], 1)
		text := buffer[:kept+n]
		if first {
			bom = bytes.HasPrefix(text, []byte(utf8BOM))
		}
		replaced = replaced || bytes.Contains(text, []byte("\uFFFD"))
		rest := text
		if err == nil {
			rest = partial(text)
		} else {
			rest = rest[len(rest):]
		}
		valid = valid && utf8.Valid(text[:len(text)-len(rest)])
		kept = copy(buffer, rest)
		if err == io.EOF {
			return valid, replaced, bom, nil
		}
		if err != nil {
			return false, false, false, err
		}
	}
}

// partial is the beginning of a character at the end of text.
func partial(text []byte) []byte {
	for i := 1; i <= min(3, len(text)); i++ {
		tail := text[len(text)-i:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return nil
			}
			return tail
		}
	}
	return nil
}

// decoded gives the text as UTF-8, without the mark.
func (c *csvFile) decoded() io.Reader {
	switch c.encoding {
	case "CP949":
		// EUCKR decodes the whole of CP949, the extension of Windows included.
		return transform.NewReader(c.file.reader(), korean.EUCKR.NewDecoder())
	case "UTF-8 with BOM":
		return io.NewSectionReader(c.file.Content, int64(len(utf8BOM)), c.file.Size-int64(len(utf8BOM)))
	}
	return c.file.reader()
}

// separator takes the comma, the semicolon or the tab, whichever the first lines with any of them have most.
func (c *csvFile) separator() (byte, error) {
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(c.decoded(), head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, fmt.Errorf("bulk: reading the file: %w", err)
	}
	quoted, counts := false, [3]int{}
	for _, b := range head[:n] {
		if b == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if b == '\n' && counts != [3]int{} {
			break
		}
		if i := strings.IndexByte(",;\t", b); i >= 0 {
			counts[i]++
		}
	}
	switch {
	case counts[1] > counts[0] && counts[1] >= counts[2]:
		return ';', nil
	case counts[2] > counts[0]:
		return '\t', nil
	}
	return ',', nil
}

// read implements table.
func (c *csvFile) read(want []bool, do func(*line) error) error {
	p := csvPass{csvFile: c, in: bufio.NewReaderSize(c.decoded(), 32<<10), want: want}
	for {
		err := p.record()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = do(&p.line)
		}
		if err == errStop {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// csvPass is one pass over the file.
type csvPass struct {
	*csvFile
	in    *bufio.Reader
	want  []bool
	line  line
	field []byte
}

// record reads one record into line; io.EOF when there is none.
func (p *csvPass) record() error {
	p.line = line{number: p.line.number + 1, cells: p.line.cells[:0]}
	for column := 0; ; column++ {
		if column >= mostColumns {
			return refuse(F01, "열이 너무 많습니다. 한도는 16,384열입니다.", "too many columns; the limit is 16,384")
		}
		last, err := p.next(column == 0)
		if err != nil {
			return err
		}
		if !wanted(p.want, column) {
			p.line.other = p.line.other || len(bytes.TrimSpace(p.field)) > 0
		} else if len(p.field) > 0 {
			text := string(p.field)
			p.line.cells = append(p.line.cells, cell{column: column, text: text, shared: -1, formula: text[0] == '='})
		}
		if last {
			return nil
		}
	}
}

// next reads one field; last tells that the record ends with it.
func (p *csvPass) next(first bool) (last bool, err error) {
	p.field = p.field[:0]
	quoted := false
	for begun := false; ; begun = true {
		b, err := p.in.ReadByte()
		switch {
		case err == io.EOF:
			if first && !begun {
				return true, io.EOF
			}
			return true, nil
		case err != nil:
			return true, fmt.Errorf("bulk: reading the file: %w", err)
		case b == '"' && !begun:
			quoted = true
			continue
		case b == '"' && quoted:
			if following, err := p.in.Peek(1); err != nil || following[0] != '"' {
				quoted = false
				continue
			}
			_, _ = p.in.ReadByte()
		case quoted:
		case b == p.comma:
			return false, nil
		case b == '\n':
			return true, nil
		case b == '\r':
			if following, err := p.in.Peek(1); err == nil && following[0] == '\n' {
				_, _ = p.in.ReadByte()
			}
			return true, nil
		}
		if p.field = append(p.field, b); len(p.field) > p.limits.Cell {
			return true, longCell(p.limits)
		}
	}
}
