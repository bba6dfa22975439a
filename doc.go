// Package waybill is a toolkit for companies that ship parcels in Korea: it tracks them at any provider with one client,
// and is made to drive a warehouse's orders from what it sees.
//
// This package itself is empty; begin with one of these:
//
//   - tracking: what a parcel is and how to ask about it
//   - carriers/deliveryapi, carriers/sweettracker, carriers/trackerdelivery: one provider each
//   - carriers/courier: the couriers, their codes at each provider, and the form of their numbers
//   - carriers/sandbox: a parcel world that speaks all three protocols, for tests and demonstrations
//   - statusmap: what providers' words mean, and what they mean to a warehouse
//   - tracking/transport: how the HTTP calls of one credential are made; for a carrier of your own too
//   - tracking/trackingtest: the suite that every carrier passes
//   - order: what the warehouse promised – order, section, item, claim – and the rules that move it
//   - order/report: the figures of a dashboard over a period
//   - order/privacy: personal data that masks itself, and is unmasked on record
//
// The module examples holds programs to run, read and copy: go run ./examples/quickstart needs no credentials. The folder
// docs holds the tables: statuses, carriers and their settings, couriers, errors, the sandbox's numbers.
//
// Rules that hold everywhere: evidence first, statuses are derived and never set; a status never moves backwards by accident;
// one bad item harms itself only; errors are typed; time has a zone; every call is counted; nothing is global, and no
// goroutine is without an owner.
package waybill
