package gql

// maxErrors is how many faults of one request are reported.
const maxErrors = 100

// validator checks a document against a schema. Operations and fragments are each walked once; what a fragment
// uses is then counted for every operation that reaches it.
type validator struct {
	schema *Schema
	doc    *document
	errors []*Error
	use    *uses // of the definition being walked
	left   int   // uses that may still be counted
	reach  map[*fragment]*uses
}

// uses is what a definition refers to.
type uses struct {
	variables []variableUse
	spreads   []*spread
}

// variableUse is a variable where a value of a type is wanted.
type variableUse struct {
	name     string
	want     *typeRef // nil: unknown, because the surroundings are wrong
	fallback bool     // the place has a default of its own
	at       Location
}

// validate gives the faults of a document, in the order of the document as far as that makes sense.
func validate(s *Schema, doc *document, most int) []*Error {
	v := &validator{schema: s, doc: doc, left: most, reach: map[*fragment]*uses{}}
	v.names()
	for _, f := range doc.fragments {
		v.fragment(f)
	}
	fragments := v.errors // operations come first in the answer, as in most documents
	v.errors = nil
	for _, op := range doc.operations {
		v.operation(op)
	}
	v.errors = append(v.errors, fragments...)
	v.unused()
	v.cycles()
	if v.left < 0 {
		return []*Error{tooLarge()}
	}
	if len(v.errors) == 0 {
		// Only a document without cycles and with known types can be merged.
		m := merger{schema: s, doc: doc, left: most}
		v.errors = m.document()
	}
	if len(v.errors) > maxErrors {
		v.errors = append(v.errors[:maxErrors:maxErrors], &Error{
			Message: "Too many validation errors, error limit reached. Validation aborted.", Code: CodeBadRequest,
		})
	}
	return v.errors
}

// bad notes a fault. Past the limit the walk goes on, so that it stays simple, and forgets.
func (v *validator) bad(at Location, format string, args ...any) {
	if len(v.errors) <= maxErrors {
		v.errors = append(v.errors, bad(at, format, args...))
	}
}

// names checks that operations and fragments can be told apart.
func (v *validator) names() {
	seen := map[string]bool{}
	for _, op := range v.doc.operations {
		switch {
		case op.name == "" && len(v.doc.operations) > 1:
			v.bad(op.at, "This anonymous operation must be the only defined operation.")
		case seen[op.name]:
			v.bad(op.at, "There can be only one operation named %s.", quote(op.name))
		}
		seen[op.name] = true
	}
	for _, f := range v.doc.fragments {
		if v.doc.named[f.name] != f {
			v.bad(f.at, "There can be only one fragment named %s.", quote(f.name))
		}
	}
}

func (v *validator) fragment(f *fragment) {
	use := &uses{}
	v.use, v.reach[f] = use, use
	v.directives(f.directives, "FRAGMENT_DEFINITION")
	t := v.condition(f.on, f.onAt, "Fragment "+quote(f.name))
	v.selections(t, f.selections)
}

// condition gives the type that a fragment stands on; nil when there is no such object type.
func (v *validator) condition(name string, at Location, what string) *typeDef {
	t := v.schema.types[name]
	switch {
	case t == nil:
		v.bad(at, "Unknown type %s.", quote(name))
	case t.kind != kindObject:
		v.bad(at, "%s cannot condition on non composite type %s.", what, quote(name))
		return nil
	}
	return t
}

func (v *validator) operation(op *operation) {
	use := &uses{}
	v.use = use
	defined := map[string]*variable{}
	for _, def := range op.variables {
		if defined[def.name] != nil {
			v.bad(def.at, "There can be only one variable named %s.", quote("$"+def.name))
		}
		defined[def.name] = def
		v.variable(def)
	}
	v.directives(op.directives, map[string]string{"query": "QUERY", "mutation": "MUTATION"}[op.kind])
	v.selections(v.schema.types[v.schema.root(op.kind)], op.selections)
	v.variableUses(op, defined, use)
}

// variable checks a definition.
func (v *validator) variable(def *variable) {
	v.directives(def.directives, "VARIABLE_DEFINITION")
	t := v.schema.types[def.typ.base()]
	switch {
	case t == nil:
		v.bad(def.typeAt, "Unknown type %s.", quote(def.typ.base()))
	case !t.isInput():
		v.bad(def.typeAt, "Variable %s cannot be non-input type %s.", quote("$"+def.name), quote(def.typ.String()))
	case def.fallback != nil:
		v.literal(def.typ, def.fallback)
	}
}

// variableUses compares the variables of an operation with their uses, in it and in the fragments it reaches.
func (v *validator) variableUses(op *operation, defined map[string]*variable, use *uses) {
	used := map[string]bool{}
	in := ""
	if op.name != "" {
		in = " operation " + quote(op.name)
	}
	v.each(use, map[*fragment]bool{}, func(u variableUse) {
		used[u.name] = true
		def := defined[u.name]
		switch {
		case def == nil && in != "":
			v.bad(u.at, "Variable %s is not defined by%s.", quote("$"+u.name), in)
		case def == nil:
			v.bad(u.at, "Variable %s is not defined.", quote("$"+u.name))
		case u.want != nil && v.schema.types[def.typ.base()] != nil && !fits(def, u):
			v.bad(u.at, "Variable %s of type %s used in position expecting type %s.", quote("$"+u.name), quote(def.typ.String()), quote(u.want.String()))
		}
	})
	for _, def := range op.variables {
		if used[def.name] {
			continue
		}
		if in != "" {
			v.bad(def.at, "Variable %s is never used in%s.", quote("$"+def.name), in)
		} else {
			v.bad(def.at, "Variable %s is never used.", quote("$"+def.name))
		}
	}
}

