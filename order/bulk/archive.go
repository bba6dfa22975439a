package bulk

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	mostPacked   = 200     // a part that is packed more than this is a bomb; sheets are packed 5 to 40-fold
	freelyPacked = 1 << 20 // bytes up to which nobody cares
	directoryMax = 1 << 20 // bytes of a zip directory; a workbook's has a few thousand
)

// archive is a zip file that is opened carefully: archive/zip reads the whole directory, however long it is, before it
// gives control back.
type archive struct {
	files  map[string]*zip.File
	limits Limits
}

func openArchive(f File, limits Limits) (*archive, error) {
	if err := smallDirectory(f); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f.Content, f.Size)
	if err != nil {
		return nil, errOther(err)
	}
	a := &archive{files: make(map[string]*zip.File, len(z.File)), limits: limits}
	for _, part := range z.File {
		a.files[strings.ToLower(strings.TrimPrefix(part.Name, "/"))] = part
	}
	return a, nil
}

// smallDirectory finds the end record and checks that the directory stands right before it and is small.
func smallDirectory(f File) error {
	const record = 22
	tail := make([]byte, min(f.Size, 65_535+record))
	if n, err := f.Content.ReadAt(tail, f.Size-int64(len(tail))); err != nil && (err != io.EOF || n < len(tail)) {
		return fmt.Errorf("bulk: reading the file: %w", err)
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+record > len(tail) {
		return errOther(errors.New("no zip directory"))
	}
	length := int64(binary.LittleEndian.Uint32(tail[at+12:]))
	start := int64(binary.LittleEndian.Uint32(tail[at+16:]))
	if length > directoryMax || start+length != f.Size-int64(len(tail))+int64(at) {
		return errOther(errors.New("a zip directory that no spreadsheet program writes"))
	}
	return nil
}

// open opens a part. What comes out of it is limited, whatever the directory says about its size.
func (a *archive) open(name string) (io.ReadCloser, bool, error) {
	part := a.files[strings.ToLower(name)]
	if part == nil {
		return nil, false, nil
	}
	real, packed := part.UncompressedSize64, part.CompressedSize64
	if real > uint64(a.limits.Unzip) || real > freelyPacked && real/mostPacked > packed {
		return nil, true, a.tooLarge()
	}
	in, err := part.Open()
	if err != nil {
		return nil, true, errOther(err)
	}
	most := max(int64(packed)*mostPacked, freelyPacked)
	return &limited{in: in, left: min(most, a.limits.Unzip), err: a.tooLarge()}, true, nil
}

func (a *archive) tooLarge() error {
	return refuse(F01, fmt.Sprintf("압축을 풀면 너무 커지는 파일입니다. 한도는 %s(압축률 %d배)입니다.", size(a.limits.Unzip), mostPacked),
		fmt.Sprintf("the file grows too large when unzipped; the limit is %s, and %d-fold", size(a.limits.Unzip), mostPacked))
}

// limited is a reader with an error of ours where too much comes out.
type limited struct {
	in   io.ReadCloser
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, l.err
	}
	return n, err
}

func (l *limited) Close() error { return l.in.Close() }

// resolve gives the name of the part that a relation of the workbook points to.
func resolve(target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join("xl", target)
}
