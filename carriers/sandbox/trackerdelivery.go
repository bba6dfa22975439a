package sandbox

import (
	"errors"
	"net/http"
	"time"

	"github.com/waybill-dev/waybill/internal/gql"
	"github.com/waybill-dev/waybill/tracking"
)

// trackerDelivery is what tracker.delivery's double keeps. World.mu guards the maps; the schemas do not change.
//
// The managed service is played as documented, and where the documentation is silent as the open-source server
// behaves that it is built around. What is not known about it is our decision, said where it is made.
type trackerDelivery struct {
	managed, open *gql.Schema

	tokens map[string]trackerToken // by token
	hooks  map[key]trackerHook
}

func newTrackerDelivery() trackerDelivery {
	managed := gql.MustParseSchema(trackerManagedSDL)
	managed.Scalar("DateTime", trackerTime)
	return trackerDelivery{
		managed: managed, open: gql.MustParseSchema(trackerOpenSDL),
		tokens: map[string]trackerToken{}, hooks: map[key]trackerHook{},
	}
}

// routeTrackerDelivery serves the managed service, its token address, a self-hosted server at any path, and the old
// REST interface.
func (w *World) routeTrackerDelivery(mux *http.ServeMux) {
	open := func(rw http.ResponseWriter, r *http.Request) { w.serveGraphQL(rw, r, false) }
	mux.HandleFunc("/trackerdelivery/graphql", func(rw http.ResponseWriter, r *http.Request) { w.serveGraphQL(rw, r, true) })
	mux.HandleFunc("/trackerdelivery/oauth2/token", w.serveTrackerToken)
	mux.HandleFunc("/trackerdelivery/", serveExpressNotFound)
	mux.HandleFunc("/selfhosted", open)
	mux.HandleFunc("/selfhosted/", open)
	mux.HandleFunc("GET /trackerdelivery-v1/carriers", w.trackerV1(w.serveV1Carriers))
	mux.HandleFunc("GET /trackerdelivery-v1/carriers/{carrier}", w.trackerV1(w.serveV1Carrier))
	mux.HandleFunc("GET /trackerdelivery-v1/carriers/{carrier}/tracks/{number}", w.trackerV1(w.serveV1Track))
	mux.HandleFunc("/trackerdelivery-v1/", serveExpressNotFound)
}

// trackerTime reads the scalar DateTime: RFC 3339 with Z or an offset.
func trackerTime(v any) (any, error) {
	text, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return nil, errors.New("DateTime cannot represent a value that is not RFC 3339 with Z or an offset")
	}
	return t, nil
}

// trackerStamp writes a time as tracker.delivery does: milliseconds always, the courier's offset, UTC as Z.
func trackerStamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }

// trackerFamily tells the three doubles of tracker.delivery from each other.
func trackerFamily(managed bool) string {
	if managed {
		return TrackerDelivery
	}
	return SelfHosted
}

// trackerHook is one registration at the managed tracker.delivery. Callback may hold a secret of the host.
type trackerHook struct {
	Courier   tracking.Courier
	CarrierID string // the courier's code there
	Number    string
	Callback  string
	Until     time.Time // when it lapses, in the world's time
	At        time.Time // when it was first registered
}
