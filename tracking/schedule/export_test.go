package schedule

// Parcels for tests of what replays them, which imports this package.
var (
	Deliveries     = deliveries
	Journeys       = journeys
	Published      = published
	Tours          = tours
	WithoutWindows = withoutWindows
)

// BelievingWindows is the model without what it learned of windows.
func BelievingWindows(m *Model) *Model {
	believing := *m
	believing.windows = nil
	return &believing
}

// WindowsKept is the share of windows that couriers keep.
func WindowsKept(m *Model) float64 { return m.windowsOf("").share() }
