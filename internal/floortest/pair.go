// Package floortest holds what a client of a provider costs against what any program has to spend for the same answer.
//
// # The floor
//
// A program that knows nothing of parcels still makes the request with net/http, reads the answer with io.ReadAll,
// decodes it once with encoding/json into typed structs, and reads when each scan was. That is the floor. [Case.Pair] asks
// the client once, keeps the requests that it sends, and sends the very same ones, headers and bodies included, from then on
// as the floor. The structs are the adapter's own, so that the floor decodes what the adapter reads and no more.
//
// Both sides talk to the same [Provider], which answers from memory with a single allocation: what is compared is the work on
// this side of the network, with nothing in it that both sides would have to wait for.
//
// # What carries over
//
// Allocation counts are exact and belong into tests. Times are bound to a machine and belong into benchmarks, as a
// multiple of the floor taken in the same run; [Turns] changes sides every few milliseconds, so that what else the
// machine does meets both, and takes medians.
package floortest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
)

// Case is what is asked of a carrier, and what the provider says.
type Case struct {
	// Carrier makes the carrier under test, which does not pace itself and makes its calls with the given client.
	Carrier func(client *http.Client, unpaced tracking.Limiter) tracking.Carrier
	// Queries are asked with Track if there is one of them, else with TrackAll.
	Queries []tracking.Query
	// Answer is the body of every answer, and Scans how many scans it must give each parcel.
	Answer []byte
	Scans  int
	// Via, where it is set, stands between both sides and the provider.
	Via func(provider http.RoundTripper) http.RoundTripper
	// Decode reads the body once into the adapter's own structs, made anew each time, and with the standard library the
	// times of scans that are texts: who tracks a parcel needs them.
	Decode func(body []byte) error
}

// Pair is one job done twice: by a client, and by hand.
type Pair struct {
	ctx     context.Context // the same for both sides
	client  *tracking.Client
	carrier tracking.Carrier
	batch   int // queries that the carrier takes at a time
	queries []tracking.Query
	decode  func([]byte) error
	bare    *http.Client
	calls   []call
}

// call is a request as the client made it.
type call struct {
	method, url string
	header      http.Header
	body        []byte
}

// Pair asks the client once, checks that it answers as it should, and keeps its requests for the floor. It makes one call at
// a time, as the floor does. The context serves both sides.
func (c Case) Pair(ctx context.Context) (*Pair, error) {
	provider := c.Provider()
	tap := &recorder{next: provider}
	carrier := c.Carrier(&http.Client{Transport: tap}, rate.NewLimiter(rate.Inf, 0))
	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{carrier}, Concurrency: 1})
	if err != nil {
		return nil, err
	}
	p := &Pair{
		ctx: ctx, client: client, carrier: carrier, batch: 1, queries: c.Queries, decode: c.Decode, bare: &http.Client{Transport: provider},
	}
	if limited, ok := tracking.Ability[tracking.Limited](carrier); ok {
		p.batch = max(1, limited.Limits().Batch)
	}
	for result := range client.TrackAll(ctx, slices.Values(c.Queries)) {
		if result.Err != nil {
			return nil, result.Err
		}
		if n := len(result.Parcel.Events); n != c.Scans {
			return nil, fmt.Errorf("%d scans of parcel %s, want %d", n, result.Query.Number, c.Scans)
		}
	}
	p.calls, tap.off = tap.calls, true
	if len(p.calls) == 0 {
		return nil, errors.New("the client sent nothing")
	}
	return p, p.Floor()
}

// Provider gives the provider that both sides talk to.
func (c Case) Provider() http.RoundTripper {
	provider := NewProvider(c.Answer)
	if c.Via != nil {
		return c.Via(provider)
	}
	return provider
}

// Client asks by way of a [tracking.Client].
func (p *Pair) Client() error {
	if len(p.queries) == 1 {
		_, err := p.client.Track(p.ctx, p.queries[0])
		return err
	}
	for result := range p.client.TrackAll(p.ctx, slices.Values(p.queries)) {
		if result.Err != nil {
			return result.Err
		}
	}
	return nil
}

// Adapter asks the carrier itself, without the client, on this goroutine.
func (p *Pair) Adapter() error {
	for chunk := range slices.Chunk(p.queries, p.batch) {
		results, err := p.carrier.Query(p.ctx, chunk)
		if err != nil {
			return err
		}
		for _, result := range results {
			if result.Err != nil {
				return result.Err
			}
		}
	}
	return nil
}

// Floor makes the same requests by hand, one after the other, and decodes each answer.
func (p *Pair) Floor() error {
	for i := range p.calls {
		if err := p.ask(&p.calls[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pair) ask(c *call) error {
	req, err := http.NewRequestWithContext(p.ctx, c.method, c.url, bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	maps.Copy(req.Header, c.header)
	resp, err := p.bare.Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	return p.decode(body)
}

// Times are medians.
type Times struct {
	Client, Floor float64 // nanoseconds

	ClientRatio, AdapterRatio float64 // multiples of the floor; the adapter alone, and with the client around it
}

// round is how many parcels one side asks for before the other has its turn: long enough for it to pay for its own garbage.
const round = 256

// Time does both sides n times, in turns.
func (p *Pair) Time(n int) (Times, error) {
	took, ratios, err := Turns(n, max(1, round/len(p.queries)), p.Client, p.Adapter, p.Floor)
	if err != nil {
		return Times{}, err
	}
	return Times{took[0], took[2], ratios[0], ratios[1]}, nil
}

// Turns does every side n times, so many of each before the next has its turn. It gives the nanoseconds that one time
// of each side takes, and each side as a multiple of the last one, both as medians of the rounds.
func Turns(n, each int, sides ...func() error) (took, ratios []float64, err error) {
	rounds, multiples := make([][]float64, len(sides)), make([][]float64, len(sides))
	now := make([]float64, len(sides))
	for ; n > 0; n -= each {
		for i, do := range sides {
			if now[i], err = timed(min(n, each), do); err != nil {
				return nil, nil, err
			}
		}
		for i := range sides {
			rounds[i] = append(rounds[i], now[i])
			multiples[i] = append(multiples[i], now[i]/now[len(now)-1])
		}
	}
	for i := range sides {
		took, ratios = append(took, median(rounds[i])), append(ratios, median(multiples[i]))
	}
	return took, ratios, nil
}

// timed gives the nanoseconds that each of n times took.
func timed(n int, do func() error) (float64, error) {
	start := time.Now()
	for range n {
		if err := do(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start)) / float64(n), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// Allocations counts the allocations of each side. Under the race detector they mean nothing.
func (p *Pair) Allocations() (client, floor float64, err error) {
	count := func(do func() error) float64 {
		return testing.AllocsPerRun(200, func() { err = errors.Join(err, do()) })
	}
	client, floor = count(p.Client), count(p.Floor)
	return client, floor, err
}
