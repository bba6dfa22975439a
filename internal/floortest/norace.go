//go:build !race

package floortest

// RaceDetector reports whether the program was built with -race, which allocates on its own account.
const RaceDetector = false
