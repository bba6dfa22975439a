package trackingtest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

const huge = 10 << 20 // bytes

var errCount = errors.New("not one result for one query")

// ways are how a host gets at a carrier.
func ways(t *testing.T, c tracking.Carrier) map[string]func(context.Context, tracking.Query) (tracking.Result, error) {
	t.Helper()
	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{c}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context, tracking.Query) (tracking.Result, error){
		"Query": func(ctx context.Context, q tracking.Query) (tracking.Result, error) { return one(ctx, c, q) },
		"Track": func(ctx context.Context, q tracking.Query) (tracking.Result, error) {
			p, err := client.Track(ctx, q)
			return tracking.Result{Query: q, Parcel: p, Err: err}, err
		},
		"TrackAll": func(ctx context.Context, q tracking.Query) (tracking.Result, error) {
			results := slices.Collect(client.TrackAll(ctx, slices.Values([]tracking.Query{q})))
			if len(results) != 1 {
				return tracking.Result{}, errCount
			}
			return results[0], results[0].Err
		},
	}
}

// badQueries are wrong in a way that can be known without asking anybody.
var badQueries = []struct {
	name  string
	query tracking.Query
	want  error
}{
	{"no number", tracking.Query{Courier: courier.CJ}, tracking.ErrInvalidNumber},
	{"spaces", tracking.Query{Courier: courier.CJ, Number: " \t\r\n\u3000"}, tracking.ErrInvalidNumber},
	{"what nobody sees", tracking.Query{Courier: courier.CJ, Number: "\ufeff\u200b\u00a0\u00ad"}, tracking.ErrInvalidNumber},
	{"dashes", tracking.Query{Courier: courier.CJ, Number: "-–—−ー－"}, tracking.ErrInvalidNumber},
	{"a letter among digits", tracking.Query{Courier: courier.CJ, Number: "5500O0001072"}, tracking.ErrInvalidNumber},
	{"a letter behind digits", tracking.Query{Courier: courier.Hanjin, Number: "550000001072A"}, tracking.ErrInvalidNumber},
	{"a full-width letter", tracking.Query{Courier: courier.CJ, Number: "５５００Ｏ０００１０７２"}, tracking.ErrInvalidNumber},
	{"a null", tracking.Query{Courier: courier.CJ, Number: "550000\x0001072"}, tracking.ErrInvalidNumber},
	{"an escape sequence", tracking.Query{Courier: courier.CJ, Number: "\x1b[2J550000001072"}, tracking.ErrInvalidNumber},
	{"a second header", tracking.Query{Courier: courier.CJ, Number: "550000001072\r\nX-Injected: yes"}, tracking.ErrInvalidNumber},
	{"a path", tracking.Query{Courier: courier.CJ, Number: "../../admin"}, tracking.ErrInvalidNumber},
	{"a query string", tracking.Query{Courier: courier.CJ, Number: "550000001072?a=b#c"}, tracking.ErrInvalidNumber},
	{"JSON", tracking.Query{Courier: courier.CJ, Number: `550000001072","x":"`}, tracking.ErrInvalidNumber},
	{"GraphQL", tracking.Query{Courier: courier.CJ, Number: `550000001072") { id } #`}, tracking.ErrInvalidNumber},
	{"Korean", tracking.Query{Courier: courier.CJ, Number: "운송장 550000001072"}, tracking.ErrInvalidNumber},
	{"a person", tracking.Query{Courier: courier.CJ, Number: "박모래 010-0000-2468"}, tracking.ErrInvalidNumber},
	{"no UTF-8", tracking.Query{Courier: courier.CJ, Number: "5500\xff\xfe0001072"}, tracking.ErrInvalidNumber},
	{"10 MB of digits", tracking.Query{Courier: courier.CJ, Number: strings.Repeat("5", huge)}, tracking.ErrInvalidNumber},
	{"10 MB of letters", tracking.Query{Courier: courier.Kyungdong, Number: strings.Repeat("Z", huge)}, tracking.ErrInvalidNumber},
	{"10 MB of dashes", tracking.Query{Courier: courier.CJ, Number: strings.Repeat("-", huge)}, tracking.ErrInvalidNumber},
	{"10 MB of Korean", tracking.Query{Courier: courier.CJ, Number: strings.Repeat("가", huge/3)}, tracking.ErrInvalidNumber},
	{"no courier", tracking.Query{Number: "550000001072"}, tracking.ErrUnsupportedCourier},
	{"an unknown courier", tracking.Query{Courier: "no-such-courier", Number: "550000001072"}, tracking.ErrUnsupportedCourier},
	{"another provider's courier", tracking.Query{Courier: "elsewhere:04", Number: "550000001072"}, tracking.ErrUnsupportedCourier},
	{"a person for a courier", tracking.Query{Courier: "박모래\n010-0000-2468", Number: "550000001072"}, tracking.ErrUnsupportedCourier},
	{"a courier of 10 MB", tracking.Query{Courier: tracking.Courier(strings.Repeat("x", huge)), Number: "550000001072"}, tracking.ErrUnsupportedCourier},
}

