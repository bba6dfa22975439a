//go:build race

package bulk_test

const raceDetector = true // it allocates on its own account
