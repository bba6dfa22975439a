package stored

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A content says whether a type can hold a Sensitive.
type content uint8

const (
	never  content = iota // encoding/json may have it
	maybe                 // an interface is in it
	always                // a Sensitive is in it, or would be in its elements
)

// A shape is what is known of a type. It is found once for each type of the program and then only read.
type shape struct {
	content content
	written bool // a value, or a pointer to one, writes a JSON form of its own
	read    bool // the same for reading
	members []member
	lost    error // why the members cannot be kept
}

// shapes holds a *shape for every reflect.Type that was asked for.
var shapes sync.Map

func shapeOf(t reflect.Type) *shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	s := &shape{content: reach(t, map[reflect.Type]bool{})}
	if s.content != never {
		s.written, s.read = ownForm(t, jsonWriter, textWriter), ownForm(t, jsonReader, textReader)
		if t.Kind() == reflect.Struct {
			s.members, s.lost = membersOf(t)
		}
	}
	known, _ := shapes.LoadOrStore(t, s)
	return known.(*shape)
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

// reach looks at t and at every type within it once; types may contain themselves.
func reach(t reflect.Type, seen map[reflect.Type]bool) content {
	if seen[t] {
		return never
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return maybe
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return reach(t.Elem(), seen)
	case reflect.Map:
		return max(reach(t.Key(), seen), reach(t.Elem(), seen))
	case reflect.Struct:
		if t == sensitiveType {
			return always
		}
		c := never
		for i := range t.NumField() {
			c = max(c, reach(t.Field(i).Type, seen))
		}
		return c
	}
	return never
}

// A member is a field of a struct as JSON has it.
type member struct {
	name                string
	index               []int
	label               []byte // the name as JSON, and the colon behind it
	omitEmpty, omitZero bool
}

// membersOf lists the fields of t that JSON has, those of embedded structs in their place.
func membersOf(t reflect.Type) ([]member, error) {
	list, err := appendMembers(nil, t, nil)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(list))
	for _, m := range list {
		if seen[m.name] {
			return nil, fmt.Errorf("%v has two fields %q", t, m.name)
		}
		seen[m.name] = true
	}
	return list, nil
}

func appendMembers(list []member, t reflect.Type, index []int) ([]member, error) {
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		at := append(index[:len(index):len(index)], i)
		var err error
		switch {
		case tag == "-":
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct && field.Type != sensitiveType:
			list, err = appendMembers(list, field.Type, at)
		case !field.IsExported():
			if shapeOf(field.Type).content == always {
				err = fmt.Errorf("%v.%s holds personal data and is not exported: it would be lost", t, field.Name)
			}
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Pointer:
			err = fmt.Errorf("%v embeds the pointer %v", t, field.Type)
		default:
			var m member
			m, err = newMember(t, field, name, options)
			m.index = at
			list = append(list, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

func newMember(t reflect.Type, field reflect.StructField, name, options string) (member, error) {
	m := member{name: name}
	if name == "" {
		m.name = field.Name
	}
	label, err := json.Marshal(m.name)
	if err != nil {
		return m, err
	}
	m.label = append(label, ':')
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			m.omitEmpty = true
		case "omitzero":
			m.omitZero = true
		case "":
		default:
			return m, fmt.Errorf("%v.%s has the option %q", t, field.Name, option)
		}
	}
	return m, nil
}
