package gql

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// valueKind is the kind of a literal.
type valueKind uint8

const (
	valueVariable valueKind = iota
	valueInt
	valueFloat
	valueString
	valueBoolean
	valueNull
	valueEnum
	valueList
	valueObject
)

// value is a literal of a document.
type value struct {
	kind   valueKind
	text   string // name of a variable or enum value, digits, or what a string means
	list   []*value
	fields []*argument
	at     Location
}

// String writes the literal as a document does, as far as messages need it.
func (v *value) String() string {
	switch v.kind {
	case valueVariable:
		return "$" + v.text
	case valueString:
		return strconv.Quote(v.text)
	case valueList:
		return "[…]"
	case valueObject:
		return "{…}"
	default:
		return v.text
	}
}

// enumName is an enum value written as a literal; in variables it is a string.
type enumName string

// leaf gives the Go form of a literal that is no variable: what scalars and enums are read from.
func (v *value) leaf() any {
	switch v.kind {
	case valueInt:
		return json.Number(v.text)
	case valueFloat:
		f, _ := strconv.ParseFloat(v.text, 64)
		return f
	case valueString:
		return v.text
	case valueBoolean:
		return v.text == "true"
	case valueEnum:
		return enumName(v.text)
	case valueList:
		list := make([]any, len(v.list))
		for i, elem := range v.list {
			list[i] = elem.leaf()
		}
		return list
	case valueObject:
		object := make(map[string]any, len(v.fields))
		for _, f := range v.fields {
			object[f.name] = f.value.leaf()
		}
		return object
	default:
		return nil
	}
}

// show writes a value of a literal or a variable for a message, cut to a length that suits one.
func show(v any) string {
	var text string
	switch v := v.(type) {
	case enumName:
		text = string(v)
	case string:
		text = strconv.Quote(v)
	default:
		encoded, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		text = string(encoded)
	}
	const most = 100
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// builtins are the five scalars of the language.
func builtins() map[string]*typeDef {
	types := map[string]*typeDef{}
	for name, parse := range map[string]func(any) (any, error){
		"Int": parseInt, "Float": parseFloat, "String": parseString, "Boolean": parseBoolean, "ID": parseID,
	} {
		types[name] = &typeDef{name: name, kind: kindScalar, parse: parse}
	}
	return types
}

func parseInt(v any) (any, error) {
	n, ok := v.(json.Number)
	f, err := n.Float64()
	if !ok || err != nil || f != math.Trunc(f) {
		return nil, fmt.Errorf("Int cannot represent non-integer value: %s", show(v))
	}
	if f < math.MinInt32 || f > math.MaxInt32 {
		return nil, fmt.Errorf("Int cannot represent non 32-bit signed integer value: %s", show(v))
	}
	return int(f), nil
}

func parseFloat(v any) (any, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("Float cannot represent non numeric value: %s", show(v))
}

func parseString(v any) (any, error) {
	if text, ok := v.(string); ok {
		return text, nil
	}
	return nil, fmt.Errorf("String cannot represent a non string value: %s", show(v))
}

func parseBoolean(v any) (any, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	return nil, fmt.Errorf("Boolean cannot represent a non boolean value: %s", show(v))
}

func parseID(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			return v.String(), nil
		}
	}
	return nil, fmt.Errorf("ID cannot represent a non-string and non-integer value: %s", show(v))
}

// read turns a leaf value into what resolvers see. literal tells documents from variables: an enum value is a name
// there and a string here.
func (t *typeDef) read(v any, literal bool) (any, error) {
	if t.kind == kindScalar {
		return t.parse(v)
	}
	name, ok := v.(enumName)
	if text, isString := v.(string); isString && !literal {
		name, ok = enumName(text), true
	}
	switch {
	case !ok:
		return nil, fmt.Errorf("Enum %s cannot represent non-enum value: %s.", quote(t.name), show(v))
	case !t.values[string(name)]:
		return nil, fmt.Errorf("Value %s does not exist in %s enum.", quote(string(name)), quote(t.name))
	}
	return string(name), nil
}

// Args are the arguments of a field, read as their types say: string for String, ID and enums, int, float64, bool,
// []any, map[string]any for input objects, nil for null. Arguments that were not given and have no default are absent.
type Args map[string]any

// String gives a string argument; false when it is absent or null.
func (a Args) String(name string) (string, bool) {
	text, ok := a[name].(string)
	return text, ok
}

// Int gives an integer argument; false when it is absent or null.
func (a Args) Int(name string) (int, bool) {
	n, ok := a[name].(int)
	return n, ok
}

// Bool gives a boolean argument; false when it is absent or null.
func (a Args) Bool(name string) (b, ok bool) {
	b, ok = a[name].(bool)
	return b, ok
}

// Object gives an argument that is an input object; false when it is absent or null.
func (a Args) Object(name string) (Args, bool) {
	object, ok := a[name].(map[string]any)
	return object, ok
}

// inputs reads literals into values; vars are the variables, read already.
type inputs struct {
	schema *Schema
	vars   map[string]any
}

// arguments reads the arguments of a field or directive, or the fields of an input object. The document has been
// validated, so what can fail is only a variable that is null where null is refused.
func (in inputs) arguments(defs []*inputDef, given []*argument) (Args, *Error) {
	args := make(Args, len(given))
	for _, d := range defs {
		a := find(given, d.name)
		if a == nil || in.missing(a.value) {
			if d.fallback == nil {
				if d.typ.nonNull {
					return nil, &Error{Message: fmt.Sprintf("Argument %s of required type %s was not provided.", quote(d.name), quote(d.typ.String()))}
				}
				continue
			}
			a = &argument{name: d.name, value: d.fallback}
		}
		v, err := in.value(d.typ, a.value)
		if err != nil {
			return nil, err
		}
		args[d.name] = v
	}
	return args, nil
}

// missing reports whether a literal is a variable that was not given.
func (in inputs) missing(v *value) bool {
	if v.kind != valueVariable {
		return false
	}
	_, given := in.vars[v.text]
	return !given
}

// value reads one literal of a validated document.
func (in inputs) value(t *typeRef, v *value) (any, *Error) {
	if v.kind == valueVariable {
		read := in.vars[v.text]
		if read == nil && t.nonNull {
			return nil, &Error{Message: fmt.Sprintf("Variable %s of type %s must not be null.", quote("$"+v.text), quote(t.String()))}
		}
		return read, nil
	}
	if v.kind == valueNull {
		return nil, nil
	}
	if t.elem != nil {
		return in.listOf(t.elem, v)
	}
	def := in.schema.types[t.name]
	if def.kind == kindInput {
		args, err := in.arguments(def.inputs, v.fields)
		return map[string]any(args), err
	}
	read, err := def.read(v.leaf(), true)
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	return read, nil
}

// listOf reads a list; a single value stands for a list of one.
func (in inputs) listOf(elem *typeRef, v *value) (any, *Error) {
	items := v.list
	if v.kind != valueList {
		items = []*value{v}
	}
	list := make([]any, 0, len(items))
	for _, item := range items {
		read, err := in.value(elem, item)
		if err != nil {
			return nil, err
		}
		list = append(list, read)
	}
	return list, nil
}
