package gql

// merger checks that fields answered under one name are the same question, and so can be asked once. It looks at
// every response path once; left bounds the work, since fragments that use each other twice double it at each step.
type merger struct {
	schema *Schema
	doc    *document
	left   int
	errors []*Error
}

func (m *merger) document() []*Error {
	for _, op := range m.doc.operations {
		m.sets(m.schema.types[m.schema.root(op.kind)], [][]selection{op.selections}, nil)
	}
	return m.errors
}

// same is the fields that are answered under one name.
type same struct {
	key    string
	fields []*field
}

// sets checks selection sets that apply to the same object. outer is the response names on the way, for messages.
func (m *merger) sets(t *typeDef, sets [][]selection, outer []string) {
	if t == nil || len(m.errors) > maxErrors {
		return
	}
	for _, group := range m.group(sets) {
		first := group.fields[0]
		for _, other := range group.fields[1:] {
			if reason := differ(first, other); reason != "" {
				m.conflict(append(outer, group.key), first, other, reason)
				break
			}
		}
		var inner [][]selection
		for _, f := range group.fields {
			if f.selections != nil {
				inner = append(inner, f.selections)
			}
		}
		if def := t.field(first.name); def != nil && inner != nil {
			m.sets(m.schema.types[def.typ.base()], inner, append(outer[:len(outer):len(outer)], group.key))
		}
	}
}

// group collects fields by response name, in order of appearance.
func (m *merger) group(sets [][]selection) []*same {
	var groups []*same
	index := map[string]*same{}
	over := m.left < 0
	m.doc.flatten(sets, &m.left, nil, func(f *field) {
		g := index[f.key()]
		if g == nil {
			g = &same{key: f.key()}
			index[g.key] = g
			groups = append(groups, g)
		}
		g.fields = append(g.fields, f)
	})
	if m.left < 0 && !over {
		m.errors = append(m.errors, tooLarge())
	}
	return groups
}

// tooLarge is the answer to documents past a limit.
func tooLarge() *Error { return bad(Location{1, 1}, "The document is too large.") }

// flatten visits the fields of selection sets on one object, those of fragments included, each named fragment once.
// It leaves out what include refuses (nil refuses nothing), and ends when left, which counts down at every selection, is
// below zero.
func (d *document) flatten(sets [][]selection, left *int, include func(selection) bool, visit func(*field)) {
	seen := map[string]bool{}
	var walk func(set []selection)
	walk = func(set []selection) {
		for _, s := range set {
			if *left--; *left < 0 {
				return
			}
			if include != nil && !include(s) {
				continue
			}
			switch s := s.(type) {
			case *field:
				visit(s)
			case *inline:
				walk(s.selections)
			case *spread:
				if !seen[s.name] {
					seen[s.name] = true
					walk(d.named[s.name].selections)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
}

// differ says why two fields are not the same question; empty when they are.
func differ(a, b *field) string {
	if a.name != b.name {
		return quote(a.name) + " and " + quote(b.name) + " are different fields"
	}
	if len(a.arguments) != len(b.arguments) {
		return "they have differing arguments"
	}
	for _, arg := range a.arguments {
		other := find(b.arguments, arg.name)
		if other == nil || !arg.value.equal(other.value) {
			return "they have differing arguments"
		}
	}
	return ""
}

// equal reports whether two literals are the same.
func (v *value) equal(w *value) bool {
	if v.kind != w.kind || len(v.list) != len(w.list) || len(v.fields) != len(w.fields) {
		return false
	}
	for i := range v.list {
		if !v.list[i].equal(w.list[i]) {
			return false
		}
	}
	byName := map[string]*value{}
	for _, f := range w.fields {
		byName[f.name] = f.value
	}
	for _, f := range v.fields {
		if other := byName[f.name]; other == nil || !f.value.equal(other) {
			return false
		}
	}
	return v.kind == valueList || v.kind == valueObject || v.text == w.text
}

// conflict reports two fields that cannot be answered under one name.
func (m *merger) conflict(path []string, a, b *field, reason string) {
	message := "conflict because " + reason
	for i := len(path) - 1; i > 0; i-- {
		message = "conflict because subfields " + quote(path[i]) + " " + message
	}
	e := bad(a.at, "Fields %s %s. Use different aliases on the fields to fetch both if this was intentional.", quote(path[0]), message)
	e.Locations = append(e.Locations, b.at)
	m.errors = append(m.errors, e)
}
