package bulk

import (
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"
)

// workbook is an xlsx file, opened: the names of its sheets, its date system, its number formats. Cells come from
// [workbook.read].
//
// Waybill keeps its own reader because ship-out stands or falls with what general ones hide: whether a cell holds a
// number or a text, whether it is a formula, what a number looked like before it was formatted. Libraries answer that
// from a sheet held in memory whole, in hundreds of bytes for each cell; and the formatted read of one of them damages
// a later raw read (see the package comment). Here a sheet passes by in one direction, and there is no formatted read.
type workbook struct {
	archive *archive
	limits  Limits
	sheets  []sheetPart
	strings string // part name
	dates   epoch
	zeros   []uint8 // by style: how many digits a format like 000000 shows; 0 for other formats
	sheet   sheetPart
}

type sheetPart struct{ name, part string }

// epoch is a workbook's date system.
type epoch bool

const epoch1904 epoch = true

func openWorkbook(f File, limits Limits, sheet string) (*workbook, error) {
	a, err := openArchive(f, limits)
	if err != nil {
		return nil, err
	}
	b := &workbook{archive: a, limits: limits}
	if err := b.load(); err != nil {
		return nil, errOther(err)
	}
	return b, b.choose(sheet)
}

func (b *workbook) load() error {
	book := "xl/workbook.xml"
	if b.archive.files[book] == nil {
		if b.archive.files["content.xml"] != nil {
			return refuse(F01, "OpenDocument(.ods) 파일입니다. .xlsx로 다시 저장하세요.", "this is an OpenDocument sheet (.ods); save it as .xlsx")
		}
		return refuse(F01, "스프레드시트가 아닌 ZIP 파일입니다.", "this is a zip file, but no workbook")
	}
	parts := map[string]string{} // relation id to part
	var styles string
	err := b.each("xl/_rels/workbook.xml.rels", func(m *markup) {
		if string(m.name) != "Relationship" {
			return
		}
		target := resolve(m.attr("Target"))
		switch kind := m.attr("Type"); kind[strings.LastIndexByte(kind, '/')+1:] {
		case "worksheet":
			parts[m.attr("Id")] = target
		case "sharedStrings":
			b.strings = target
		case "styles":
			styles = target
		}
	})
	if err != nil {
		return err
	}
	err = b.each(book, func(m *markup) {
		switch string(m.name) {
		case "workbookPr":
			b.dates = epoch(truth(m.attr("date1904")))
		case "sheet":
			for _, a := range m.attrs {
				if name := string(a.name); name == "id" || strings.HasSuffix(name, ":id") {
					if part := parts[string(a.value)]; part != "" {
						b.sheets = append(b.sheets, sheetPart{m.attr("name"), part})
					}
				}
			}
		}
	})
	if err != nil || styles == "" {
		return err
	}
	return b.formats(styles)
}

// choose finds the sheet: the named one or, without a name, the first.
func (b *workbook) choose(name string) error {
	if name == "" && len(b.sheets) > 0 {
		b.sheet = b.sheets[0]
		return nil
	}
	found := make([]string, 0, len(b.sheets))
	for _, s := range b.sheets {
		if heading(s.name) == heading(name) && name != "" {
			b.sheet = s
			return nil
		}
		found = append(found, s.name)
	}
	if len(found) == 0 {
		return refuse(F04, "시트가 없는 통합 문서입니다.", "the workbook has no sheet")
	}
	list := listed(found)
	return refuse(F04, fmt.Sprintf("'%s' 시트가 없습니다. 있는 시트: %s", name, list),
		fmt.Sprintf("there is no sheet %q; found: %s", name, list))
}

// formats reads which styles pad numbers with zeros.
func (b *workbook) formats(part string) error {
	custom := map[string]uint8{}
	inside := false
	return b.tokens(part, func(m *markup, t token) {
		switch name := string(m.name); {
		case name == "cellXfs":
			inside = t == tokenStart
		case t == tokenStart && name == "numFmt":
			custom[m.attr("numFmtId")] = zeroDigits(m.attr("formatCode"))
		case t == tokenStart && inside && name == "xf" && len(b.zeros) < 1<<16:
			b.zeros = append(b.zeros, custom[m.attr("numFmtId")])
		}
	})
}

// zeroDigits counts the zeros of a number format that has nothing else but literals, such as 000000000000 or 0000-0000.
func zeroDigits(code string) uint8 {
	zeros, quoted := 0, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted, c == '-', c == ' ':
		case c == '\\':
			i++
		case c == '0':
			zeros++
		default:
			return 0
		}
	}
	if zeros < 2 || zeros > 40 {
		return 0
	}
	return uint8(zeros)
}

