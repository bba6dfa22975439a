// Package schedule decides when to ask about a parcel next. What such decisions cost is measured by its package measure.
//
// Every poll costs money or quota, and every hour of not knowing costs too. A [Policy] weighs the two: it sees a [View] of one
// parcel, made of nothing but what earlier answers told, and names the time of the next poll. Three come with the package:
//
//	schedule.Fixed{Every: 2 * time.Hour}     the same interval always
//	schedule.StatusTable{}                   30 minutes while moving, two hours otherwise and at night
//	schedule.Adaptive{Model: m, …}           often when news is likely and worth something
//
// # Adaptive
//
// [Adaptive] lets a debt grow for each parcel by what not knowing is expected to cost, and asks when the debt reaches the price of
// a poll. That spreads polls as densely as the square root of (worth × hazard), which is the best that a schedule can do when
// intervals are short against the time that it waits. The hazard, events an hour, comes from a [Model]: age since the last event × half-hour of
// the day × kind of day for each pair of statuses, learned by [Model.Learn] from timelines, from all couriers together and then from
// each alone, and held toward a prior where there is little to learn from. Times of events are known to the minute once they are
// seen, so nothing about them has to be guessed from the times of polls; only how late a courier publishes is, from when they were
// seen and when not yet. A [Calendar] tells holidays, and a driver's window in the View gathers the hazard of a delivery, as far as the
// courier's windows are found to be kept.
//
// Where a number may be asked a few times a day only (View.Cap), the debt at which a poll is due is raised until the polls that are
// left last to midnight. [Adaptive.Stop] tells when a silent parcel is worth no poll any more.
//
// # Pushes
//
// A push is a hint: it may be lost. [Hints] learns for each courier which share of changes pushes tell of before polls do, and notices when
// they fall silent; [View].Recall is that share, and the policy polls for the rest. [PutOff] judges polls when their time has come.
//
// # Yardsticks
//
// [Optimum] is the exactly best schedule for a model's hazards, found by dynamic programming, and [Model.Lives] draws parcels that
// live by them. [Reason] is why a poll was planned.
//
// # Units
//
// Worth is in won for each hour of earlier news, price in won a poll, hazard in events an hour, delay in hours. Clock and days are
// Korea's; Korea has had one offset since 1988. Nothing here reads a clock, sleeps or does input and output: times come from the
// caller, and the same input gives the same output.
package schedule