// TestBadInputIsRefusedAtOnce holds that what can be known to be wrong costs neither a request nor time, and that
// the error about it shows nothing of what was given.
func TestBadInputIsRefusedAtOnce(t *testing.T) {
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				x := newWire(sandbox.New(sandbox.Config{}))
				for way, ask := range ways(t, a.make(x.site())) {
					for _, bad := range badQueries {
						begun := time.Now()
						r, err := ask(t.Context(), bad.query)
						if !errors.Is(err, bad.want) || r.Parcel != nil {
							t.Errorf("%s, %s: got %v, want %v", way, bad.name, shortened(err), bad.want)
						}
						if took := time.Since(begun); took != 0 {
							t.Errorf("%s, %s: it took %v", way, bad.name, took)
						}
						checkRefusal(t, way+", "+bad.name, bad.query, err)
					}
				}
				if n := x.requests(); n != 0 {
					t.Errorf("%d requests were sent", n)
				}
			})
		})
	}
}

// checkRefusal holds the error of something that was not sent to what every error promises.
func checkRefusal(t *testing.T, what string, q tracking.Query, err error) {
	t.Helper()
	var e *tracking.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %T is no *tracking.Error", what, err)
		return
	}
	if e.Billed != tracking.No || e.Retry != tracking.RetryNever {
		t.Errorf("%s: billed %v, retry %v, want no and never", what, e.Billed, e.Retry)
	}
	text := err.Error()
	if !readable(text) {
		t.Errorf("%s: an error is one short readable line, got %d bytes: %.200q", what, len(text), text)
	}
	for _, shown := range []string{q.Number, "010-0000-2468", "X-Injected", "[2J"} {
		if len(shown) > 5 && strings.Contains(text, shown) {
			t.Errorf("%s: the error shows %.40q: %.200q", what, shown, text)
		}
	}
}

func shortened(err error) string {
	if err == nil {
		return "no error"
	}
	text := err.Error()
	return text[:min(len(text), 300)]
}

// typings are ways to write one number that people, spreadsheets and input methods have.
func typings(number string) map[string]string {
	half, rest := number[:4], number[4:]
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, number)
	return map[string]string{
		"as printed":         number,
		"full width":         wide,
		"full-width dashes":  wide[:12] + "－" + wide[12:],
		"hyphens":            half + "-" + rest[:4] + "-" + rest[4:],
		"long sound marks":   half + "ー" + rest[:4] + "ー" + rest[4:],
		"half-width mark":    half + "ｰ" + rest,
		"en dashes":          half + "–" + rest[:4] + "–" + rest[4:],
		"em dashes":          half + "—" + rest,
		"minus signs":        half + "−" + rest[:4] + "−" + rest[4:],
		"figure dashes":      half + "‒" + rest,
		"no-break spaces":    half + "\u00a0" + rest[:4] + "\u00a0" + rest[4:],
		"wide spaces":        half + "\u3000" + rest,
		"a byte order mark":  "\ufeff" + number,
		"zero-width joints":  half + "\u200b" + rest[:4] + "\u200d" + rest[4:],
		"a soft hyphen":      half + "\u00ad" + rest,
		"a guarding quote":   "'" + number,
		"a guarding ’":       "’" + number,
		"a line end":         number + "\r\n",
		"a tab before":       "\t" + number,
		"direction controls": "\u202a" + number + "\u202c",
	}
}

// TestTypingsAreOneParcel holds that every way to type a number finds the parcel, and is echoed as it was typed.
func TestTypingsAreOneParcel(t *testing.T) {
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				known := magic(t, "delivered")
				for way, ask := range ways(t, a.make(newWire(sandbox.New(sandbox.Config{})).site())) {
					for name, typed := range typings(known.Number) {
						q := known
						q.Number = typed
						r, err := ask(t.Context(), q)
						if err != nil {
							t.Errorf("%s, %s: %v", way, name, err)
							continue
						}
						if r.Query.Number != typed {
							t.Errorf("%s, %s: the query comes back as %q", way, name, r.Query.Number)
						}
						if r.Parcel.Number != known.Number || r.Parcel.Status != tracking.StatusDelivered {
							t.Errorf("%s, %s: got %s, %v", way, name, r.Parcel.Number, r.Parcel.Status)
						}
					}
				}
			})
		})
	}
}

