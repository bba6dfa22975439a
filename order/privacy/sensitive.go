package privacy

import (
	"github.com/waybill-dev/waybill/internal/sealed"
)

// Sensitive is one piece of personal data that masks itself wherever it is printed or encoded.
//
// Make one with [Name], [Phone], [Address], [Detail], [Memo], [Email], [PCCC] or [Other], or with the methods of a
// [Profile]. The zero value is empty, and so is every value made of an empty text; empty values stay empty when they
// are masked. Sensitive is a small value: copy it. Values of the same kind, text and profile are equal under ==, in
// map keys and for reflect.DeepEqual; [Sensitive.Equal] ignores the profile.
//
// There is no method that gives the text. [Guard.Unmask] does, to those who may see it.
type Sensitive struct {
	kind    Kind
	profile Profile
	text    sealed.Text
}

// Name makes a person's name (이름) of the [Standard] profile: 홍길동 is shown as 홍*동, John Smith as J*** S****.
func Name(text string) Sensitive { return Standard.Name(text) }

// Phone makes a telephone number (전화번호, 안심번호) of the [Standard] profile: 010-1234-5678 is shown as 010-****-5678.
func Phone(text string) Sensitive { return Standard.Phone(text) }

// Address makes a base address (기본주소) of the [Standard] profile: everything behind the road or 동 is hidden.
func Address(text string) Sensitive { return Standard.Address(text) }

// Detail makes a detailed address (상세주소). It is always shown as eight stars.
func Detail(text string) Sensitive { return Standard.Detail(text) }

// Memo makes a delivery memo (배송메모). It is always shown as eight stars.
func Memo(text string) Sensitive { return Standard.Memo(text) }

// Email makes an e-mail address: abcdef@naver.com is shown as ab****@naver.com.
func Email(text string) Sensitive { return Standard.Email(text) }

// PCCC makes a personal customs code (개인통관고유부호): P123456789012 is shown as P************.
func PCCC(text string) Sensitive { return Standard.PCCC(text) }

// Other makes personal data of no kind known here. All of its characters are hidden.
func Other(text string) Sensitive { return Standard.Other(text) }

// Kind tells what the value is. An empty value is of [KindOther].
func (s Sensitive) Kind() Kind { return s.kind }

// IsZero reports whether the value is empty. It makes the omitzero option of JSON work.
func (s Sensitive) IsZero() bool { return s.text.Empty() }

// Equal reports whether two values are of the same kind and have the same text, whatever their profiles. It lets
// values be compared that nobody may see.
func (s Sensitive) Equal(other Sensitive) bool { return s.kind == other.kind && s.text == other.text }

// Under gives the same value masked under another profile.
func (s Sensitive) Under(p Profile) Sensitive {
	if s.text.Empty() {
		return Sensitive{}
	}
	s.profile = p
	return s
}

// Sealed gives the text in a form that nothing outside this repository can read: the codec of our own stores is made
// of it.
func (s Sensitive) Sealed() sealed.Text { return s.text }
