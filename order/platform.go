package order

import (
	_ "embed" // the codes
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A Platform is a shop platform's vocabulary of statuses.
//
// Codes are translated by (platform, code), never by what a platform calls them: 배송지시 is before picking at one and
// after release at another. What has no known code, or is unsure, is not translated. Codes are matched exactly, and one
// that is not known is an error; nothing defaults to ORDERED.
type Platform string

// The platforms with codes. Toss has words without codes, as far as is known, and is not here.
const (
	PlatformX2BEE   Platform = "x2bee"   // code group OM005 (주문내역상태); other groups use the same numbers for other things
	PlatformImweb   Platform = "imweb"   // version 2: status of the order section
	PlatformNaver   Platform = "naver"   // productOrderStatus or claimStatus; PAYED and placeOrderStatus joined: PAYED+OK
	PlatformCoupang Platform = "coupang" // status of the shipment box, of the return receipt
	PlatformCafe24  Platform = "cafe24"  // order_status of the item
	PlatformShopify Platform = "shopify" // object and status: FulfillmentOrder.OPEN; Return.… for returns without exchange lines
	PlatformVendure Platform = "vendure" // state of the order until it is paid, then of the fulfilment
)

// What a translation can fail for. The error is a *[PlatformError] that wraps one of them.
var (
	ErrUnknownPlatform = errors.New("unknown platform")
	ErrUnknownCode     = errors.New("unknown code")
	ErrAmbiguous       = errors.New("ambiguous")               // several statuses have the code, or several codes the status
	ErrNoCode          = errors.New("no code for this status") // as far as is known
)

// PlatformError tells what could not be translated.
type PlatformError struct {
	Kind     error // one of the sentinels
	Platform Platform
	Code     string   // empty when a status was to be translated
	Status   Status   // zero when a code was to be translated
	Statuses []Status // of an ambiguous code: what it may mean
	Codes    []string // of an ambiguous status: the codes that it may have
}

// Error names the platform, what was asked, and what it may be.
func (e *PlatformError) Error() string {
	asked := fmt.Sprintf("code %.60q", e.Code)
	if e.Status != 0 {
		asked = "status " + e.Status.String()
	}
	text := fmt.Sprintf("order: platform %.20q, %s: %v", string(e.Platform), asked, e.Kind)
	switch {
	case len(e.Statuses) > 0:
		text += fmt.Sprintf(": %v", e.Statuses)
	case len(e.Codes) > 0:
		text += fmt.Sprintf(": %v", e.Codes)
	}
	return text
}

// Unwrap gives the sentinel.
func (e *PlatformError) Unwrap() error { return e.Kind }

// A Confidence says how a fact about somebody else is known.
type Confidence string

// The confidences.
const (
	Documented Confidence = "documented" // on a public page of the platform
	Reported   Confidence = "reported"   // second-hand
)

// A PlatformCode is what one code of a platform stands for.
type PlatformCode struct {
	Platform   Platform
	Code       string
	Statuses   []Status // more than one where the platform does not tell them apart
	Confidence Confidence
	Note       string
}

// Platforms lists the platforms that have codes.
func Platforms() []Platform {
	return []Platform{PlatformX2BEE, PlatformImweb, PlatformNaver, PlatformCoupang, PlatformCafe24, PlatformShopify, PlatformVendure}
}

// Codes lists the platform's codes, in the order of the statuses that they stand for. An unknown platform has none.
func (p Platform) Codes() []PlatformCode {
	own := slices.Clone(platformCodes()[p])
	for i := range own {
		own[i].Statuses = slices.Clone(own[i].Statuses)
	}
	return own
}

// Status gives the status that a code stands for. A code that covers several is an error, [ErrAmbiguous], which has them:
// a host that knows where the section stands can leave it there if the code covers that.
func (p Platform) Status(code string) (Status, error) {
	fault := &PlatformError{Platform: p, Code: code}
	codes, ok := platformCodes()[p]
	if !ok {
		fault.Kind = ErrUnknownPlatform
		return 0, fault
	}
	i := slices.IndexFunc(codes, func(c PlatformCode) bool { return c.Code == code })
	switch {
	case i < 0:
		fault.Kind = ErrUnknownCode
	case len(codes[i].Statuses) > 1:
		fault.Kind, fault.Statuses = ErrAmbiguous, slices.Clone(codes[i].Statuses)
	default:
		return codes[i].Statuses[0], nil
	}
	return 0, fault
}

// Code gives the platform's code for a status. A status with several codes is an error, [ErrAmbiguous], which has them.
// One code may answer for several statuses: the way back through [Platform.Status] is then ambiguous.
func (p Platform) Code(s Status) (string, error) {
	fault := &PlatformError{Platform: p, Status: s}
	codes, ok := platformCodes()[p]
	if !ok {
		fault.Kind = ErrUnknownPlatform
		return "", fault
	}
	for _, c := range codes {
		if slices.Contains(c.Statuses, s) {
			fault.Codes = append(fault.Codes, c.Code)
		}
	}
	switch len(fault.Codes) {
	case 0:
		fault.Kind = ErrNoCode
	case 1:
		return fault.Codes[0], nil
	default:
		fault.Kind = ErrAmbiguous
	}
	return "", fault
}

//go:embed platform.tsv
var platformTSV string

// platformCodes is the embedded table. It is part of the program and under test, so that a fault in it is one of the build.
var platformCodes = sync.OnceValue(func() map[Platform][]PlatformCode {
	codes, err := readPlatforms(platformTSV)
	if err != nil {
		panic(err)
	}
	return codes
})

// readPlatforms reads rows of platform, code, status, confidence and note, divided by tabs; lines that begin with # are
// comments.
func readPlatforms(data string) (map[Platform][]PlatformCode, error) {
	codes := map[Platform][]PlatformCode{}
	for line := range strings.Lines(data) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		row, err := readPlatform(line)
		if err != nil {
			return nil, fmt.Errorf("order: platform row %q: %w", line, err)
		}
		own := codes[row.Platform]
		if i := slices.IndexFunc(own, func(c PlatformCode) bool { return c.Code == row.Code }); i >= 0 {
			own[i].Statuses = append(own[i].Statuses, row.Statuses...)
			continue
		}
		codes[row.Platform] = append(own, row)
	}
	return codes, nil
}

func readPlatform(line string) (PlatformCode, error) {
	columns := strings.Split(line, "\t")
	if len(columns) != 5 {
		return PlatformCode{}, fmt.Errorf("%d columns, want 5", len(columns))
	}
	row := PlatformCode{Platform: Platform(columns[0]), Code: columns[1], Confidence: Confidence(columns[3]), Note: columns[4]}
	s, err := ParseStatus(columns[2])
	switch {
	case err != nil:
		return PlatformCode{}, err
	case s == 0 || row.Code == "" || !slices.Contains(Platforms(), row.Platform):
		return PlatformCode{}, errors.New("platform, code or status is missing or unknown")
	case row.Confidence != Documented && row.Confidence != Reported:
		return PlatformCode{}, errors.New("what is unsure is not shipped")
	}
	row.Statuses = []Status{s}
	return row, nil
}
