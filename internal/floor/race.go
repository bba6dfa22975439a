//go:build race

package floor

// RaceDetector reports whether the program was built with -race, which allocates on its own account.
const RaceDetector = true
