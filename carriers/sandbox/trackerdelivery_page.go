package sandbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/internal/gql"
)

// trackerPageCap is how many items a page holds at most, silently (observed).
const trackerPageCap = 20

// connection gives one page of a list as GraphQL connections have it. The oddities are observed: the cursors of
// pageInfo are counted, not looked up, and lie outside the list on a short page; a damaged cursor is found only
// when edges or pageInfo are read.
func connection(nodes []any, args gql.Args) (any, error) {
	page, err := askedPage(args, len(nodes))
	if err != nil {
		return nil, err
	}
	return gql.Fields{
		"edges":    page.field(func() any { return page.edges(nodes) }),
		"pageInfo": page.field(func() any { return page.info(len(nodes)) }),
	}, nil
}

// page is a range of positions, both included; they may lie outside the list.
type page struct {
	from, to int
	lost     bool // the cursor holds no position: nothing is in the page
	damaged  bool // the cursor cannot be read
}

// askedPage reads the arguments of a connection: exactly one of first and last, at least 1, with its own cursor.
func askedPage(args gql.Args, total int) (page, error) {
	first, forward := args.Int("first")
	last, backward := args.Int("last")
	after, hasAfter := args.String("after")
	before, hasBefore := args.String("before")
	switch {
	case forward == backward:
		return page{}, trackerPageError("exactly one of first and last is needed")
	case forward && first < 1, backward && last < 1:
		return page{}, trackerPageError("first and last must be at least 1")
	case forward && hasBefore, backward && hasAfter:
		return page{}, trackerPageError("after goes with first, before with last")
	case forward:
		p := page{from: 0}
		if hasAfter {
			p = pageAt(after)
			p.from++
		}
		p.to = p.from + min(first, trackerPageCap) - 1
		return p, nil
	default:
		p := page{to: total - 1}
		if hasBefore {
			p = pageAt(before)
			p.to = p.from - 1
		}
		p.from = p.to - min(last, trackerPageCap) + 1
		return p, nil
	}
}

func trackerPageError(message string) error {
	return &gql.Error{Message: message, Code: "BAD_REQUEST", Turn: turnField}
}

// pageAt reads a cursor; its position is in from.
func pageAt(cursor string) page {
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(cursor, "="))
	if err != nil {
		return page{damaged: true}
	}
	var at *struct {
		Index *int `json:"index"`
	}
	switch err := json.Unmarshal(text, &at); {
	case err != nil || at == nil:
		return page{damaged: true}
	case at.Index == nil || *at.Index < -1<<31 || *at.Index >= 1<<31:
		return page{lost: true}
	default:
		return page{from: *at.Index}
	}
}

// trackerCursor names a position.
func trackerCursor(position int) string {
	return base64.StdEncoding.EncodeToString([]byte(`{"index":` + strconv.Itoa(position) + `}`))
}

// field is a field of the connection, which fails when the cursor is damaged.
func (p page) field(value func() any) gql.Func {
	return func(_ context.Context, _ gql.Args) (any, error) {
		if p.damaged {
			return nil, &gql.Error{Message: "Unexpected token in cursor", Code: "INTERNAL", Turn: turnField}
		}
		return value(), nil
	}
}

func (p page) edges(nodes []any) []any {
	edges := []any{}
	if p.lost {
		return edges
	}
	for i := max(p.from, 0); i <= min(p.to, len(nodes)-1); i++ {
		edges = append(edges, gql.Fields{"node": nodes[i], "cursor": trackerCursor(i)})
	}
	return edges
}

func (p page) info(total int) gql.Fields {
	if p.lost {
		nowhere := base64.StdEncoding.EncodeToString([]byte(`{"index":null}`))
		return gql.Fields{"hasNextPage": false, "hasPreviousPage": false, "startCursor": nowhere, "endCursor": nowhere}
	}
	return gql.Fields{
		"hasNextPage": p.to < total-1, "hasPreviousPage": p.from > 0,
		"startCursor": trackerCursor(p.from), "endCursor": trackerCursor(p.to),
	}
}
