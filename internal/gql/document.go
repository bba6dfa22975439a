package gql

// Location is a place in a document. Lines and columns count from 1; columns count UTF-16 units, as clients in
// browsers do.
type Location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// document is a parsed executable document.
type document struct {
	operations []*operation
	fragments  []*fragment
	named      map[string]*fragment // the first of each name
}

// operation is one query or mutation.
type operation struct {
	kind       string // query, mutation or subscription
	name       string // empty when anonymous
	variables  []*variable
	directives []*directive
	selections []selection
	at         Location
}

// variable is the definition of one.
type variable struct {
	name       string
	typ        *typeRef
	fallback   *value // nil: none
	directives []*directive
	at, typeAt Location
}

// fragment is a named fragment.
type fragment struct {
	name, on   string
	directives []*directive
	selections []selection
	at, onAt   Location
}

// selection is a *field, a *spread or an *inline.
type selection interface {
	conditions() []*directive
}

// field is one field of a selection set.
type field struct {
	alias, name string
	arguments   []*argument
	directives  []*directive
	selections  []selection // nil: no braces
	at          Location
}

// key is the name under which the field is answered.
func (f *field) key() string {
	if f.alias != "" {
		return f.alias
	}
	return f.name
}

// spread is the use of a named fragment.
type spread struct {
	name       string
	directives []*directive
	at, nameAt Location
}

// inline is a fragment without a name; on may be empty.
type inline struct {
	on         string
	directives []*directive
	selections []selection
	at, onAt   Location
}

func (f *field) conditions() []*directive  { return f.directives }
func (s *spread) conditions() []*directive { return s.directives }
func (i *inline) conditions() []*directive { return i.directives }

// argument is name and value, of a field, a directive or an input object.
type argument struct {
	name  string
	value *value
	at    Location
}

// directive is an annotation such as @include(if: $x).
type directive struct {
	name      string
	arguments []*argument
	at        Location
}

// find gives the argument of a name, or nil.
func find(arguments []*argument, name string) *argument {
	for _, a := range arguments {
		if a.name == name {
			return a
		}
	}
	return nil
}

// typeRef is a use of a type: a name, or a list of another use.
type typeRef struct {
	name    string
	elem    *typeRef // the type of the elements of a list
	nonNull bool
}

// String writes the type as a document does.
func (t *typeRef) String() string {
	text := t.name
	if t.elem != nil {
		text = "[" + t.elem.String() + "]"
	}
	if t.nonNull {
		text += "!"
	}
	return text
}

// base is the name at the bottom of all lists.
func (t *typeRef) base() string {
	for t.elem != nil {
		t = t.elem
	}
	return t.name
}

// nullable is t without its exclamation mark.
func (t *typeRef) nullable() *typeRef {
	if !t.nonNull {
		return t
	}
	return &typeRef{name: t.name, elem: t.elem}
}

// accepts reports whether a variable of type v fits where t is wanted.
func (t *typeRef) accepts(v *typeRef) bool {
	switch {
	case t.nonNull && !v.nonNull:
		return false
	case (t.elem == nil) != (v.elem == nil):
		return false
	case t.elem != nil:
		return t.elem.accepts(v.elem)
	default:
		return t.name == v.name
	}
}
