package poll

// TimelineOf is for tests.
var TimelineOf = timelineOf
