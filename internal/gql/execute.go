package gql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// execution is the run of one operation. The answer is written into out as it goes; what turns out to be null is
// cut off again.
type execution struct {
	server *Server
	doc    *document
	in     inputs
	left   int // fields that may still be visited
	out    []byte
	errors []*Error
}

// path is the way from the root to a field, innermost first.
type path struct {
	up  *path
	key any // response name or list position
}

func (p *path) list() []any {
	var keys []any
	for ; p != nil; p = p.up {
		keys = append(keys, p.key)
	}
	slices.Reverse(keys)
	return keys
}

// operation runs it and gives its data: an object or null.
func (x *execution) operation(ctx context.Context, op *operation) []byte {
	t := x.server.Schema.types[x.server.Schema.root(op.kind)]
	root := x.server.Query
	if op.kind == "mutation" {
		root = x.server.Mutation
	}
	if t == nil || root == nil {
		x.errors = append(x.errors, &Error{
			Message: "Schema is not configured to execute " + op.kind + " operation.", Code: CodeInternal, Locations: []Location{op.at},
		})
		return []byte("null")
	}
	groups := x.group(t, [][]selection{op.selections})
	if op.kind == "query" && len(groups) > 1 {
		x.ahead(ctx, root, groups)
	}
	if !x.groups(ctx, root, nil, groups) {
		return []byte("null")
	}
	return x.out
}

// selected is the fields answered under one name, and what became of them when they were resolved ahead.
type selected struct {
	same
	on   *typeDef // the type of the object that has them
	def  *fieldDef
	args Args
	bad  *Error // the arguments could not be read

	done  bool
	value any
	err   error
}

// group collects the fields of selection sets that the directives leave.
func (x *execution) group(t *typeDef, sets [][]selection) []*selected {
	var groups []*selected
	index := map[string]*selected{}
	over := x.left < 0
	x.doc.flatten(sets, &x.left, x.wanted, func(f *field) {
		g := index[f.key()]
		if g == nil {
			g = &selected{same: same{key: f.key()}, on: t, def: t.field(f.name)}
			g.args, g.bad = x.in.arguments(g.def.args, f.arguments)
			index[g.key] = g
			groups = append(groups, g)
		}
		g.fields = append(g.fields, f)
	})
	if x.left < 0 && !over {
		x.errors = append(x.errors, tooLarge())
	}
	return groups
}

// wanted reports whether @include and @skip leave a selection in.
func (x *execution) wanted(s selection) bool {
	for _, d := range s.conditions() {
		args, err := x.in.arguments(conditionArgs, d.arguments)
		if on, _ := args.Bool("if"); err == nil && on != (d.name == "include") {
			return false
		}
	}
	return true
}

// ahead resolves the fields of a query's root side by side.
func (x *execution) ahead(ctx context.Context, root Object, groups []*selected) {
	var all sync.WaitGroup
	for _, g := range groups {
		all.Go(func() {
			g.value, g.err = x.resolve(ctx, root, g)
			g.done = true
		})
	}
	all.Wait()
}

// resolve asks an object for a field.
func (x *execution) resolve(ctx context.Context, object Object, g *selected) (any, error) {
	switch {
	case g.done:
		return g.value, g.err
	case g.bad != nil:
		return nil, g.bad
	case g.def == typename:
		return g.on.name, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return object.Field(ctx, g.def.name, g.args)
}

// groups writes an object. False: a field that must not be null is null, and nothing has been written.
func (x *execution) groups(ctx context.Context, object Object, at *path, groups []*selected) bool {
	start := len(x.out)
	x.out = append(x.out, '{')
	for i, g := range groups {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = append(x.out, '"')
		x.out = append(x.out, g.key...)
		x.out = append(x.out, '"', ':')
		where := &path{at, g.key}
		v, err := x.resolve(ctx, object, g)
		if err != nil {
			x.fail(g, where, err)
			v = failed{}
		}
		if !x.complete(ctx, g, g.def.typ, where, v) {
			x.out = x.out[:start]
			return false
		}
	}
	x.out = append(x.out, '}')
	return true
}

// failed is a value that is null because of an error noted already.
type failed struct{}

// fail notes the error of a field.
func (x *execution) fail(g *selected, at *path, err error) {
	e := &Error{Message: "Internal error"}
	if told := (*Error)(nil); errors.As(err, &told) {
		*e = *told
	}
	if e.Code == "" && !e.Bare {
		e.Code = CodeInternal
	}
	e.Path = at.list()
	for _, f := range g.fields {
		e.Locations = append(e.Locations, f.at)
	}
	x.errors = append(x.errors, e)
}

// complete writes a value of a type. False: it is null and must not be, and nothing has been written.
func (x *execution) complete(ctx context.Context, g *selected, t *typeRef, at *path, v any) bool {
	start := len(x.out)
	if v == nil && t.nonNull {
		x.fail(g, at, &Error{Message: fmt.Sprintf("Cannot return null for non-nullable field %s.%s.", g.on.name, g.def.name)})
	}
	if v != nil && v != any(failed{}) && x.write(ctx, g, t, at, v) {
		return true
	}
	x.out = x.out[:start]
	if t.nonNull {
		return false
	}
	x.out = append(x.out, "null"...)
	return true
}

// write writes a value that is not null. False: it is to be null, and the error has been noted.
func (x *execution) write(ctx context.Context, g *selected, t *typeRef, at *path, v any) bool {
	if t.elem != nil {
		list, ok := v.([]any)
		if !ok {
			x.fail(g, at, fmt.Errorf("%T is no list", v))
			return false
		}
		return x.list(ctx, g, t.elem, at, list)
	}
	def := x.server.Schema.types[t.name]
	if def.kind != kindObject {
		return x.leaf(g, def, at, v)
	}
	object, ok := v.(Object)
	if !ok {
		x.fail(g, at, fmt.Errorf("%T is no object", v))
		return false
	}
	sets := make([][]selection, len(g.fields))
	for i, f := range g.fields {
		sets[i] = f.selections
	}
	return x.groups(ctx, object, at, x.group(def, sets))
}

func (x *execution) list(ctx context.Context, g *selected, elem *typeRef, at *path, list []any) bool {
	x.out = append(x.out, '[')
	for i, v := range list {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		if !x.complete(ctx, g, elem, &path{at, i}, v) {
			return false
		}
	}
	x.out = append(x.out, ']')
	return true
}

// leaf writes a scalar or an enum value.
func (x *execution) leaf(g *selected, def *typeDef, at *path, v any) bool {
	switch v := v.(type) {
	case bool:
		x.out = strconv.AppendBool(x.out, v)
	case int:
		x.out = strconv.AppendInt(x.out, int64(v), 10)
	case string, float64:
		text, err := encode(v)
		if err != nil {
			x.fail(g, at, err)
			return false
		}
		x.out = append(x.out, text...)
	default:
		x.fail(g, at, fmt.Errorf("%T is no %s", v, def.name))
		return false
	}
	return true
}