// fits reports whether a variable may stand where it does. A default, on either side, makes a nullable one good
// enough for a place that wants a value.
func fits(def *variable, u variableUse) bool {
	want := u.want
	if want.nonNull && !def.typ.nonNull && (u.fallback || def.fallback != nil && def.fallback.kind != valueNull) {
		want = want.nullable()
	}
	return want.accepts(def.typ)
}

// each visits the variable uses of a definition and of the fragments it reaches, every fragment once. Many
// operations over many fragments are bounded by left.
func (v *validator) each(use *uses, seen map[*fragment]bool, visit func(variableUse)) {
	if v.left -= 1 + len(use.variables) + len(use.spreads); v.left < 0 {
		return
	}
	for _, u := range use.variables {
		visit(u)
	}
	for _, s := range use.spreads {
		f := v.doc.named[s.name]
		if f != nil && !seen[f] {
			seen[f] = true
			v.each(v.reach[f], seen, visit)
		}
	}
}

// selections checks a selection set on a type; t is nil when the type is unknown, and then only what does not
// depend on it is checked.
func (v *validator) selections(t *typeDef, set []selection) {
	for _, s := range set {
		switch s := s.(type) {
		case *field:
			v.field(t, s)
		case *spread:
			v.spread(t, s)
		case *inline:
			v.directives(s.directives, "INLINE_FRAGMENT")
			on := t
			if s.on != "" {
				on = v.condition(s.on, s.onAt, "Fragment")
				v.possible(t, on, s.at, "Fragment")
			}
			v.selections(on, s.selections)
		}
	}
}

func (v *validator) spread(t *typeDef, s *spread) {
	v.directives(s.directives, "FRAGMENT_SPREAD")
	f := v.doc.named[s.name]
	if f == nil {
		v.bad(s.nameAt, "Unknown fragment %s.", quote(s.name))
		return
	}
	v.use.spreads = append(v.use.spreads, s)
	v.possible(t, v.schema.types[f.on], s.at, "Fragment "+quote(s.name))
}

// possible checks that a fragment on one type can apply where it stands.
func (v *validator) possible(parent, on *typeDef, at Location, what string) {
	if parent != nil && on != nil && on.kind == kindObject && parent != on {
		v.bad(at, "%s cannot be spread here as objects of type %s can never be of type %s.", what, quote(parent.name), quote(on.name))
	}
}

func (v *validator) field(t *typeDef, f *field) {
	v.directives(f.directives, "FIELD")
	var def *fieldDef
	if t != nil {
		def = t.field(f.name)
	}
	if def == nil {
		v.unknownField(t, f)
		v.loose(f.arguments)
		v.selections(nil, f.selections)
		return
	}
	v.arguments(f.arguments, def.args, f.at, "Field "+quote(f.name), "field "+quote(t.name+"."+f.name))
	inner := v.schema.types[def.typ.base()]
	switch {
	case inner.leaf() && f.selections != nil:
		v.bad(f.at, "Field %s must not have a selection since type %s has no subfields.", quote(f.name), quote(def.typ.String()))
	case !inner.leaf() && f.selections == nil:
		v.bad(f.at, "Field %s of type %s must have a selection of subfields. Did you mean %s?", quote(f.name), quote(def.typ.String()), quote(f.name+" { ... }"))
	case !inner.leaf():
		v.selections(inner, f.selections)
	}
}

// unknownField reports a field that the type does not have. Questions about the schema itself are refused with the
// extension by which clients know that.
func (v *validator) unknownField(t *typeDef, f *field) {
	if f.name == "__schema" || f.name == "__type" {
		v.bad(f.at, "GraphQL introspection is not allowed, but the query contained __schema or __type.")
		v.errors[len(v.errors)-1].Extra = map[string]string{"validationErrorCode": "INTROSPECTION_DISABLED"}
		return
	}
	if t != nil {
		v.bad(f.at, "Cannot query field %s on type %s.", quote(f.name), quote(t.name))
	}
}

// unused finds fragments that no operation reaches.
func (v *validator) unused() {
	seen := map[*fragment]bool{}
	for _, op := range v.doc.operations {
		v.follow(op.selections, seen)
	}
	for _, f := range v.doc.fragments {
		if !seen[f] && v.doc.named[f.name] == f {
			v.bad(f.at, "Fragment %s is never used.", quote(f.name))
		}
	}
}

// follow marks the fragments that a selection set reaches.
func (v *validator) follow(set []selection, seen map[*fragment]bool) {
	for _, s := range set {
		switch s := s.(type) {
		case *field:
			v.follow(s.selections, seen)
		case *inline:
			v.follow(s.selections, seen)
		case *spread:
			if f := v.doc.named[s.name]; f != nil && !seen[f] {
				seen[f] = true
				v.follow(f.selections, seen)
			}
		}
	}
}

// cycles finds fragments that contain themselves.
func (v *validator) cycles() {
	state := map[*fragment]int{} // 1: being walked, 2: done
	var walk func(f *fragment)
	walk = func(f *fragment) {
		state[f] = 1
		for _, s := range v.reach[f].spreads {
			switch next := v.doc.named[s.name]; state[next] {
			case 0:
				walk(next)
			case 1:
				v.bad(s.at, "Cannot spread fragment %s within itself.", quote(s.name))
			}
		}
		state[f] = 2
	}
	for _, f := range v.doc.fragments {
		if state[f] == 0 {
			walk(f)
		}
	}
}
