package bulk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// A File is an uploaded sheet: bytes that can be read anywhere, and how many there are. An *os.File and a
// multipart.File fit, so that an upload need not be held in memory.
type File struct {
	Content io.ReaderAt
	Size    int64
}

// Bytes makes a File of what is in memory already.
func Bytes(b []byte) File { return File{bytes.NewReader(b), int64(len(b))} }

func (f File) reader() *io.SectionReader { return io.NewSectionReader(f.Content, 0, f.Size) }

// Limits bound what a file may cost. Each is checked before the memory it guards is spent. Zero fields have the defaults.
type Limits struct {
	File  int64 // bytes of the file; default 64 MiB
	Rows  int   // data rows that are not blank; default 100,000
	Unzip int64 // bytes of one part of a workbook when unzipped; default 512 MiB. Parts packed more than 200-fold are refused
	Cell  int   // bytes of one cell; default 128 KiB, which is four times the 32,767 characters that Excel allows
}

// orDefault fills in what is zero.
func (l Limits) orDefault() Limits {
	if l.File == 0 {
		l.File = 64 << 20
	}
	if l.Rows == 0 {
		l.Rows = 100_000
	}
	if l.Unzip == 0 {
		l.Unzip = 512 << 20
	}
	if l.Cell == 0 {
		l.Cell = 128 << 10
	}
	return l
}

// A FileError is why a file cannot be read as a ship-out sheet: one of the codes F01 to F04 and what to do about it.
// Nothing of the file's rows is in it; F03 and F04 name headings and sheets, which the uploader wrote.
type FileError struct {
	Code    Code
	Korean  string
	English string
}

// Error gives the code and the English text.
func (e *FileError) Error() string { return "bulk: " + string(e.Code) + ": " + e.English }

func refuse(code Code, korean, english string) *FileError {
	return &FileError{Code: code, Korean: korean, English: english}
}

// errOther passes file errors through and makes F01 of every other error that a broken file causes.
func errOther(err error) error {
	var known *FileError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return refuse(F01, "파일이 손상되어 읽을 수 없습니다.", "the file is damaged: "+err.Error())
}

// A format is a kind of file.
type format uint8

const (
	formatCSV format = iota + 1
	formatXLSX
)

func (f format) String() string {
	if f == formatXLSX {
		return "xlsx"
	}
	return "csv"
}

// sniff tells the format by content and refuses, by name, what people upload instead. Names and extensions are not
// looked at: half of all .xls files are something else.
func sniff(f File, limits Limits) (format, error) {
	if f.Content == nil || f.Size <= 0 {
		return 0, refuse(F01, "빈 파일입니다.", "the file is empty")
	}
	if f.Size > limits.File {
		return 0, refuse(F01, fmt.Sprintf("파일이 너무 큽니다. 한도는 %s입니다.", size(limits.File)),
			fmt.Sprintf("the file is too large; the limit is %s", size(limits.File)))
	}
	head := make([]byte, min(f.Size, 4096))
	if _, err := io.ReadFull(f.reader(), head); err != nil {
		return 0, fmt.Errorf("bulk: reading the file: %w", err)
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte(utf8BOM)), " \t\r\n"))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return formatXLSX, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return 0, compoundFile(f)
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")),
		bytes.HasPrefix(text, []byte("<table")), bytes.HasPrefix(text, []byte("<meta")), bytes.HasPrefix(text, []byte("<head")):
		return 0, refuse(F01, "HTML 페이지를 .xls로 저장한 파일입니다. Excel에서 열어 .xlsx로 다시 저장하세요.",
			"this is an HTML page that was named .xls; open it in Excel and save it as .xlsx")
	case bytes.HasPrefix(text, []byte("<?xml")):
		return 0, refuse(F01, "XML 파일입니다. Excel에서 열어 .xlsx로 다시 저장하세요.",
			"this is an XML file; open it in Excel and save it as .xlsx")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return 0, refuse(F02, "UTF-16 파일입니다. CSV UTF-8 또는 .xlsx로 다시 저장하세요.",
			"this is UTF-16; save it as CSV UTF-8 or as .xlsx")
	case bytes.HasPrefix(head, []byte("PK")), bytes.HasPrefix(head, []byte("%PDF")), bytes.IndexByte(head, 0) >= 0:
		return 0, refuse(F01, "스프레드시트가 아닙니다. .xlsx 또는 .csv 파일을 올려 주세요.", "this is no spreadsheet; upload .xlsx or .csv")
	}
	return formatCSV, nil
}

// compoundFile says what an OLE compound file is: an encrypted workbook, whose directory names the package, or .xls.
func compoundFile(f File) error {
	header := make([]byte, 512)
	if _, err := f.Content.ReadAt(header, 0); err == nil {
		shift := uint(header[30])
		first := int64(header[48]) | int64(header[49])<<8 | int64(header[50])<<16 | int64(header[51])<<24
		if shift == 9 || shift == 12 {
			directory := make([]byte, 16<<10)
			n, _ := f.Content.ReadAt(directory, (first+1)<<shift) // a shorter rest of the file is as good
			if bytes.Contains(directory[:n], utf16Name("EncryptedPackage")) {
				return refuse(F01, "암호가 걸린 통합 문서입니다. 암호를 해제하고 다시 저장하세요.",
					"the workbook is protected by a password; save it without one")
			}
		}
	}
	return refuse(F01, "옛 Excel 형식(.xls)입니다. .xlsx로 다시 저장하세요.", "this is the old Excel format (.xls); save it as .xlsx")
}

func utf16Name(name string) []byte {
	wide := make([]byte, 0, 2*len(name))
	for i := range len(name) {
		wide = append(wide, name[i], 0)
	}
	return wide
}

// fingerprint is the SHA-256 of a file's content.
func fingerprint(f File) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f.reader()); err != nil {
		return "", fmt.Errorf("bulk: reading the file: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// size writes a number of bytes for a person.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
