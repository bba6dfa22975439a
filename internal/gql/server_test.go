package gql_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/gql"
)

const zooSDL = `
	"What the tests ask about."
	schema { query: Query mutation: Mutation }
	type Query {
		animal(id: ID!): Animal
		animals(first: Int = 2, only: [Kind!], where: Where): [Animal]
		strict: [Animal!]!
		echo(i: Int, f: Float, s: String, b: Boolean, id: ID, list: [[Int]], day: Day): String
		count: Int!
		ratio: Float!
		"""
		fails in its own way
		"""
		broken: String
		later: String
	}
	type Mutation { rename(input: Rename!): Boolean }
	type Animal { id: ID! kind: Kind! name(upper: Boolean = false): String friend: Animal secret: String! }
	enum Kind { CAT DOG }
	input Where { kind: Kind = CAT name: String! near: Where }
	input Rename { id: ID! name: String!, note: String = "none" }
	scalar Day
`

func animal(id, kind, name string) gql.Fields {
	return gql.Fields{
		"id": id, "kind": kind, "secret": nil,
		"name": gql.Func(func(_ context.Context, args gql.Args) (any, error) {
			if upper, _ := args.Bool("upper"); upper {
				return strings.ToUpper(name), nil
			}
			return name, nil
		}),
	}
}

func zoo() *gql.Server {
	schema := gql.MustParseSchema(zooSDL)
	schema.Scalar("Day", func(v any) (any, error) {
		if s, ok := v.(string); ok && len(s) == 10 {
			return s, nil
		}
		return nil, errors.New("Day cannot represent this.")
	})
	cat, dog := animal("1", "CAT", "nabi <야옹>"), animal("2", "DOG", "baduk")
	cat["friend"] = dog
	fail := func(message, code string, turn int) gql.Func {
		return func(context.Context, gql.Args) (any, error) {
			return nil, &gql.Error{Message: message, Code: code, Turn: turn}
		}
	}
	return &gql.Server{Schema: schema,
		Query: gql.Fields{
			"animal": gql.Func(func(_ context.Context, args gql.Args) (any, error) {
				switch id, _ := args.String("id"); id {
				case "1":
					return cat, nil
				case "2":
					return dog, nil
				default:
					return nil, fmt.Errorf("no row %s in the table of animals", id)
				}
			}),
			"animals": gql.Func(func(_ context.Context, args gql.Args) (any, error) {
				n, _ := args.Int("first")
				return []any{cat, nil, dog}[:n], nil
			}),
			"strict": []any{cat, nil},
			"echo": gql.Func(func(_ context.Context, args gql.Args) (any, error) {
				text, err := json.Marshal(args)
				return string(text), err
			}),
			"count": 3, "ratio": 0.5,
			"broken": fail("on purpose", "TEAPOT", 0),
			"later":  fail("", "", 7),
		},
		Mutation: gql.Fields{
			"rename": gql.Func(func(_ context.Context, args gql.Args) (any, error) {
				in, ok := args.Object("input")
				note, _ := in.String("note")
				return ok && note == "none", nil
			}),
		},
	}
}

