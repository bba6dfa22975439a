// Package sealed holds personal data in memory in a form that no printer can read.
//
// A printer that walks values by reflection – fmt on an unexported field, the dumps of test libraries, a debugger's
// log – calls no String method and follows every pointer. Hiding text behind a pointer or an interface stops some of
// them; a [Text] stops all: it holds the text enciphered under a key that this process made for itself at start and
// that leaves it nowhere. Only this package turns it back, and only packages of this repository can import it. The
// cipher is a barrier against printing, not against somebody who reads the memory of the process: the key is there too.
//
// The same text gives the same Text for as long as the process lives, so that values compare with ==, work as map
// keys, and are equal for reflect.DeepEqual. A Text of one process means nothing to another. What is to be kept goes
// through package stored.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// A Text is a text that cannot be read. The zero value is the empty one.
type Text struct {
	// box is the initial vector and the enciphered text, in base64 so that a dump of it does not garble a terminal.
	box string
}

// process is this process's cipher. It is made once and never changes.
var process = newSealer()

// Seal hides plain.
func Seal(plain string) Text {
	if plain == "" {
		return Text{}
	}
	return Text{process.seal(plain)}
}

// Open gives the text back.
func Open(t Text) string {
	if t.box == "" {
		return ""
	}
	return process.open(t.box)
}

// Empty reports whether there is no text.
func (t Text) Empty() bool { return t.box == "" }

// String tells only that there is something.
func (t Text) String() string {
	if t.box == "" {
		return ""
	}
	return "[sealed]"
}

// GoString is like [Text.String].
func (t Text) GoString() string { return `sealed.Text("` + t.String() + `")` }

// MarshalText is like [Text.String].
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// A sealer enciphers deterministically. The initial vector is a keyed hash of the text, as in the SIV construction of
// RFC 5297: equal texts, and no others, have equal vectors.
type sealer struct {
	block cipher.Block
	mac   []byte
}

func newSealer() sealer {
	var keys [16 + sha256.Size]byte
	rand.Read(keys[:]) // never fails
	block, err := aes.NewCipher(keys[:16])
	if err != nil {
		panic("sealed: " + err.Error()) // 16 bytes are a key
	}
	return sealer{block: block, mac: keys[16:]}
}

func (s sealer) seal(plain string) string {
	hash := hmac.New(sha256.New, s.mac)
	hash.Write([]byte(plain))
	box := hash.Sum(make([]byte, 0, sha256.Size+len(plain)))[:aes.BlockSize]
	box = append(box, plain...)
	cipher.NewCTR(s.block, box[:aes.BlockSize]).XORKeyStream(box[aes.BlockSize:], box[aes.BlockSize:])
	return base64.RawURLEncoding.EncodeToString(box)
}

// open gives nothing for what was not sealed here: it hides, whatever happens.
func (s sealer) open(text string) string {
	box, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(box) < aes.BlockSize {
		return ""
	}
	plain := box[aes.BlockSize:]
	cipher.NewCTR(s.block, box[:aes.BlockSize]).XORKeyStream(plain, plain)
	return string(plain)
}
