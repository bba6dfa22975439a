package sqlstore

// BackOff is the default of [Wait].
var BackOff = backOff
