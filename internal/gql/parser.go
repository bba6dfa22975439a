package gql

// parser reads documents and schemas. The first error ends it: every method returns at once, and the callers
// see failed.
type parser struct {
	lex    lexer
	tok    token // the one to be read next
	depth  int
	most   int // deepest nesting
	failed *Error
}

func newParser(src string, depth int) *parser {
	p := &parser{lex: newLexer(src), most: depth}
	p.advance()
	return p
}

// advance steps to the next token.
func (p *parser) advance() {
	if p.failed != nil {
		return
	}
	tok, err := p.lex.next()
	if err != nil {
		p.fail(err)
		return
	}
	p.tok = tok
}

// fail ends the reading; what follows sees the end of the document.
func (p *parser) fail(err *Error) {
	if p.failed == nil {
		p.failed = err
	}
	p.tok = token{kind: tokenEOF, at: p.tok.at}
}

func (p *parser) unexpected() { p.fail(fail(p.tok.at, "Unexpected %s.", p.tok)) }

// is reports whether the next token is this mark.
func (p *parser) is(mark string) bool { return p.tok.kind == tokenPunct && p.tok.text == mark }

// accept takes the mark when it is next.
func (p *parser) accept(mark string) bool {
	if !p.is(mark) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(mark string) {
	if !p.accept(mark) {
		p.fail(fail(p.tok.at, "Expected %s, found %s.", quote(mark), p.tok))
	}
}

// word takes a keyword when it is next.
func (p *parser) word(keyword string) bool {
	if p.tok.kind != tokenName || p.tok.text != keyword {
		return false
	}
	p.advance()
	return true
}

func (p *parser) name() string {
	if p.tok.kind != tokenName {
		p.fail(fail(p.tok.at, "Expected Name, found %s.", p.tok))
		return ""
	}
	name := p.tok.text
	p.advance()
	return name
}

// nest runs read one level deeper.
func (p *parser) nest(read func()) {
	if p.depth == p.most {
		p.fail(fail(p.tok.at, "Document nested deeper than %d levels.", p.most))
		return
	}
	p.depth++
	read()
	p.depth--
}

// many reads one or more items up to the closing mark.
func (p *parser) many(closing string, read func()) {
	p.nest(func() {
		for {
			read()
			if p.failed != nil || p.accept(closing) {
				return
			}
		}
	})
}

// parseDocument reads an executable document.
func parseDocument(src string, depth int) (*document, *Error) {
	p := newParser(src, depth)
	doc := &document{named: map[string]*fragment{}}
	for first := true; p.failed == nil && (first || p.tok.kind != tokenEOF); first = false {
		switch {
		case p.is("{"):
			at := p.tok.at
			doc.operations = append(doc.operations, &operation{kind: "query", at: at, selections: p.selections()})
		case p.tok.kind == tokenName && p.tok.text == "fragment":
			p.fragment(doc)
		case p.tok.kind == tokenName && (p.tok.text == "query" || p.tok.text == "mutation" || p.tok.text == "subscription"):
			doc.operations = append(doc.operations, p.operation())
		default:
			p.unexpected()
		}
	}
	if p.failed != nil {
		return nil, p.failed
	}
	return doc, nil
}

func (p *parser) operation() *operation {
	op := &operation{at: p.tok.at}
	op.kind = p.name()
	if p.tok.kind == tokenName {
		op.name = p.name()
	}
	if p.accept("(") {
		p.many(")", func() { op.variables = append(op.variables, p.variable()) })
	}
	op.directives = p.directives()
	op.selections = p.selections()
	return op
}

func (p *parser) variable() *variable {
	v := &variable{at: p.tok.at}
	p.expect("$")
	v.name = p.name()
	p.expect(":")
	v.typeAt = p.tok.at
	v.typ = p.typeRef()
	if p.accept("=") {
		v.fallback = p.value(true)
	}
	v.directives = p.directives()
	return v
}

func (p *parser) fragment(doc *document) {
	f := &fragment{at: p.tok.at}
	p.advance()
	if p.tok.text == "on" {
		p.unexpected()
	}
	f.name = p.name()
	if !p.word("on") {
		p.fail(fail(p.tok.at, "Expected \"on\", found %s.", p.tok))
	}
	f.onAt = p.tok.at
	f.on = p.name()
	f.directives = p.directives()
	f.selections = p.selections()
	doc.fragments = append(doc.fragments, f)
	if doc.named[f.name] == nil {
		doc.named[f.name] = f
	}
}

func (p *parser) selections() []selection {
	var set []selection
	p.expect("{")
	p.many("}", func() { set = append(set, p.selection()) })
	return set
}

func (p *parser) selection() selection {
	at := p.tok.at
	if !p.accept("...") {
		return p.field()
	}
	if p.tok.kind == tokenName && p.tok.text != "on" {
		s := &spread{at: at, nameAt: p.tok.at}
		s.name = p.name()
		s.directives = p.directives()
		return s
	}
	f := &inline{at: at}
	if p.word("on") {
		f.onAt = p.tok.at
		f.on = p.name()
	}
	f.directives = p.directives()
	f.selections = p.selections()
	return f
}

func (p *parser) field() *field {
	f := &field{at: p.tok.at}
	f.name = p.name()
	if p.accept(":") {
		f.alias, f.name = f.name, p.name()
	}
	f.arguments = p.arguments(false)
	f.directives = p.directives()
	if p.is("{") {
		f.selections = p.selections()
	}
	return f
}

func (p *parser) arguments(constant bool) []*argument {
	var list []*argument
	if p.accept("(") {
		p.many(")", func() { list = append(list, p.argument(constant)) })
	}
	return list
}

func (p *parser) argument(constant bool) *argument {
	a := &argument{at: p.tok.at}
	a.name = p.name()
	p.expect(":")
	a.value = p.value(constant)
	return a
}

func (p *parser) directives() []*directive {
	var list []*directive
	for p.failed == nil && p.is("@") {
		d := &directive{at: p.tok.at}
		p.advance()
		d.name = p.name()
		d.arguments = p.arguments(false)
		list = append(list, d)
	}
	return list
}

func (p *parser) typeRef() *typeRef {
	t := &typeRef{}
	if p.accept("[") {
		p.nest(func() {
			t.elem = p.typeRef()
			p.expect("]")
		})
		if t.elem == nil { // nested too deep; the parser has failed
			t.elem = &typeRef{}
		}
	} else {
		t.name = p.name()
	}
	t.nonNull = p.accept("!")
	return t
}

// value reads a literal; a constant one holds no variables.
func (p *parser) value(constant bool) *value {
	v := &value{at: p.tok.at, text: p.tok.text}
	switch p.tok.kind {
	case tokenInt:
		v.kind = valueInt
	case tokenFloat:
		v.kind = valueFloat
	case tokenString, tokenBlock:
		v.kind = valueString
	case tokenName:
		v.kind = nameKind(p.tok.text)
	case tokenPunct:
		p.composite(v, constant)
		return v
	default:
		p.unexpected()
	}
	p.advance()
	return v
}

func nameKind(name string) valueKind {
	switch name {
	case "true", "false":
		return valueBoolean
	case "null":
		return valueNull
	default:
		return valueEnum
	}
}

// composite reads a variable, a list or an object.
func (p *parser) composite(v *value, constant bool) {
	switch {
	case p.is("$") && !constant:
		p.advance()
		v.kind, v.text = valueVariable, p.name()
	case p.accept("["):
		v.kind = valueList
		if !p.accept("]") {
			p.many("]", func() { v.list = append(v.list, p.value(constant)) })
		}
	case p.accept("{"):
		v.kind = valueObject
		if !p.accept("}") {
			p.many("}", func() { v.fields = append(v.fields, p.argument(constant)) })
		}
	default:
		p.unexpected()
	}
}
