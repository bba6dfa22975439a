// Package gql is a small GraphQL engine: enough of the language to play a documented server toward clients that
// nobody here wrote, and nothing beyond that.
//
// A [Schema] is read from schema language with [ParseSchema]. A [Server] pairs it with a root value and answers a
// [Request]:
//
//	schema := gql.MustParseSchema(`
//		schema { query: Query }
//		type Query { greet(name: String = "world"): String! }`)
//	server := gql.Server{Schema: schema, Query: gql.Fields{
//		"greet": gql.Func(func(_ context.Context, args gql.Args) (any, error) {
//			name, _ := args.String("name")
//			return "hello " + name, nil
//		}),
//	}}
//	response := server.Do(ctx, gql.Request{Query: `{ a: greet b: greet(name: "you") }`})
//
// # The language
//
// Executable documents are read whole: queries and mutations, named and anonymous, several in one document with
// an operation name; variables with types and defaults; fragments and inline fragments; aliases; every literal,
// block strings included; comments; @include and @skip; __typename. Types are scalars, enums, objects and input
// objects: interfaces and unions are left out, and so are subscriptions and introspection, which is refused as a
// server in production refuses it.
//
// # Order
//
// Fields are resolved one after another in the order of the document, and answered in that order, so that the
// same request gives the same bytes. Errors are listed in order of failure: a resolver says with [Error.Turn] that it
// would have failed later than its neighbours on a server that runs them side by side.
//
// # Failure
//
// A request fails at one of three [Stage] values, which servers answer differently. A document that is malformed or
// does not fit the schema is [Refused]; variables that do not fit are [BadVariables]; past that it is [Executed],
// and a failing field is null with an error at its path. A field that must not be null passes the null on to its
// parent, as the language wants it.
//
// # Limits
//
// Documents come from anywhere, so every loop has an end: the length of the text, the nesting, and the number of
// selections visited (fragments that include each other twice grow like powers of two) are bounded. See [Limits].
//
// A Server and a Schema do not change and are safe for concurrent use as far as the root values are.
package gql
