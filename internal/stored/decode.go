package stored

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/waybill-dev/waybill/order/privacy"
)

type decoder struct {
	profile privacy.Profile
}

func (d *decoder) value(data []byte, to reflect.Value) error {
	t := to.Type()
	if t == sensitiveType {
		s, err := unmarshalSensitive(data, d.profile)
		to.Set(reflect.ValueOf(s))
		return err
	}
	shape := shapeOf(t)
	if shape.content == never {
		return plain(data, to)
	}
	if shape.read {
		return fmt.Errorf("%v reads JSON of its own, and may hold personal data", t)
	}
	if bytes.Equal(data, []byte("null")) {
		to.SetZero()
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		made := reflect.New(t.Elem())
		to.Set(made)
		return d.value(data, made.Elem())
	case reflect.Struct:
		return d.object(data, to, shape)
	case reflect.Map:
		return d.table(data, to)
	case reflect.Slice, reflect.Array:
		return d.list(data, to)
	}
	return fmt.Errorf("%v: the type of what was stored is not known", t)
}

// plain leaves a value to encoding/json, whose errors may quote what they read.
func plain(data []byte, to reflect.Value) error {
	if err := json.Unmarshal(data, to.Addr().Interface()); err != nil {
		return fmt.Errorf("%v was not stored in %d bytes of other JSON", to.Type(), len(data))
	}
	return nil
}

func (d *decoder) object(data []byte, to reflect.Value, shape *shape) error {
	var stored map[string]json.RawMessage
	if err := json.Unmarshal(data, &stored); err != nil {
		return fmt.Errorf("%v was not stored as an object", to.Type())
	}
	if shape.lost != nil {
		return shape.lost
	}
	for _, m := range shape.members {
		if text, ok := stored[m.name]; ok {
			if err := d.value(text, to.FieldByIndex(m.index)); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
	}
	return nil
}

func (d *decoder) list(data []byte, to reflect.Value) error {
	var stored []json.RawMessage
	if err := json.Unmarshal(data, &stored); err != nil {
		return fmt.Errorf("%v was not stored as an array", to.Type())
	}
	if to.Kind() == reflect.Slice {
		to.Set(reflect.MakeSlice(to.Type(), len(stored), len(stored)))
	}
	if len(stored) != to.Len() {
		return fmt.Errorf("%v was stored with %d elements", to.Type(), len(stored))
	}
	for i, text := range stored {
		if err := d.value(text, to.Index(i)); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	return nil
}

func (d *decoder) table(data []byte, to reflect.Value) error {
	var stored map[string]json.RawMessage
	if err := json.Unmarshal(data, &stored); err != nil {
		return fmt.Errorf("%v was not stored as an object", to.Type())
	}
	t := to.Type()
	to.Set(reflect.MakeMapWithSize(t, len(stored)))
	for name, text := range stored {
		key, element := reflect.New(t.Key()), reflect.New(t.Elem())
		if err := readKey(name, key); err != nil {
			return err
		}
		if err := d.value(text, element.Elem()); err != nil {
			return fmt.Errorf("in a %v: %w", t, err)
		}
		to.SetMapIndex(key.Elem(), element.Elem())
	}
	return nil
}

// readKey reads a key into what the pointer to points to.
func readKey(name string, to reflect.Value) error {
	t := to.Type().Elem()
	if t == sensitiveType {
		return fmt.Errorf("%v is no key of a stored map", t)
	}
	if t.Kind() == reflect.String {
		to.Elem().SetString(name)
		return nil
	}
	if text, ok := to.Interface().(encoding.TextUnmarshaler); ok && text.UnmarshalText([]byte(name)) == nil {
		return nil
	}
	return fmt.Errorf("%v is no key of a stored map, or not this one", t)
}
