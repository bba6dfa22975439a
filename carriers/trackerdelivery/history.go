package trackerdelivery

import (
	"context"
	"slices"

	"github.com/waybill-dev/waybill/tracking/transport"
)

// maxPages bounds the pages of one parcel: our decision. No courier is known to have so many scans.
const maxPages = 10

// readOlder puts the pages before the first one in front of it, the whole history being one answer. A page that fails
// leaves the parcel good but partial. The way back is the first edge's cursor: those of pageInfo can point outside
// the list (observed).
func (c *Carrier) readOlder(ctx context.Context, a *ask, h *history) {
	if h.track.Events == nil || !h.track.Events.PageInfo.HasPreviousPage {
		return
	}
	edges, raw := h.track.Events.Edges, h.raw
	seen := make(map[string]struct{}, 2*pageSize)
	for _, e := range edges {
		seen[e.Cursor] = struct{}{}
	}
	more := true
	for page := 1; more; page++ {
		if page == maxPages || len(edges) == 0 || edges[0].Cursor == "" {
			h.partial = true
			break
		}
		older, olderRaw, ok := c.readPage(ctx, a, edges[0].Cursor)
		if !ok {
			h.partial = true
			break
		}
		fresh, freshRaw := unseen(older.Edges, olderRaw, seen)
		if len(fresh) == 0 {
			h.partial = h.partial || older.PageInfo.HasPreviousPage
			break
		}
		edges = append(fresh, edges...)
		if raw != nil {
			raw = append(freshRaw, raw...)
		}
		more = older.PageInfo.HasPreviousPage
	}
	h.track.Events.Edges, h.raw = edges, raw
}

// readPage asks for the page before a cursor. Not ok is any failure, or a part of the page that failed.
func (c *Carrier) readPage(ctx context.Context, a *ask, before string) (*events, []string, bool) {
	op := transport.Operation{Name: opQuery, Attempts: readAttempts, Attempt: trackLimit}
	got, err := c.readTracks(ctx, op, c.olderBody(a, before), asked{*a})
	if err != nil || len(got.Errors) > 0 || got.Data == nil {
		return nil, nil, false
	}
	t := (*got.Data)[single]
	if t == nil || t.Events == nil || t.Events.Edges == nil {
		return nil, nil, false
	}
	return t.Events, got.raw[single], true
}

// unseen gives the edges whose cursors are new, in a slice of their own, and remembers them. raw runs beside edges, if there is any.
func unseen(edges []edge, raw []string, seen map[string]struct{}) (fresh []edge, freshRaw []string) {
	fresh = slices.Grow(fresh, len(edges)+pageSize)
	for i, e := range edges {
		if _, again := seen[e.Cursor]; again {
			continue
		}
		seen[e.Cursor] = struct{}{}
		fresh = append(fresh, e)
		if i < len(raw) {
			freshRaw = append(freshRaw, raw[i])
		}
	}
	return fresh, freshRaw
}
