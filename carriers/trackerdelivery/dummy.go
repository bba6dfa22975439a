package trackerdelivery

import "time"

// dummyID is the managed service's test carrier (documented): hidden from its list, unknown to a self-hosted server.
const dummyID = "dev.track.dummy"

// DummyNumber gives the number under which the test courier (courier code "dummy") shows a parcel that is delivered at
// t, rounded down to 3 hours in UTC. The documented behaviour, with the number's time D:
//
//	D up to 24 hours ago    DELIVERED
//	D up to 24 hours ahead  IN_TRANSIT
//	any other D             ErrNotFound
//	not a time              ErrInvalidNumber
//
// Only the managed service has this courier. What it answers is made up: keep it out of lists for people.
func DummyNumber(t time.Time) string {
	return t.UTC().Truncate(3 * time.Hour).Format("2006-01-02T15:04:05Z")
}
