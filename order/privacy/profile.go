package privacy

import (
	"strings"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/internal/sealed"
)

// A Profile says how much of a value its mask shows. Every value carries its profile, so that a screen, a log and an
// export show the same characters of it.
//
// A process should use one profile: from two different masks of the same value more of it can be read than from
// either. Choose it where values are made, and give it to the stores that make values.
type Profile uint8

// The profiles.
const (
	Standard Profile = iota // 홍*동, 010-****-5678
	Strict                  // surname only, and nothing of a phone number but its prefix: 홍**, 010-****-****
)

// Name is like the function [Name] under the profile. [Strict] keeps the first character only; it knows no surnames
// of two syllables, and of a Latin name it keeps the first letter of the first word.
func (p Profile) Name(text string) Sensitive { return p.Of(KindName, text) }

// Phone is like the function [Phone] under the profile. [Strict] hides the last four digits too.
func (p Profile) Phone(text string) Sensitive { return p.Of(KindPhone, text) }

// Address is like the function [Address] under the profile.
func (p Profile) Address(text string) Sensitive { return p.Of(KindAddress, text) }

// Detail is like the function [Detail] under the profile.
func (p Profile) Detail(text string) Sensitive { return p.Of(KindDetail, text) }

// Memo is like the function [Memo] under the profile.
func (p Profile) Memo(text string) Sensitive { return p.Of(KindMemo, text) }

// Email is like the function [Email] under the profile.
func (p Profile) Email(text string) Sensitive { return p.Of(KindEmail, text) }

// PCCC is like the function [PCCC] under the profile.
func (p Profile) PCCC(text string) Sensitive { return p.Of(KindPCCC, text) }

// Other is like the function [Other] under the profile.
func (p Profile) Other(text string) Sensitive { return p.Of(KindOther, text) }

// Of makes a value of the given kind, as code needs that reads kinds from a table or a configuration. A kind that is
// not known is masked like [KindOther]. Bytes that are no UTF-8 become U+FFFD, as they would in every store.
func (p Profile) Of(k Kind, text string) Sensitive {
	if text == "" {
		return Sensitive{}
	}
	return Sensitive{kind: k, profile: p, text: sealed.Seal(strings.ToValidUTF8(text, "\ufffd"))}
}

// String gives "standard" or "strict".
func (p Profile) String() string {
	if p == Standard {
		return "standard"
	}
	return "strict" // a profile nobody knows shows as little as the strictest
}

// mask hides text as values of kind k are hidden under p.
func (p Profile) mask(k Kind, text string) string {
	switch k {
	case KindName:
		if p == Standard {
			return mask.Name(text)
		}
		return mask.Surname(text)
	case KindPhone:
		if p == Standard {
			return mask.Phone(text)
		}
		return mask.PhonePrefix(text)
	case KindAddress:
		return mask.Address(text)
	case KindDetail, KindMemo:
		return mask.Whole(text)
	case KindEmail:
		return mask.Email(text)
	case KindPCCC:
		return mask.PCCC(text)
	case KindOther:
	}
	return mask.Stars(text)
}
