package poll

import (
	"maps"
	"slices"
)

// Grounds lists all, for tests.
func Grounds() []Ground { return slices.Sorted(maps.Keys(forms)) }

// EndReasons lists all that have words, for tests.
func EndReasons() []Reason { return slices.Sorted(maps.Keys(reasonWords)) }

// CompareDay is compareDay.
var CompareDay = compareDay
