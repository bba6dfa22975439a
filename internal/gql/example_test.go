package gql_test

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/internal/gql"
)

func ExampleServer() {
	server := gql.Server{
		Schema: gql.MustParseSchema(`
			schema { query: Query }
			type Query { greet(name: String = "world"): String! }`),
		Query: gql.Fields{
			"greet": gql.Func(func(_ context.Context, args gql.Args) (any, error) {
				name, _ := args.String("name")
				return "hello " + name, nil
			}),
		},
	}
	response := server.Do(context.Background(), gql.Request{Query: `{ a: greet b: greet(name: "you") }`})
	fmt.Printf("%s\n", response.Data)
	// Output: {"a":"hello world","b":"hello you"}
}