// TestTypingsAreAskedOnce holds that a client knows them to be one parcel before it asks.
func TestTypingsAreAskedOnce(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		w := sandbox.New(sandbox.Config{})
		client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{adapters[0].make(at(w))}})
		if err != nil {
			t.Fatal(err)
		}
		known := magic(t, "delivered")
		var qs []tracking.Query
		for ref, typed := range typings(known.Number) {
			qs = append(qs, tracking.Query{Courier: known.Courier, Number: typed, Ref: ref})
		}
		answered := map[string]bool{}
		for r := range client.TrackAll(t.Context(), slices.Values(qs)) {
			if r.Err != nil {
				t.Errorf("%s: %v", r.Query.Ref, r.Err)
			}
			answered[r.Query.Ref] = true
		}
		if len(answered) != len(qs) {
			t.Errorf("%d of %d were answered", len(answered), len(qs))
		}
		if items := w.Counts()[sandbox.DeliveryAPI].Items; items != 1 {
			t.Errorf("the provider was asked about %d parcels", items)
		}
	})
}

// TestEndedContextSendsNothing holds for every operation that a caller who has left costs nothing.
func TestEndedContextSendsNothing(t *testing.T) {
	for _, a := range everyAdapter() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				cancelled, cancel := context.WithCancel(t.Context())
				cancel()
				expired, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Hour))
				defer cancel()
				x := newWire(sandbox.New(sandbox.Config{}))
				for _, op := range operations(t, a, x.site()) {
					for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: expired} {
						begun := time.Now()
						_, err := op.run(ctx)
						var e *tracking.Error
						switch {
						case op.offline:
						case !errors.Is(err, want) || !errors.As(err, &e) || e.Kind != nil:
							t.Errorf("%s: got %v, want %v and no sentinel", op.name, err, want)
						case e.Billed != tracking.No:
							t.Errorf("%s: billed %v", op.name, e.Billed)
						}
						if took := time.Since(begun); took != 0 {
							t.Errorf("%s: it took %v", op.name, took)
						}
					}
				}
				if n := x.requests(); n != 0 {
					t.Errorf("%d requests were sent", n)
				}
			})
		})
	}
}

// TestStrangeQueriesAreAnswered holds that what is odd and not wrong does no harm.
func TestStrangeQueriesAreAnswered(t *testing.T) {
	const delivered, pending = tracking.StatusDelivered, tracking.StatusPending
	odd := []struct {
		name   string
		change func(*tracking.Query)
		want   tracking.Status
	}{
		{"since the year 1", func(q *tracking.Query) { q.Since = time.Time{}.Add(time.Nanosecond) }, delivered},
		{"since long before the year 1", func(q *tracking.Query) { q.Since = time.Date(-290_000_000, 1, 1, 0, 0, 0, 0, time.UTC) }, delivered},
		{"since the year 9999, all that was seen being another parcel's", func(q *tracking.Query) { q.Since = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) }, pending},
		{"an empty extra field", func(q *tracking.Query) { q.Extra = []string{""} }, delivered},
		{"strange extra fields", func(q *tracking.Query) { q.Extra = []string{"\x00\r\n\x1b", "\xff\xfe", `"},{"`, "\u202e"} }, delivered},
		{"a thousand extra fields", func(q *tracking.Query) { q.Extra = make([]string, 1000) }, delivered},
		{"an extra field of 1 MB", func(q *tracking.Query) { q.Extra = []string{strings.Repeat("x", 1<<20)} }, delivered},
		{"a strange reference", func(q *tracking.Query) { q.Ref = "\x00\"},\r\n\xff" }, delivered},
	}
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) {
				for way, ask := range ways(t, a.make(newWire(sandbox.New(sandbox.Config{})).site())) {
					for _, tt := range odd {
						q := magic(t, "delivered")
						tt.change(&q)
						r, err := ask(t.Context(), q)
						if err != nil {
							t.Errorf("%s, %s: %v", way, tt.name, shortened(err))
						} else if r.Parcel.Status != tt.want {
							t.Errorf("%s, %s: got %v, want %v", way, tt.name, r.Parcel.Status, tt.want)
						}
					}
				}
			})
		})
	}
}