// each gives the elements of a part.
func (b *workbook) each(part string, do func(*markup)) error {
	return b.tokens(part, func(m *markup, t token) {
		if t == tokenStart {
			do(m)
		}
	})
}

func (b *workbook) tokens(part string, do func(*markup, token)) error {
	in, found, err := b.archive.open(part)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("part %s is missing", part)
	}
	defer in.Close()
	m := newMarkup(in, b.limits.Cell)
	m.skip = true
	for {
		t, err := m.token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return b.tooLong(err)
		}
		do(m, t)
	}
}

// tooLong names the limit that a long cell broke.
func (b *workbook) tooLong(err error) error {
	if err == errTooLong {
		return longCell(b.limits)
	}
	return err
}

func longCell(l Limits) error {
	return refuse(F01, fmt.Sprintf("너무 긴 셀이 있습니다. 한도는 %s입니다.", size(int64(l.Cell))),
		fmt.Sprintf("a cell is too long; the limit is %s", size(int64(l.Cell))))
}

func truth(s string) bool { return s == "1" || s == "true" || s == "on" }

// sharedTexts are the texts of a workbook that were asked for, and no others: what nobody asked for is never kept. They
// stand in one string, found by rank, so that two hundred thousand of them cost little more than their letters.
type sharedTexts struct {
	wanted []uint64
	before []uint32 // wanted ones before each word
	ends   []uint32
	all    string
}

const mostShared = 1 << 24 // a limit against indexes that would make us reserve memory

func (s *sharedTexts) want(i int) {
	for len(s.wanted) <= i/64 {
		s.wanted = append(s.wanted, 0)
	}
	s.wanted[i/64] |= 1 << (i % 64)
}

func (s *sharedTexts) wants(i int) bool {
	return i/64 < len(s.wanted) && s.wanted[i/64]&(1<<(i%64)) != 0
}

// text gives a wanted text; nothing for one that the file does not hold.
func (s *sharedTexts) text(i int) string {
	if !s.wants(i) || i/64 >= len(s.before) {
		return ""
	}
	rank := int(s.before[i/64]) + bits.OnesCount64(s.wanted[i/64]&(1<<(i%64)-1))
	if rank >= len(s.ends) {
		return ""
	}
	from := uint32(0)
	if rank > 0 {
		from = s.ends[rank-1]
	}
	return s.all[from:s.ends[rank]]
}

// load reads the wanted texts.
func (b *workbook) shared(s *sharedTexts) error {
	if len(s.wanted) == 0 || b.strings == "" {
		return nil
	}
	in, found, err := b.archive.open(b.strings)
	if err != nil || !found {
		return err
	}
	defer in.Close()
	m := newMarkup(in, b.limits.Cell)
	var all strings.Builder
	var item []byte
	index, phonetic, inText, count := -1, 0, false, uint32(0)
	for {
		t, err := m.token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return b.tooLong(err)
		}
		switch name := string(m.name); {
		case t == tokenText:
			if inText && phonetic == 0 && !m.skip {
				if item = append(item, m.text...); len(item) > b.limits.Cell {
					return longCell(b.limits)
				}
			}
		case name == "si" && t == tokenStart:
			index++
			item, m.skip = item[:0], !s.wants(index)
		case name == "si" && !m.skip:
			all.Write(unescapeOOXML(item))
			if all.Len() > 1<<30 {
				return b.archive.tooLarge()
			}
			s.ends = append(s.ends, uint32(all.Len()))
		case name == "rPh" && t == tokenStart: // how a Japanese name is read aloud
			phonetic++
		case name == "rPh":
			phonetic--
		case name == "t":
			inText = t == tokenStart
		}
	}
	s.all = all.String()
	s.before = make([]uint32, len(s.wanted))
	for i, word := range s.wanted {
		s.before[i] = count
		count += uint32(bits.OnesCount64(word))
	}
	return nil
}

// unescapeOOXML resolves _x000D_, as workbooks write what XML cannot hold.
func unescapeOOXML(text []byte) []byte {
	if !strings.Contains(string(text), "_x") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if i+7 <= len(text) && text[i] == '_' && text[i+1] == 'x' && text[i+6] == '_' {
			if n, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16); err == nil {
				out = append(out, string(rune(n))...)
				i += 6
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}
