package bulk

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A sheetWriter writes rows of texts, one after another, in constant memory. The writers below ignore the errors of
// single writes: a bufio.Writer keeps its first error, and close gives it.
type sheetWriter interface {
	row(number int, cells []string) error // numbers rise; what is left out stays blank
	identifier(text string) string        // a key or a number as this format has to write it
	close() error
}

func newSheetWriter(w io.Writer, like *opened) sheetWriter {
	if c, ok := like.table.(*csvFile); ok {
		return &csvWriter{out: bufio.NewWriter(w), comma: c.comma}
	}
	return &xlsxWriter{zip: zip.NewWriter(w), name: like.source.Sheet}
}

// csvWriter writes UTF-8 with a byte order mark, without which Excel takes it for CP949.
type csvWriter struct {
	out   *bufio.Writer
	comma byte
	last  int
}

func (c *csvWriter) row(number int, cells []string) error {
	if c.last == 0 {
		_, _ = c.out.WriteString(utf8BOM)
	}
	for ; c.last < number-1; c.last++ {
		_, _ = c.out.WriteString("\r\n")
	}
	c.last = number
	for i, cell := range cells {
		if i > 0 {
			_ = c.out.WriteByte(c.comma)
		}
		if strings.ContainsAny(cell, "\"\r\n\t,; ") || strings.IndexByte(cell, c.comma) >= 0 {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		_, _ = c.out.WriteString(cell)
	}
	_, err := c.out.WriteString("\r\n")
	return err
}

var shortDigits = regexp.MustCompile(`^[1-9][0-9]{0,10}$`)

// identifier keeps Excel from reading digits as a number, of which it would drop zeros in front, show twelve as
// 5.51E+11, and keep fifteen.
func (c *csvWriter) identifier(text string) string {
	if text == "" || shortDigits.MatchString(text) || strings.Trim(text, "0123456789") != "" {
		return text
	}
	return "'" + text
}

func (c *csvWriter) close() error { return c.out.Flush() }

// xlsxWriter writes the least workbook: one sheet whose cells are texts, in the style "text".
type xlsxWriter struct {
	zip  *zip.Writer
	name string
	out  *bufio.Writer
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// parts are those that never change.
var parts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`},
}

func (x *xlsxWriter) begin() error {
	for _, p := range parts {
		if err := x.part(p.name, p.text); err != nil {
			return err
		}
	}
	err := x.part("xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" `+
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="`+
		escaped(x.name)+`" sheetId="1" r:id="rId1"/></sheets></workbook>`)
	if err != nil {
		return err
	}
	sheet, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	x.out = bufio.NewWriter(sheet)
	_, err = x.out.WriteString(xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	return err
}

func (x *xlsxWriter) part(name, text string) error {
	w, err := x.zip.Create(name)
	if err == nil {
		_, err = io.WriteString(w, xmlHead+text)
	}
	return err
}

func (x *xlsxWriter) row(number int, cells []string) error {
	if x.out == nil {
		if err := x.begin(); err != nil {
			return err
		}
	}
	row := strconv.Itoa(number)
	_, _ = x.out.WriteString(`<row r="` + row + `">`)
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		_, _ = x.out.WriteString(`<c r="` + columnName(i) + row + `" s="1" t="inlineStr"><is><t xml:space="preserve">`)
		_, _ = x.out.WriteString(escaped(cell))
		_, _ = x.out.WriteString(`</t></is></c>`)
	}
	_, err := x.out.WriteString("</row>")
	return err
}

// identifier leaves digits alone: the cell is a text.
func (x *xlsxWriter) identifier(text string) string { return text }

func (x *xlsxWriter) close() error {
	if x.out != nil {
		_, _ = x.out.WriteString("</sheetData></worksheet>")
		if err := x.out.Flush(); err != nil {
			return err
		}
	}
	return x.zip.Close()
}

func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

var looksEscaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// escaped writes a text for XML. What XML cannot hold is left out.
func escaped(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, text)
	text = looksEscaped.ReplaceAllString(text, "_x005F$0")
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}
