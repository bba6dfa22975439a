package gql

import (
	"cmp"
	"context"
	"slices"
)

// Server answers requests about one schema. Its fields do not change while it serves.
type Server struct {
	Schema   *Schema
	Query    Object // the root of queries
	Mutation Object // the root of mutations; nil where the schema has none
	Limits   Limits
}

// Limits bound the work of one request. Zero fields mean the defaults.
type Limits struct {
	Bytes  int // length of the document; 0 means 4 MiB, enough for 10,000 aliases
	Depth  int // nesting of selections, values and types; 0 means 100
	Visits int // selections visited, those of fragments counted wherever they are used; 0 means 1,000,000
}

const (
	defaultBytes  = 4 << 20
	defaultDepth  = 100
	defaultVisits = 1_000_000
)

// Object is a value of an object type. Field is asked for every field that is selected, by its name in the schema and
// under each alias anew. It gives nil, a string, bool, int, float64, an Object or a []any of these; an error
// makes the field null. An *Error goes to the client, with [CodeInternal] where it has no code and is not Bare; of any other error only
// "Internal error" does.
type Object interface {
	Field(ctx context.Context, name string, args Args) (any, error)
}

// Fields is an Object made of values; a [Func] among them is called with the arguments.
type Fields map[string]any

// Func gives a field that depends on its arguments.
type Func func(ctx context.Context, args Args) (any, error)

// Field gives the value of a name, nil for a name that is not there.
func (f Fields) Field(ctx context.Context, name string, args Args) (any, error) {
	if call, ok := f[name].(Func); ok {
		return call(ctx, args)
	}
	return f[name], nil
}

// Do answers one request. The fields of a query's root are resolved side by side, each in a goroutine that has
// ended when Do returns; everything else runs in order. When ctx ends, fields not resolved by then fail.
func (s *Server) Do(ctx context.Context, r Request) Response {
	if len(r.Query) > cmp.Or(s.Limits.Bytes, defaultBytes) {
		return refuse(tooLarge())
	}
	doc, err := parseDocument(r.Query, cmp.Or(s.Limits.Depth, defaultDepth))
	if err != nil {
		return refuse(err)
	}
	most := cmp.Or(s.Limits.Visits, defaultVisits)
	if faults := validate(s.Schema, doc, most); len(faults) > 0 {
		return refuse(faults...)
	}
	op, err := doc.choose(r.OperationName)
	if err != nil {
		return refuse(err)
	}
	vars, faults := s.Schema.variables(op, r.Variables)
	if len(faults) > 0 {
		return Response{Stage: BadVariables, Errors: faults}
	}
	x := &execution{server: s, doc: doc, in: inputs{s.Schema, vars}, left: most}
	data := x.operation(ctx, op)
	slices.SortStableFunc(x.errors, func(a, b *Error) int { return cmp.Compare(a.Turn, b.Turn) })
	return Response{Stage: Executed, Data: data, Errors: x.errors}
}

func refuse(errors ...*Error) Response { return Response{Stage: Refused, Errors: errors} }

// choose picks the operation to run.
func (d *document) choose(name string) (*operation, *Error) {
	if name == "" {
		switch len(d.operations) {
		case 0:
			return nil, &Error{Message: "Must provide an operation.", Code: CodeBadRequest}
		case 1:
			return d.operations[0], nil
		default:
			return nil, &Error{Message: "Must provide operation name if query contains multiple operations.", Code: CodeBadRequest}
		}
	}
	for _, op := range d.operations {
		if op.name == name {
			return op, nil
		}
	}
	return nil, &Error{Message: "Unknown operation named " + quote(name) + ".", Code: CodeBadRequest}
}

// Mutates reports whether the operation that a request would run is a mutation, so that a transport can refuse one
// where it must not be. A request that cannot be read is none.
func (s *Server) Mutates(r Request) bool {
	doc, err := parseDocument(r.Query, cmp.Or(s.Limits.Depth, defaultDepth))
	if err != nil {
		return false
	}
	op, err := doc.choose(r.OperationName)
	return err == nil && op.kind == "mutation"
}
