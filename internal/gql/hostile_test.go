package gql_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/gql"
)

func TestHostileDocumentsEnd(t *testing.T) {
	double := &strings.Builder{} // each fragment uses the next one twice, under two names
	double.WriteString("{ animal(id: 1) { ...F0 } }")
	for i := range 60 {
		fmt.Fprintf(double, " fragment F%d on Animal { a: friend { ...F%d } b: friend { ...F%d } }", i, i+1, i+1)
	}
	double.WriteString(" fragment F60 on Animal { id }")

	chain := &strings.Builder{} // many operations over a long chain of fragments
	for i := range 3000 {
		fmt.Fprintf(chain, "query A%d { ...F0 } fragment F%d on Query { ...F%d } ", i, i, i+1)
	}
	chain.WriteString("fragment F3000 on Query { count }")

	for name, query := range map[string]string{
		"doubling":   double.String(),
		"chain":      chain.String(),
		"nesting":    strings.Repeat("{ animal(id: 1) ", 100_000),
		"lists":      "{ echo(list: " + strings.Repeat("[", 100_000),
		"types":      "query($x: " + strings.Repeat("[", 100_000),
		"arguments":  "{ count(" + strings.Repeat("x: 1 ", 200_000) + ") }",
		"directives": "{ count " + strings.Repeat("@skip(if: true) ", 100_000) + " }",
		"length":     strings.Repeat("#", 5<<20),
	} {
		t.Run(name, func(t *testing.T) {
			response, _ := ask(t, zoo(), query, "A0", "")
			if response.Stage != gql.Refused || len(response.Errors) > 101 {
				t.Errorf("stage %d, %d errors", response.Stage, len(response.Errors))
			}
		})
	}
}

func TestManyAliases(t *testing.T) {
	const n = 10_000
	query := &strings.Builder{}
	query.WriteString("{")
	for i := range n {
		fmt.Fprintf(query, " t%d: animal(id: %d) { id name }", i, i%3)
	}
	query.WriteString("}")
	response, _ := ask(t, zoo(), query.String(), "", "")
	var data map[string]*struct{ ID string }
	if err := json.Unmarshal(response.Data, &data); err != nil || len(data) != n || data["t1"].ID != "1" || data["t3"] != nil {
		t.Fatalf("%d aliases, %v", len(data), err)
	}
	if want := (n + 2) / 3; len(response.Errors) != want {
		t.Errorf("%d errors, want %d", len(response.Errors), want)
	}
}

func FuzzDo(f *testing.F) {
	for _, seed := range []string{
		`{ animal(id: 1) { ...F friend { name } } } fragment F on Animal { id @skip(if: false) }`,
		`query A($w: Where = {name: "x"}, $n: Int) { animals(where: $w, first: $n) { __typename } }`,
		"mutation { rename(input: {id: 1, name: \"\"\"\n a\n  b\"\"\"}) }", `{ echo(list: [[1, 2], null, 3], s: "\u{1F600}") }`,
		`{ x: count x: ratio ... on Query { broken later } }`, "\ufeff#c\r\n{count}", `{ strict { secret } }`, `{ echo(f: -1.5e+3) }`,
	} {
		f.Add(seed, `{"n": 1, "w": {"name": "y", "kind": "DOG"}}`)
	}
	server := zoo()
	server.Limits = gql.Limits{Depth: 30, Visits: 10_000}
	f.Fuzz(func(t *testing.T, query, variables string) {
		r := gql.Request{Query: query}
		d := json.NewDecoder(strings.NewReader(variables))
		d.UseNumber()
		if d.Decode(&r.Variables) != nil {
			r.Variables = nil
		}
		response := server.Do(t.Context(), r)
		text, err := response.MarshalJSON()
		if err != nil || !json.Valid(text) {
			t.Fatalf("no JSON: %v %s", err, text)
		}
		if (response.Stage == gql.Executed) != (response.Data != nil) {
			t.Errorf("stage %d with data %s", response.Stage, response.Data)
		}
		if response.Stage != gql.Executed && len(response.Errors) == 0 {
			t.Error("refused without a reason")
		}
		again, _ := server.Do(t.Context(), r).MarshalJSON()
		if string(again) != string(text) {
			t.Errorf("two answers to one request:\n%s\n%s", text, again)
		}
	})
}
