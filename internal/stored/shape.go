package stored

import (
	"fmt"
	"reflect"
	"strings"
)

// A content says whether a type can hold a Sensitive.
type content uint8

const (
	never  content = iota // encoding/json may have it
	maybe                 // an interface is in it
	always                // a Sensitive is in it, or would be in its elements
)

// shapes remembers what is known of types during one call.
type shapes struct {
	contents map[reflect.Type]content
	structs  map[reflect.Type][]member
}

func newShapes() shapes {
	return shapes{contents: map[reflect.Type]content{}, structs: map[reflect.Type][]member{}}
}

func (s shapes) of(t reflect.Type) content {
	if c, ok := s.contents[t]; ok {
		return c
	}
	seen := map[reflect.Type]bool{}
	c := s.reach(t, seen)
	s.contents[t] = c
	if c == never {
		for inner := range seen {
			s.contents[inner] = never
		}
	}
	return c
}

// reach looks at t and at every type within it once; types may contain themselves.
func (s shapes) reach(t reflect.Type, seen map[reflect.Type]bool) content {
	if c, ok := s.contents[t]; ok || seen[t] {
		return c
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return maybe
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return s.reach(t.Elem(), seen)
	case reflect.Map:
		return max(s.reach(t.Key(), seen), s.reach(t.Elem(), seen))
	case reflect.Struct:
		if t == sensitiveType {
			return always
		}
		c := never
		for i := range t.NumField() {
			c = max(c, s.reach(t.Field(i).Type, seen))
		}
		return c
	}
	return never
}

// A member is a field of a struct as JSON has it.
type member struct {
	name                string
	index               []int
	omitEmpty, omitZero bool
}

// members lists the fields of t that JSON has, those of embedded structs in their place.
func (s shapes) members(t reflect.Type) ([]member, error) {
	if list, ok := s.structs[t]; ok {
		return list, nil
	}
	list, err := s.appendMembers(nil, t, nil)
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
	s.structs[t] = list
	return list, nil
}

func (s shapes) appendMembers(list []member, t reflect.Type, index []int) ([]member, error) {
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		at := append(index[:len(index):len(index)], i)
		var err error
		switch {
		case tag == "-":
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct && field.Type != sensitiveType:
			list, err = s.appendMembers(list, field.Type, at)
		case !field.IsExported():
			if s.of(field.Type) == always {
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
