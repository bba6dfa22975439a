package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// mostSignatures is how many signatures of one header are looked at. A sender that changes its keys has two or three.
const mostSignatures = 16

// strictBase64 knows one text for every digest.
var strictBase64 = base64.StdEncoding.Strict()

// signatures decodes those of a header that are in the scheme's form, and says how many.
func (s *Scheme) signatures(header string, given *[mostSignatures][sha256.Size]byte) int {
	if !s.Several {
		text, ok := s.cutPrefix(header)
		if ok && s.decode(text, &given[0]) {
			return 1
		}
		return 0
	}
	n, part := 0, ""
	for looked := 0; header != "" && looked < mostSignatures; {
		part, header, _ = strings.Cut(header, " ")
		text, ok := s.cutPrefix(part)
		if !ok || part == "" {
			continue
		}
		looked++
		if s.decode(text, &given[n]) {
			n++
		}
	}
	return n
}

func (s *Scheme) cutPrefix(text string) (string, bool) {
	text, ok := strings.CutPrefix(text, s.Prefix)
	return text, ok || s.Lenient
}

// decode reads the text of a digest. It takes no other text for it than [Signer.Sign] writes, unless the scheme is lenient.
func (s *Scheme) decode(text string, into *[sha256.Size]byte) bool {
	var src [2 * sha256.Size]byte // a copy on the stack, which no conversion to bytes is sure to be
	switch s.Encoding {
	case Hex:
		if len(text) != hex.EncodedLen(sha256.Size) || !s.Lenient && hasUpper(text) {
			return false
		}
		_, err := hex.Decode(into[:], src[:copy(src[:], text)])
		return err == nil
	case Base64:
		if len(text) != strictBase64.EncodedLen(sha256.Size) {
			return false
		}
		var raw [sha256.Size + 1]byte // the decoder counts with the place of the padding
		n, err := strictBase64.Decode(raw[:], src[:copy(src[:], text)])
		copy(into[:], raw[:])
		return err == nil && n == sha256.Size
	}
	return false
}

func hasUpper(text string) bool {
	for i := range len(text) {
		if text[i]-'A' <= 'Z'-'A' {
			return true
		}
	}
	return false
}

// encode is what decode reads, prefix included.
func (s *Scheme) encode(digest []byte) string {
	if s.Encoding == Base64 {
		return s.Prefix + strictBase64.EncodeToString(digest)
	}
	return s.Prefix + hex.EncodeToString(digest)
}
