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
	leaves *json.Encoder // into out
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
	shape := shapeOf(t)
	if shape.content == never {
		return e.plain(v)
	}
	if shape.written {
		return fmt.Errorf("%v writes JSON of its own, and may hold personal data", t)
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return e.value(v.Elem())
	case reflect.Struct:
		return e.object(v, shape)
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

// plain leaves a value to encoding/json. Methods of its pointer are found too, as for an addressable value.
func (e *encoder) plain(v reflect.Value) error {
	if v.CanAddr() {
		return e.json(v.Addr().Interface())
	}
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	return e.json(copied.Interface())
}

// json writes what json.Marshal gives, without a copy of it: an Encoder adds a line feed and nothing else.
func (e *encoder) json(v any) error {
	if e.leaves == nil {
		e.leaves = json.NewEncoder(&e.out)
	}
	if err := e.leaves.Encode(v); err != nil {
		return err
	}
	e.out.Truncate(e.out.Len() - 1)
	return nil
}

func (e *encoder) write(data []byte, err error) error {
	e.out.Write(data)
	return err
}

func (e *encoder) object(v reflect.Value, shape *shape) error {
	if shape.lost != nil {
		return shape.lost
	}
	separator := byte('{')
	for _, m := range shape.members {
		field := v.FieldByIndex(m.index)
		if m.omitZero && isZero(field) || m.omitEmpty && isEmpty(field) {
			continue
		}
		e.out.WriteByte(separator)
		e.out.Write(m.label)
		if err := e.value(field); err != nil {
			return err
		}
		separator = ','
	}
	return e.end(separator, '{', '}')
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
		e.out.WriteByte(separator)
		if err := e.json(r.name); err != nil {
			return err
		}
		e.out.WriteByte(':')
		if err := e.value(v.MapIndex(r.key)); err != nil {
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
