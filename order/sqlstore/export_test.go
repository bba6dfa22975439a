package sqlstore

import "github.com/waybill-dev/waybill/tracking/poll"

// BackOff is the default of [Wait].
var BackOff = backOff

// Texts gives the statements of a store.
func Texts(s *Store) []string { return s.texts[:] }

// Meter gives what counts for carriers.
func Meter(s *Store) poll.Meter { return meter{s} }
