package stored

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/waybill-dev/waybill/order/privacy"
)

type encoder struct {
	out    bytes.Buffer
	shapes shapes
	depth  int
}

// maxDepth is where a value is taken to contain itself.
const maxDepth = 1000

func (e *encoder) value(v reflect.Value) error {
	if e.depth++; e.depth > maxDepth {
		return fmt.Errorf("more than %d levels", maxDepth)
	}
	defer func() { e.depth-- }()
	if !v.IsValid() {
		e.out.WriteString("null")
		return nil
	}
	t := v.Type()
	if t == sensitiveType {
		return e.write(marshalSensitive(v.Interface().(privacy.Sensitive)))
	}
	if e.shapes.of(t) == never {
		return e.plain(v)
	}
	if ownForm(t, jsonWriter, textWriter) {
		return fmt.Errorf("%v writes JSON of its own, and may hold personal data", t)
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return e.value(v.Elem())
	case reflect.Struct:
		return e.object(v)
	case reflect.Map:
		return e.table(v)
	case reflect.Slice:
		if v.IsNil() {
			return e.value(reflect.Value{})
		}
		return e.list(v)
	}
	return e.list(v) // an array: nothing else has something in it
}

// ownForm reports whether a value of t, or a pointer to it, brings a form of its own.
func ownForm(t reflect.Type, forms ...reflect.Type) bool {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return false // what it points to is asked
	}
	return slices.ContainsFunc(forms, func(form reflect.Type) bool {
		return t.Implements(form) || reflect.PointerTo(t).Implements(form)
	})
}

// plain leaves a value to encoding/json. Methods of its pointer are found too, as for an addressable value.
func (e *encoder) plain(v reflect.Value) error {
	if v.CanAddr() {
		return e.write(json.Marshal(v.Addr().Interface()))
	}
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	return e.write(json.Marshal(copied.Interface()))
}

func (e *encoder) write(data []byte, err error) error {
	e.out.Write(data)
	return err
}

func (e *encoder) object(v reflect.Value) error {
	members, err := e.shapes.members(v.Type())
	if err != nil {
		return err
	}
	separator := byte('{')
	for _, m := range members {
		field := v.FieldByIndex(m.index)
		if m.omitZero && isZero(field) || m.omitEmpty && isEmpty(field) {
			continue
		}
		if err := e.pair(separator, m.name, field); err != nil {
			return err
		}
		separator = ','
	}
	return e.end(separator, '{', '}')
}

func (e *encoder) pair(separator byte, name string, v reflect.Value) error {
	e.out.WriteByte(separator)
	if err := e.write(json.Marshal(name)); err != nil {
		return err
	}
	e.out.WriteByte(':')
	return e.value(v)
}

// end closes an object, and opens it first if it is empty.
func (e *encoder) end(separator, first, last byte) error {
	if separator == first {
		e.out.WriteByte(first)
	}
	e.out.WriteByte(last)
	return nil
}

func (e *encoder) list(v reflect.Value) error {
	separator := byte('[')
	for i := range v.Len() {
		e.out.WriteByte(separator)
		separator = ','
		if err := e.value(v.Index(i)); err != nil {
			return err
		}
	}
	return e.end(separator, '[', ']')
}

// table writes a map in the order of its keys, which are strings or write themselves as text.
func (e *encoder) table(v reflect.Value) error {
	if v.IsNil() {
		return e.value(reflect.Value{})
	}
	type row struct {
		name string
		key  reflect.Value
	}
	var rows []row
	for _, key := range v.MapKeys() {
		name, err := keyText(key)
		if err != nil {
			return err
		}
		rows = append(rows, row{name, key})
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.name, b.name) })
	separator := byte('{')
	for _, r := range rows {
		if err := e.pair(separator, r.name, v.MapIndex(r.key)); err != nil {
			return err
		}
		separator = ','
	}
	return e.end(separator, '{', '}')
}

func keyText(key reflect.Value) (string, error) {
	switch text, ok := key.Interface().(encoding.TextMarshaler); {
	case key.Type() == sensitiveType:
	case key.Kind() == reflect.String:
		return key.String(), nil
	case ok:
		name, err := text.MarshalText()
		return string(name), err
	}
	return "", fmt.Errorf("%v is no key of a stored map", key.Type())
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return z.IsZero()
	}
	return v.IsZero()
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
