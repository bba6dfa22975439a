package gql

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// variables reads the variables of a request as an operation declares them. Those it does not declare are passed over.
func (s *Schema) variables(op *operation, given map[string]any) (map[string]any, []*Error) {
	vars := make(map[string]any, len(op.variables))
	var errors []*Error
	for _, def := range op.variables {
		raw, ok := given[def.name]
		name, typ := quote("$"+def.name), quote(def.typ.String())
		switch {
		case !ok && def.fallback != nil:
			vars[def.name], _ = inputs{schema: s}.value(def.typ, def.fallback)
		case !ok && def.typ.nonNull:
			errors = append(errors, bad(def.at, "Variable %s of required type %s was not provided.", name, typ))
		case !ok:
		case raw == nil && def.typ.nonNull:
			errors = append(errors, bad(def.at, "Variable %s of non-null type %s must not be null.", name, typ))
		default:
			r := reader{schema: s, root: def.name}
			vars[def.name] = r.read(def.typ, raw, "")
			for _, fault := range r.faults {
				errors = append(errors, bad(def.at, "Variable %s got invalid value %s", name, fault))
			}
		}
		if len(errors) >= maxErrors {
			return nil, append(errors, bad(def.at, "Too many errors processing variables, error limit reached. Execution aborted."))
		}
	}
	return vars, errors
}

// bad is an error about the request at one place.
func bad(at Location, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Locations: []Location{at}, Code: CodeBadRequest}
}

// reader reads the JSON value of one variable and collects what is wrong with it.
type reader struct {
	schema *Schema
	root   string
	faults []string
}

// fault notes what is wrong with the value at a path below the variable.
func (r *reader) fault(v any, path, format string, args ...any) {
	if len(r.faults) >= maxErrors {
		return
	}
	text := show(v)
	if path != "" {
		text += " at " + quote(r.root+path)
	}
	r.faults = append(r.faults, text+"; "+fmt.Sprintf(format, args...))
}

func (r *reader) read(t *typeRef, v any, path string) any {
	if v == nil {
		if t.nonNull {
			r.fault(v, path, "Expected non-nullable type %s not to be null.", quote(t.String()))
		}
		return nil
	}
	if t.elem != nil {
		return r.list(t.elem, v, path)
	}
	def := r.schema.types[t.name]
	if def.kind == kindInput {
		return r.object(def, v, path)
	}
	read, err := def.read(v, false)
	if err != nil {
		r.fault(v, path, "%s", err.Error())
	}
	return read
}

func (r *reader) list(elem *typeRef, v any, path string) any {
	items, ok := v.([]any)
	if !ok {
		return []any{r.read(elem, v, path)}
	}
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = r.read(elem, item, path+"["+strconv.Itoa(i)+"]")
	}
	return list
}

func (r *reader) object(def *typeDef, v any, path string) any {
	given, ok := v.(map[string]any)
	if !ok {
		r.fault(v, path, "Expected type %s to be an object.", quote(def.name))
		return nil
	}
	object := make(map[string]any, len(given))
	for _, d := range def.inputs {
		field, ok := given[d.name]
		switch {
		case ok:
			object[d.name] = r.read(d.typ, field, path+"."+d.name)
		case d.fallback != nil:
			object[d.name], _ = inputs{schema: r.schema}.value(d.typ, d.fallback)
		case d.typ.nonNull:
			r.fault(v, path, "Field %s of required type %s was not provided.", quote(d.name), quote(d.typ.String()))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if input(def.inputs, name) == nil {
			r.fault(v, path, "Field %s is not defined by type %s.", quote(name), quote(def.name))
		}
	}
	return object
}