func ask(t *testing.T, s *gql.Server, query, operation, variables string) (gql.Response, string) {
	t.Helper()
	r := gql.Request{Query: query, OperationName: operation}
	if variables != "" {
		d := json.NewDecoder(strings.NewReader(variables))
		d.UseNumber()
		if err := d.Decode(&r.Variables); err != nil {
			t.Fatalf("variables: %v", err)
		}
	}
	response := s.Do(t.Context(), r)
	text, err := response.MarshalJSON()
	if err != nil {
		t.Fatalf("MarshalJSON: %v", err)
	}
	return response, string(text)
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name, query, operation, variables, want string
	}{
		{"fields in the order of the document", `{ ratio count __typename }`, "", "",
			`{"data":{"ratio":0.5,"count":3,"__typename":"Query"}}`},
		{"text is not escaped for HTML", `{ animal(id: 1) { name } }`, "", "",
			`{"data":{"animal":{"name":"nabi <야옹>"}}}`},
		{"aliases", `{ b: animal(id: "2") { n: name(upper: true) name } a: animal(id: "1") { id } }`, "", "",
			`{"data":{"b":{"n":"BADUK","name":"baduk"},"a":{"id":"1"}}}`},
		{"variables, defaults, commas and comments", "query Q($id: ID = \"2\", $up: Boolean!) { # a comment }\n animal(id: $id,) {,name(upper: $up)} }", "", `{"up":true,"other":1}`,
			`{"data":{"animal":{"name":"BADUK"}}}`},
		{"the named operation", `query A { count } query B { ratio }`, "B", "", `{"data":{"ratio":0.5}}`},
		{"fragments merge with fields", `{ animal(id: 1) { ...F friend { name } ... { kind } ... on Animal { id } } } fragment F on Animal { id friend { id __typename } }`, "", "",
			`{"data":{"animal":{"id":"1","friend":{"id":"2","__typename":"Animal","name":"baduk"},"kind":"CAT"}}}`},
		{"directives", `query($y: Boolean!) { a: count @include(if: $y) b: count @skip(if: $y) ... @include(if: false) { ratio } c: count @include(if: true) @skip(if: false) }`, "", `{"y":false}`,
			`{"data":{"b":3,"c":3}}`},
		{"lists with nulls", `{ animals(first: 3) { id } }`, "", "", `{"data":{"animals":[{"id":"1"},null,{"id":"2"}]}}`},
		{"default of an argument for a missing variable", `query($n: Int) { animals(first: $n) { id } }`, "", "", `{"data":{"animals":[{"id":"1"},null]}}`},
		{"literals", `{ echo(i: -7, f: 1e2, s: "a\u00e9\uD83D\uDE00\n\"", b: false, id: 9, list: [1, [2]], day: "2026-01-02") }`, "", "",
			`{"data":{"echo":"{\"b\":false,\"day\":\"2026-01-02\",\"f\":100,\"i\":-7,\"id\":\"9\",\"list\":[[1],[2]],\"s\":\"aé😀\\n\\\"\"}"}}`},
		{"block string", "{ echo(s: \"\"\"\n    one\n      two \\\"\"\"\n\n    \"\"\") }", "", "", `{"data":{"echo":"{\"s\":\"one\\n  two \\\"\\\"\\\"\"}"}}`},
		{"null is not absence", `query($s: String) { echo(i: null, s: $s) }`, "", "", `{"data":{"echo":"{\"i\":null}"}}`},
		{"numbers of variables", `query($i: Int, $f: Float, $id: ID) { echo(i: $i, f: $f, id: $id) }`, "", `{"i":5.0,"f":2,"id":12}`,
			`{"data":{"echo":"{\"f\":2,\"i\":5,\"id\":\"12\"}"}}`},
		{"enum and input object", `query($w: Where, $k: [Kind!]) { animals(first: 1, only: $k, where: $w) { kind } }`, "", `{"w":{"name":"x","near":{"name":"y"}},"k":"DOG"}`,
			`{"data":{"animals":[{"kind":"CAT"}]}}`},
		{"mutation with an object by variables", `mutation M($id: ID!) { rename(input: {id: $id, name: "x"}) }`, "M", `{"id":"1"}`, `{"data":{"rename":true}}`},
		{"a failing field", `{ count broken ratio }`, "", "",
			`{"errors":[{"message":"on purpose","locations":[{"line":1,"column":9}],"path":["broken"],"extensions":{"code":"TEAPOT"}}],"data":{"count":3,"broken":null,"ratio":0.5}}`},
		{"other errors are not told", `{ animal(id: "x") { id } }`, "", "",
			`{"errors":[{"message":"Internal error","locations":[{"line":1,"column":3}],"path":["animal"],"extensions":{"code":"INTERNAL"}}],"data":{"animal":null}}`},
		{"errors in order of failure", `{ later broken }`, "", "",
			`{"errors":[{"message":"on purpose","locations":[{"line":1,"column":9}],"path":["broken"],"extensions":{"code":"TEAPOT"}},` +
				`{"message":"","locations":[{"line":1,"column":3}],"path":["later"],"extensions":{"code":"INTERNAL"}}],"data":{"later":null,"broken":null}}`},
		{"null goes up to what may be null", `{ animal(id: 1) { id friend { secret } } }`, "", "",
			`{"errors":[{"message":"Cannot return null for non-nullable field Animal.secret.","locations":[{"line":1,"column":31}],"path":["animal","friend","secret"],"extensions":{"code":"INTERNAL"}}],"data":{"animal":{"id":"1","friend":null}}}`},
		{"null goes up to the root", `{ count strict { id } }`, "", "",
			`{"errors":[{"message":"Cannot return null for non-nullable field Query.strict.","locations":[{"line":1,"column":9}],"path":["strict",1],"extensions":{"code":"INTERNAL"}}],"data":null}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, got := ask(t, zoo(), tt.query, tt.operation, tt.variables)
			if response.Stage != gql.Executed || got != tt.want {
				t.Errorf("stage %d\n got %s\nwant %s", response.Stage, got, tt.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		query, message string
		line, column   int
	}{
		{``, `Syntax Error: Unexpected <EOF>.`, 1, 1},
		{`query { animal(id: `, `Syntax Error: Unexpected <EOF>.`, 1, 20},
		{`{ a-1: count }`, `Syntax Error: Expected Name, found Int "-1".`, 1, 4},
		{"{ count\n\r\n  ? }", `Syntax Error: Unexpected character: "?".`, 3, 3},
		{`{ echo(s: "😀é`, `Syntax Error: Unterminated string.`, 1, 15},
		{`{ echo(s: "\q") }`, `Syntax Error: Invalid character escape sequence: "\q".`, 1, 12},
		{`{ echo(i: 01) }`, `Syntax Error: Invalid number, unexpected digit after 0: "1".`, 1, 12},
		{`{ }`, `Syntax Error: Expected Name, found "}".`, 1, 3},
		{`type Query { a: Int }`, `Syntax Error: Unexpected Name "type".`, 1, 1},
		{`{ nope }`, `Cannot query field "nope" on type "Query".`, 1, 3},
		{`{ __schema { types { name } } }`, `GraphQL introspection is not allowed, but the query contained __schema or __type.`, 1, 3},
		{`{ animal { id } }`, `Field "animal" argument "id" of type "ID!" is required, but it was not provided.`, 1, 3},
		{`{ count(x: 1) }`, `Unknown argument "x" on field "Query.count".`, 1, 9},
		{`{ animal(id: 1, id: 1) { id } }`, `There can be only one argument named "id".`, 1, 17},
		{`{ animal(id: 1) }`, `Field "animal" of type "Animal" must have a selection of subfields. Did you mean "animal { ... }"?`, 1, 3},
		{`{ count { x } }`, `Field "count" must not have a selection since type "Int!" has no subfields.`, 1, 3},
		{`{ animal(id: null) { id } }`, `Expected value of type "ID!", found null.`, 1, 14},
		{`{ echo(i: "1") }`, `Int cannot represent non-integer value: "1"`, 1, 11},
		{`{ echo(i: 1.0) }`, `Int cannot represent non-integer value: 1`, 1, 11},
		{`{ echo(i: 3000000000) }`, `Int cannot represent non 32-bit signed integer value: 3000000000`, 1, 11},
		{`{ echo(s: CAT) }`, `String cannot represent a non string value: CAT`, 1, 11},
		{`{ echo(day: 3) }`, `Day cannot represent this.`, 1, 13},
		{`{ animals(only: "DOG") { id } }`, `Enum "Kind" cannot represent non-enum value: "DOG".`, 1, 17},
		{`{ animals(only: COW) { id } }`, `Value "COW" does not exist in "Kind" enum.`, 1, 17},
		{`{ animals(where: {kind: DOG}) { id } }`, `Field "Where.name" of required type "String!" was not provided.`, 1, 18},
		{`{ animals(where: {name: "x", age: 3}) { id } }`, `Field "age" is not defined by type "Where".`, 1, 30},
		{`query($id: ID) { animal(id: $id) { id } }`, `Variable "$id" of type "ID" used in position expecting type "ID!".`, 1, 29},
		{`query A { animal(id: $id) { id } }`, `Variable "$id" is not defined by operation "A".`, 1, 22},
		{`query A($x: Int) { count }`, `Variable "$x" is never used in operation "A".`, 1, 9},
		{`query($x: Nope) { echo(s: $x) }`, `Unknown type "Nope".`, 1, 11},
		{`query($x: Animal) { echo(s: $x) }`, `Variable "$x" cannot be non-input type "Animal".`, 1, 11},
		{`query($x: Int, $x: Int) { echo(i: $x) }`, `There can be only one variable named "$x".`, 1, 16},
		{`query($n: ID!) { ...F } fragment F on Query { echo(s: $n) }`, `Variable "$n" of type "ID!" used in position expecting type "String".`, 1, 55},
		{`{ ...F }`, `Unknown fragment "F".`, 1, 6},
		{`{ count } fragment F on Query { count }`, `Fragment "F" is never used.`, 1, 11},
		{`{ ...F } fragment F on Animal { id }`, `Fragment "F" cannot be spread here as objects of type "Query" can never be of type "Animal".`, 1, 3},
		{`{ ...F } fragment F on Nope { id }`, `Unknown type "Nope".`, 1, 24},
		{`{ ...F } fragment F on Kind { id }`, `Fragment "F" cannot condition on non composite type "Kind".`, 1, 24},
		{`{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }`, `Cannot spread fragment "F" within itself.`, 1, 61},
		{`{ count } { ratio }`, `This anonymous operation must be the only defined operation.`, 1, 1},
		{`query A { count } query A { ratio }`, `There can be only one operation named "A".`, 1, 19},
		{`{ count @defer }`, `Unknown directive "@defer".`, 1, 9},
		{`{ count @skip }`, `Directive "@skip" argument "if" of type "Boolean!" is required, but it was not provided.`, 1, 9},
		{`query @skip(if: true) { count }`, `Directive "@skip" may not be used on QUERY.`, 1, 7},
		{`{ x: count x: ratio }`, `Fields "x" conflict because "count" and "ratio" are different fields. Use different aliases on the fields to fetch both if this was intentional.`, 1, 3},
		{`{ animal(id: 1) { id } animal(id: 2) { id } }`, `Fields "animal" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.`, 1, 3},
		{`{ animal(id: 1) { n: name } animal(id: 1) { n: id } }`, `Fields "animal" conflict because subfields "n" conflict because "name" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional.`, 1, 19},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			response, got := ask(t, zoo(), tt.query, "", "")
			if response.Stage != gql.Refused || response.Data != nil || len(response.Errors) == 0 {
				t.Fatalf("not refused: %s", got)
			}
			first := response.Errors[0]
			if first.Message != tt.message || first.Code != gql.CodeBadRequest {
				t.Errorf("got  %s\nwant %s", got, tt.message)
			}
			if len(first.Locations) == 0 || first.Locations[0] != (gql.Location{Line: tt.line, Column: tt.column}) {
				t.Errorf("at %v, want %d:%d", first.Locations, tt.line, tt.column)
			}
		})
	}
}

func TestOperationIsChosenByName(t *testing.T) {
	for name, want := range map[string]string{
		"C": `Unknown operation named "C".`,
		"":  `Must provide operation name if query contains multiple operations.`,
	} {
		response, got := ask(t, zoo(), `query A { count } query B { ratio }`, name, "")
		if response.Stage != gql.Refused || response.Errors[0].Message != want || response.Errors[0].Locations != nil {
			t.Errorf("%q: %s", name, got)
		}
	}
	if response, got := ask(t, zoo(), `fragment F on Query { count }`, "", ""); response.Stage != gql.Refused {
		t.Errorf("no operation: %s", got)
	}
	// Without a type for it, nothing below a mutation can be checked, and it fails only when it is run.
	server := gql.Server{Schema: gql.MustParseSchema(`schema { query: Q } type Q { a: Int }`), Query: gql.Fields{}}
	response, got := ask(t, &server, `mutation { anything(x: {y: 1}) { z } }`, "", "")
	want := `{"errors":[{"message":"Schema is not configured to execute mutation operation.","locations":[{"line":1,"column":1}],"extensions":{"code":"INTERNAL"}}],"data":null}`
	if response.Stage != gql.Executed || got != want {
		t.Errorf("got %s", got)
	}
}

func TestVariablesThatDoNotFit(t *testing.T) {
	tests := []struct{ query, variables, message string }{
		{`query($id: ID!) { animal(id: $id) { id } }`, `{}`, `Variable "$id" of required type "ID!" was not provided.`},
		{`query($id: ID!) { animal(id: $id) { id } }`, `{"id":null}`, `Variable "$id" of non-null type "ID!" must not be null.`},
		{`query($id: ID!) { animal(id: $id) { id } }`, `{"id":1.5}`, `Variable "$id" got invalid value 1.5; ID cannot represent a non-string and non-integer value: 1.5`},
		{`query($id: ID!) { animal(id: $id) { id } }`, `{"id":{}}`, `Variable "$id" got invalid value {}; ID cannot represent a non-string and non-integer value: {}`},
		{`query($l: [[Int]]) { echo(list: $l) }`, `{"l":[[1],["x"]]}`, `Variable "$l" got invalid value "x" at "l[1][0]"; Int cannot represent non-integer value: "x"`},
		{`query($w: Where) { animals(where: $w) { id } }`, `{"w":{"near":{}}}`, `Variable "$w" got invalid value {"near":{}}; Field "name" of required type "String!" was not provided.`},
		{`query($w: Where) { animals(where: $w) { id } }`, `{"w":{"name":"x","near":{"name":1}}}`, `Variable "$w" got invalid value 1 at "w.near.name"; String cannot represent a non string value: 1`},
		{`query($w: Where) { animals(where: $w) { id } }`, `{"w":{"name":"x","b":1,"a":1}}`, `Variable "$w" got invalid value {"a":1,"b":1,"name":"x"}; Field "a" is not defined by type "Where".`},
		{`query($w: Where) { animals(where: $w) { id } }`, `{"w":"x"}`, `Variable "$w" got invalid value "x"; Expected type "Where" to be an object.`},
		{`query($k: [Kind!]) { animals(only: $k) { id } }`, `{"k":[null]}`, `Variable "$k" got invalid value null at "k[0]"; Expected non-nullable type "Kind!" not to be null.`},
	}
	for _, tt := range tests {
		response, got := ask(t, zoo(), tt.query, "", tt.variables)
		if response.Stage != gql.BadVariables || response.Errors[0].Message != tt.message || strings.Contains(got, `"data"`) {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.query, tt.variables, got, tt.message)
		}
	}
}

func TestRootFieldsWaitTogether(t *testing.T) {
	met := make(chan struct{})
	server := gql.Server{Schema: gql.MustParseSchema(`schema { query: Q } type Q { a: Int b: Int }`), Query: gql.Fields{
		"a": gql.Func(func(context.Context, gql.Args) (any, error) { close(met); return 1, nil }),
		"b": gql.Func(func(context.Context, gql.Args) (any, error) { <-met; return 2, nil }),
	}}
	if _, got := ask(t, &server, `{ b a }`, "", ""); got != `{"data":{"b":2,"a":1}}` {
		t.Error(got)
	}
}

func TestEndedContextFailsFields(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	response := zoo().Do(ctx, gql.Request{Query: `{ a: animal(id: 1) { id } }`})
	if string(response.Data) != `{"a":null}` || len(response.Errors) != 1 {
		t.Errorf("%s %v", response.Data, response.Errors)
	}
}

func TestMutates(t *testing.T) {
	const doc = `query A { count } mutation B { rename(input: {id: 1, name: "x"}) }`
	for name, want := range map[string]bool{"A": false, "B": true, "": false, "C": false} {
		if got := zoo().Mutates(gql.Request{Query: doc, OperationName: name}); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestSchemasThatCannotBe(t *testing.T) {
	for _, sdl := range []string{
		``, `schema { query: Q }`, `schema { query: Q } scalar Q`, `schema { query: Q } type Q { a: Nope }`,
		`schema { query: Q } type Q { a(x: Q): Int }`, `schema { query: Q } type Q { a(x: Int = "y"): Int }`,
		`schema { query: Q } type Q { a: I } input I { x: Int }`, `type`, `union A = B`,
		`schema { query: Q subscription: Q } type Q { a: Int }`,
	} {
		if _, err := gql.ParseSchema(sdl); err == nil {
			t.Errorf("accepted %q", sdl)
		}
	}
}
