package gql

// arguments checks what is given against what is wanted. what names the owner in sentences that begin with it,
// owner in those that end with it.
func (v *validator) arguments(given []*argument, defs []*inputDef, at Location, what, owner string) {
	v.once(given, "argument")
	for _, a := range given {
		def := input(defs, a.name)
		if def == nil {
			v.bad(a.at, "Unknown argument %s on %s.", quote(a.name), owner)
			v.looseValue(a.value)
			continue
		}
		v.place(def, a.value)
	}
	for _, def := range defs {
		if def.required() && find(given, def.name) == nil {
			v.bad(at, "%s argument %s of type %s is required, but it was not provided.", what, quote(def.name), quote(def.typ.String()))
		}
	}
}

// once checks that names are not repeated.
func (v *validator) once(list []*argument, what string) {
	if len(list) < 2 {
		return
	}
	seen := make(map[string]bool, len(list))
	for _, a := range list {
		if seen[a.name] {
			v.bad(a.at, "There can be only one %s named %s.", what, quote(a.name))
		}
		seen[a.name] = true
	}
}

// place checks the value of an argument or input field.
func (v *validator) place(def *inputDef, val *value) {
	if val.kind == valueVariable {
		v.use.variables = append(v.use.variables, variableUse{val.text, def.typ, def.fallback != nil, val.at})
		return
	}
	v.literal(def.typ, val)
}

// literal checks a literal against a type.
func (v *validator) literal(t *typeRef, val *value) {
	switch {
	case val.kind == valueVariable:
		v.use.variables = append(v.use.variables, variableUse{val.text, t, false, val.at})
		return
	case val.kind == valueNull:
		if t.nonNull {
			v.bad(val.at, "Expected value of type %s, found null.", quote(t.String()))
		}
		return
	case t.elem != nil && val.kind == valueList:
		for _, elem := range val.list {
			v.literal(t.elem, elem)
		}
		return
	case t.elem != nil:
		v.literal(t.elem, val)
		return
	}
	def := v.schema.types[t.name]
	if def.kind == kindInput {
		v.object(def, val)
		return
	}
	v.looseValue(val)
	if _, err := def.read(val.leaf(), true); err != nil {
		v.bad(val.at, "%s", err.Error())
	}
}

// object checks a literal against an input object.
func (v *validator) object(def *typeDef, val *value) {
	if val.kind != valueObject {
		v.bad(val.at, "Expected value of type %s, found %s.", quote(def.name), val)
		return
	}
	v.once(val.fields, "input field")
	for _, f := range val.fields {
		d := input(def.inputs, f.name)
		if d == nil {
			v.bad(f.at, "Field %s is not defined by type %s.", quote(f.name), quote(def.name))
			v.looseValue(f.value)
			continue
		}
		v.place(d, f.value)
	}
	for _, d := range def.inputs {
		if d.required() && find(val.fields, d.name) == nil {
			v.bad(val.at, "Field %s of required type %s was not provided.", quote(def.name+"."+d.name), quote(d.typ.String()))
		}
	}
}

// loose notes the variables in arguments that nothing is known about.
func (v *validator) loose(given []*argument) {
	for _, a := range given {
		v.looseValue(a.value)
	}
}

func (v *validator) looseValue(val *value) {
	if val.kind == valueVariable {
		v.use.variables = append(v.use.variables, variableUse{name: val.text, at: val.at})
	}
	for _, elem := range val.list {
		v.looseValue(elem)
	}
	v.loose(val.fields)
}

// conditionArgs are the arguments of the two directives.
var conditionArgs = []*inputDef{{name: "if", typ: &typeRef{name: "Boolean", nonNull: true}}}

// directives checks the directives at a place of a document.
func (v *validator) directives(list []*directive, place string) {
	seen := map[string]bool{}
	for _, d := range list {
		if d.name != "include" && d.name != "skip" {
			v.bad(d.at, "Unknown directive %s.", quote("@"+d.name))
			v.loose(d.arguments)
			continue
		}
		if seen[d.name] {
			v.bad(d.at, "The directive %s can only be used once at this location.", quote("@"+d.name))
		}
		seen[d.name] = true
		if place != "FIELD" && place != "FRAGMENT_SPREAD" && place != "INLINE_FRAGMENT" {
			v.bad(d.at, "Directive %s may not be used on %s.", quote("@"+d.name), place)
		}
		name := quote("@" + d.name)
		v.arguments(d.arguments, conditionArgs, d.at, "Directive "+name, "directive "+name)
	}
}
