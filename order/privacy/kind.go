package privacy

import "fmt"

// A Kind says what a [Sensitive] value is, and so how it is masked.
type Kind uint8

// The kinds. The zero Kind is of unknown meaning and is masked whole, one star per character.
const (
	KindOther   Kind = iota // anything else: 기타
	KindName                // a person's name: 이름
	KindPhone               // mobile, landline or safe number: 휴대전화, 전화, 안심번호
	KindAddress             // base address: 기본주소
	KindDetail              // detailed address: 상세주소
	KindMemo                // delivery memo, which often holds a door code: 배송메모
	KindEmail               // e-mail address: 이메일
	KindPCCC                // personal customs code: 개인통관고유부호
)

// kinds are the names that records and stores use. They never change.
var kinds = [...]string{
	KindOther: "other", KindName: "name", KindPhone: "phone", KindAddress: "address", KindDetail: "detail",
	KindMemo: "memo", KindEmail: "email", KindPCCC: "pccc",
}

// String gives the name that access records and stores use: "name", "phone", "address", "detail", "memo", "email",
// "pccc" or "other".
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind reads what [Kind.String] wrote.
func ParseKind(name string) (Kind, error) {
	for k, known := range kinds {
		if known == name {
			return Kind(k), nil
		}
	}
	return KindOther, fmt.Errorf("privacy: unknown kind of personal data %q", name)
}

// MarshalText writes [Kind.String]; a number outside the known kinds is an error.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) >= len(kinds) {
		return nil, fmt.Errorf("privacy: unknown kind of personal data %d", uint8(k))
	}
	return []byte(kinds[k]), nil
}

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKind(string(text))
	return err
}
