package schedule

// Parcels for tests of what replays them, which imports this package.
var (
	Deliveries     = deliveries
	Journeys       = journeys
	Published      = published
	Tours          = tours
	WithoutWindows = withoutWindows
)
