package gql

import (
	"fmt"
	"maps"
)

// Schema is the types of a server. It is made by [ParseSchema] and does not change afterwards, apart from
// [Schema.Scalar], which belongs to the making.
type Schema struct {
	query, mutation string // names of the root types; empty: the server has no such operations
	types           map[string]*typeDef
}

// typeKind is the kind of a type.
type typeKind uint8

const (
	kindScalar typeKind = iota
	kindEnum
	kindObject
	kindInput
)

// typeDef is one type of a schema.
type typeDef struct {
	name   string
	kind   typeKind
	fields map[string]*fieldDef     // of an object
	inputs []*inputDef              // fields of an input object
	values map[string]bool          // of an enum
	parse  func(v any) (any, error) // of a scalar: from a literal or a variable
}

// fieldDef is a field of an object type.
type fieldDef struct {
	name string
	typ  *typeRef
	args []*inputDef
}

// inputDef is an argument, or a field of an input object.
type inputDef struct {
	name     string
	typ      *typeRef
	fallback *value // nil: none
}

// required reports whether the caller must give it.
func (d *inputDef) required() bool { return d.typ.nonNull && d.fallback == nil }

// input finds an argument or input field by name, or gives nil.
func input(list []*inputDef, name string) *inputDef {
	for _, d := range list {
		if d.name == name {
			return d
		}
	}
	return nil
}

// typename is the field that every object has.
var typename = &fieldDef{name: "__typename", typ: &typeRef{name: "String", nonNull: true}}

// field finds a field of an object type, or gives nil.
func (t *typeDef) field(name string) *fieldDef {
	if name == typename.name {
		return typename
	}
	return t.fields[name]
}

// leaf reports whether values of t have no fields to select.
func (t *typeDef) leaf() bool { return t.kind == kindScalar || t.kind == kindEnum }

// isInput reports whether t may stand in a variable.
func (t *typeDef) isInput() bool { return t.kind != kindObject }

// Scalar says how values of a scalar of the schema are read: from string, bool, int, float64, json.Number, []any or
// map[string]any, to what resolvers see. The error's text goes to the client. Without it a value is passed on as
// it is. It panics when the schema has no such scalar.
func (s *Schema) Scalar(name string, parse func(v any) (any, error)) {
	t := s.types[name]
	if t == nil || t.kind != kindScalar {
		panic("gql: no scalar " + name)
	}
	t.parse = parse
}

// root names the type on which an operation starts; empty when the server has none.
func (s *Schema) root(kind string) string {
	switch kind {
	case "query":
		return s.query
	case "mutation":
		return s.mutation
	default:
		return ""
	}
}

// ParseSchema reads a schema in schema language: schema, scalar, enum, type and input definitions, with arguments,
// defaults, comments and descriptions. Directives on definitions are not read.
func ParseSchema(sdl string) (*Schema, error) {
	p := newParser(sdl, defaultDepth)
	s := &Schema{types: builtins()}
	for p.failed == nil && p.tok.kind != tokenEOF {
		p.definition(s)
	}
	if p.failed != nil {
		return nil, p.failed
	}
	return s, s.check()
}

// MustParseSchema is ParseSchema for a schema that is part of the program. It panics on an error.
func MustParseSchema(sdl string) *Schema {
	s, err := ParseSchema(sdl)
	if err != nil {
		panic("gql: " + err.Error())
	}
	return s
}

// definition reads one definition of schema language.
func (p *parser) definition(s *Schema) {
	p.description()
	keyword := p.name()
	if keyword == "schema" {
		p.roots(s)
		return
	}
	t := &typeDef{name: p.name(), fields: map[string]*fieldDef{}, values: map[string]bool{}}
	switch keyword {
	case "scalar":
		t.parse = func(v any) (any, error) { return v, nil }
	case "enum":
		t.kind = kindEnum
		p.body(func() { t.values[p.name()] = true })
	case "type":
		t.kind = kindObject
		p.body(func() { t.define(p.fieldDef()) })
	case "input":
		t.kind = kindInput
		p.body(func() { t.inputs = append(t.inputs, p.inputDef()) })
	default:
		p.unexpected()
	}
	s.types[t.name] = t
}

func (t *typeDef) define(f *fieldDef) { t.fields[f.name] = f }

// description passes the text that may stand before a definition.
func (p *parser) description() {
	for p.tok.kind == tokenString || p.tok.kind == tokenBlock {
		p.advance()
	}
}

// body reads definitions in braces, each with its description.
func (p *parser) body(read func()) {
	p.expect("{")
	p.many("}", func() {
		p.description()
		read()
	})
}

func (p *parser) roots(s *Schema) {
	p.body(func() {
		kind := p.name()
		p.expect(":")
		switch name := p.name(); kind {
		case "query":
			s.query = name
		case "mutation":
			s.mutation = name
		default:
			p.unexpected()
		}
	})
}

func (p *parser) fieldDef() *fieldDef {
	f := &fieldDef{name: p.name()}
	if p.accept("(") {
		p.many(")", func() {
			p.description()
			f.args = append(f.args, p.inputDef())
		})
	}
	p.expect(":")
	f.typ = p.typeRef()
	return f
}

func (p *parser) inputDef() *inputDef {
	d := &inputDef{name: p.name()}
	p.expect(":")
	d.typ = p.typeRef()
	if p.accept("=") {
		d.fallback = p.value(true)
	}
	return d
}

// check finds names that the schema uses but does not define, or defines as the wrong kind.
func (s *Schema) check() error {
	for _, root := range []string{s.query, s.mutation} {
		if root != "" && (s.types[root] == nil || s.types[root].kind != kindObject) {
			return fmt.Errorf("no object type %q for an operation", root)
		}
	}
	if s.query == "" {
		return fmt.Errorf("no query type")
	}
	for t := range maps.Values(s.types) {
		for _, f := range t.fields {
			if def := s.types[f.typ.base()]; def == nil || def.kind == kindInput {
				return fmt.Errorf("field %s.%s: no output type %q", t.name, f.name, f.typ.base())
			}
			if err := s.checkInputs(t.name+"."+f.name, f.args); err != nil {
				return err
			}
		}
		if err := s.checkInputs(t.name, t.inputs); err != nil {
			return err
		}
	}
	return nil
}

// checkInputs checks arguments or input fields, defaults included.
func (s *Schema) checkInputs(where string, inputs []*inputDef) error {
	for _, d := range inputs {
		if def := s.types[d.typ.base()]; def == nil || !def.isInput() {
			return fmt.Errorf("%s: %s has no input type %q", where, d.name, d.typ.base())
		}
		if d.fallback == nil {
			continue
		}
		v := validator{schema: s}
		v.literal(d.typ, d.fallback)
		if len(v.errors) > 0 {
			return fmt.Errorf("%s: default of %s: %s", where, d.name, v.errors[0].Message)
		}
	}
	return nil
}
