// Package transport makes every HTTP call of one credential, for our adapters and for a carrier that a host writes
// itself. A [tracking.Carrier] then only knows its wire format: it builds a [Request], says how its answers are to be
// read, and gets back an answer read whole or a *tracking.Error.
//
//	calls, err := transport.New(transport.Config{Carrier: "truckers", Limiter: rate.NewLimiter(5, 5)})
//	…
//	resp, err := calls.Do(ctx,
//		transport.Operation{Name: "query", Attempts: 3},
//		transport.Request{Method: "GET", URL: base + "/parcels/" + url.PathEscape(number), Header: header})
//
// # What a call is
//
// A call, one [Transport.Do], is a row of at most [Operation.Attempts] HTTP requests, here called attempts. Before
// each, the call waits for its turn: for the gate (below), for one of [Config.Calls] places, and for
// [Operation.Tokens] tokens of the credential's limiter. Then the attempt runs under its own time limit, its answer
// is read to the end and closed, and [Operation.Classify] judges it. What it calls repeatable is repeated after a
// pause, as long as attempts, budget and time are left. Nothing runs on after Do has returned.
//
// Calls to tracking providers cost money, so the operation, not the method or the status, decides how often it may be
// sent. A zero Operation is sent once whatever happens: with Attempts at 0 or 1 no fault, status or header brings a
// second request. (net/http itself resends a read on a kept-alive connection that died before it answered; it never
// does so to a POST that may have been written, and a header that would make it do so is refused here.)
//
// # Judging answers
//
// Classify sees status, headers and body together, because providers put errors behind a 200 and successes behind a
// 500, and a spent plan behind a 429. A nil Classify means [Classify], the table by HTTP status, which an adapter may
// also call for what it does not recognise itself. It returns nil for success, else an *Error whose Retry says what
// is to happen:
//
//   - tracking.RetrySoon: again, after half a second, then one, two, four … each shortened at random by up to half.
//   - tracking.RetryAfter: again, not before Error.Wait.
//   - anything else: never within this call.
//
// The transport adds what it knows: Carrier, Op, HTTPStatus, and, with RetrySoon and RetryAfter, the time of a
// Retry-After header, on any status. A server's wait is never shortened. If it is longer than [Config.LongestWait],
// or could not end before the deadline, it is not begun: Do returns at once, the error says RetryAfter and how long.
// An ErrProtocol that asks to be repeated is repeated once, no more, and leaves the call as tracking.RetryNever.
//
// # The gate
//
// An ErrRateLimited concerns the credential, not the call that happened to hear it. So it shuts a gate for the time
// of its wait, and every call of the Transport waits there, or, when that would take too long, fails at once with
// ErrRateLimited and without a request. A new Transport has an open gate.
//
// # The retry budget
//
// Three attempts during an outage would triple the load. Repeats are therefore paid from a bucket: a call puts in
// 0.2, every second 1, a repeat takes 1, and at most 10 are kept. So repeats stay near a fifth of the calls, and at
// least one a second remains possible. A repeat that cannot be paid is not made; the caller gets the error of the
// last attempt.
//
// # Errors
//
// Do returns nil or a *tracking.Error. Faults without an answer (connection, TLS, time limit, an answer cut short)
// are ErrUpstream, soon, perhaps billed. A refusal by the gate or the limiter is ErrRateLimited, not billed. When the
// caller's context ended, the error wraps ctx.Err() and no sentinel; if the call was about to try again,
// [InterruptedError] in it keeps the error it had. Billed speaks of all attempts of the call together.
//
// No error, log record or hook holds a URL, a header, a body, or one of [Config.Secrets]. Causes of network faults
// are kept as one line of text; errors.Is finds syscall.ECONNREFUSED and the like in them, but nothing can be
// unwrapped from them.
//
// # What is left alone
//
// The host's http.Client is copied and never written to: its Transport and Jar are used, its Timeout, if it is
// shorter, limits each attempt, its CheckRedirect is replaced. Redirects are not followed, since they would carry a
// key in header or body to another place; the 3xx is judged like any answer. Idle connections of the host's are never
// closed. TLS is verified unless the host's own client says otherwise; http: works on loopback addresses only, unless
// [Config.AllowPlainHTTP] is set.
//
// The loop and its timer are go-retryablehttp's; none of its types shows here. Without [Config.Now] and [Config.Wait] all times in
// here are of the wall clock, with them time limits and measurements alone; all of it runs under testing/synctest.
package transport
