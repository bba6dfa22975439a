// Package stored is the JSON form in which the stores of this repository keep values that hold personal data.
//
// encoding/json masks a privacy.Sensitive, as it must: what it writes may go anywhere. A history that was kept that way
// would have lost the recipient. [Marshal] writes the same JSON as encoding/json, but for the Sensitive values in it,
// which it writes as an object of kind and text:
//
//	{"id":"s1","recipient":{"name":{"name":"홍길동"},"phone":{"phone":"010-1234-5678"},"memo":null}}
//
// What comes out is personal data in the clear. It goes to a store and nowhere else, and the column that takes it is
// marked as personal data in the schema. Only packages of this repository can import this one; hosts that keep orders
// in tables of their own use order.EncodeForStorage, with a storage permit of package privacy.
//
// # Limits
//
// The same value gives the same bytes, so that histories can be compared and hashed. Fields, names, omitempty, omitzero
// and embedded structs are read as encoding/json reads them. What cannot be kept faithfully is an error, never a mask
// and never a loss: a type with a JSON form of its own that holds a Sensitive, a Sensitive in an unexported field, the
// string option, two fields of one name at whatever depth, a map whose keys are neither strings nor write themselves as
// text. An interface is written as what it holds, and is read only if it is nil: keep the name of the type beside it
// and decode into that type.
package stored

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/waybill-dev/waybill/internal/sealed"
	"github.com/waybill-dev/waybill/order/privacy"
)

var (
	sensitiveType = reflect.TypeFor[privacy.Sensitive]()
	jsonWriter    = reflect.TypeFor[json.Marshaler]()
	jsonReader    = reflect.TypeFor[json.Unmarshaler]()
	textWriter    = reflect.TypeFor[encoding.TextMarshaler]()
	textReader    = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Marshal writes v with its personal data in the clear.
func Marshal(v any) ([]byte, error) {
	var e encoder
	if err := e.value(reflect.ValueOf(v)); err != nil {
		return nil, fmt.Errorf("stored: %w", err)
	}
	return e.out.Bytes(), nil
}

// Unmarshal reads into v, a pointer that is not nil, what [Marshal] wrote. The values that it makes are masked under
// profile. Members that v has no field for are ignored, and names are compared exactly. No error holds any of the data.
func Unmarshal(data []byte, profile privacy.Profile, v any) error {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("stored: cannot read into %T", v)
	}
	if !json.Valid(data) {
		return fmt.Errorf("stored: %d bytes that are no JSON", len(data))
	}
	d := decoder{profile: profile}
	if err := d.value(bytes.TrimSpace(data), to.Elem()); err != nil {
		return fmt.Errorf("stored: %w", err)
	}
	return nil
}

// sensitive is the stored form of one value: {"phone":"010-1234-5678"}, or null of an empty one.
func marshalSensitive(s privacy.Sensitive) ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	if _, err := s.Kind().MarshalText(); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{s.Kind().String(): sealed.Open(s.Sealed())})
}

func unmarshalSensitive(data []byte, profile privacy.Profile) (privacy.Sensitive, error) {
	var form map[privacy.Kind]*string
	if err := json.Unmarshal(data, &form); err != nil || len(form) > 1 {
		return privacy.Sensitive{}, fmt.Errorf("personal data in no form that was stored here")
	}
	for kind, text := range form {
		if text != nil {
			return profile.Of(kind, *text), nil
		}
	}
	if form != nil {
		return privacy.Sensitive{}, fmt.Errorf("personal data without its kind or text")
	}
	return privacy.Sensitive{}, nil
}
