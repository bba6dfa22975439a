// Package measure tells what the policies of schedule cost: what they would have, what they will, and what they have.
//
// # What it would have cost
//
// [Replay] plays timelines against a policy and fails one that asks for an event before a poll delivered it; [ReplayWebhooks] does while
// a provider pushes, or falls silent. [Outcome.Objective] puts delay and polls into one figure: worth × delay + price × polls.
// [schedule.Optimum] is replayed to see how near that is to the best schedule for a model's hazards, and [Clairvoyant] is the least that
// anybody could pay who knew the future. [Tune] finds the price at which two policies ask equally often, and [Bootstrap] tells how sure such figures are,
// and differences of two policies.
//
// # What it will cost
//
// [Forecast] says what a budget gives and what a goal costs, by playing [schedule.Adaptive] on parcels drawn from the hazards, or on past
// ones. Its answer is a [Promise], in two languages.
//
// # What it has cost
//
// [Meter] is told of each parcel at its end, while an engine runs, and gives a [Regret] for each courier: cost against the optimum and
// against the clairvoyant.
//
// # Units
//
// Delays are in hours and count from publication to the poll or push that told; prices are in won, worth in won for each hour of earlier
// news. Days are Korea's. Nothing here reads a clock, sleeps or does input and output, and all chances come from seeds: the same input gives
// the same output.
package measure
