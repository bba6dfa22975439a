package docs_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
)

// docCallback has a secret in its path, as carriers without signed callbacks want it.
const docCallback = "https://shop.example/webhooks/kW8yV3xQ2mD5nB7tR1pZ6a"

// docCarrier is a carrier as a shop would set it up: credentials, and everything else left to its default.
type docCarrier struct {
	title    string
	provider string // as the sandbox calls it
	callback string // what a Subscription names
	make     func(world *sandbox.World, client *http.Client) tracking.Carrier
}

func docCarriers() []docCarrier {
	selfHosted := func(w *sandbox.World, client *http.Client) tracking.Carrier {
		return trackerdelivery.New(trackerdelivery.Config{BaseURL: w.URLs("").SelfHosted, Client: client})
	}
	managed := func(w *sandbox.World, client *http.Client) tracking.Carrier {
		return trackerdelivery.New(trackerdelivery.Config{
			ClientID: w.Demo().TrackerDeliveryClientID, ClientSecret: w.Demo().TrackerDeliveryClientSecret,
			BaseURL: w.URLs("").TrackerDelivery, LinkClientID: "public", Client: client,
		})
	}
	old := func(w *sandbox.World, client *http.Client) tracking.Carrier {
		return trackerdelivery.NewV1(trackerdelivery.V1Config{BaseURL: w.URLs("").TrackerDeliveryV1, Client: client})
	}
	api := func(w *sandbox.World, client *http.Client) tracking.Carrier {
		return deliveryapi.New(deliveryapi.Config{
			APIKey: w.Demo().DeliveryAPIKey, SecretKey: w.Demo().DeliveryAPISecret, BaseURL: w.URLs("").DeliveryAPI, Client: client,
		})
	}
	return []docCarrier{
		{"deliveryapi", sandbox.DeliveryAPI, "ep_1", api},
		{"sweettracker", sandbox.SweetTracker, docCallback, docSweet},
		{"sweettracker, joined with the trace API", sandbox.SweetTracker, docCallback, docJoined},
		{"trackerdelivery, managed", sandbox.TrackerDelivery, docCallback, managed},
		{"trackerdelivery, self-hosted", sandbox.SelfHosted, docCallback, selfHosted},
		{"trackerdelivery-v1", sandbox.TrackerDeliveryV1, docCallback, old},
	}
}

func docSweet(w *sandbox.World, client *http.Client) tracking.Carrier {
	return sweettracker.New(sweettracker.Config{Key: w.Demo().SweetTrackerKey, BaseURL: w.URLs("").SweetTracker, Client: client})
}

func docJoined(w *sandbox.World, client *http.Client) tracking.Carrier {
	carrier, _ := docSweet(w, client).(*sweettracker.Carrier)
	return sweettracker.Join(carrier, sweettracker.NewTrace(sweettracker.TraceConfig{
		Tier: w.Demo().SweetTrackerTier, Key: w.Demo().SweetTrackerTraceKey, BaseURL: w.URLs("").SweetTrackerTrace, Client: client,
	}))
}

// docColumns makes a table with a column per carrier.
func docColumns(first string, rows []string, cell func(row int, c docCarrier) string) string {
	columns := []string{first}
	for _, c := range docCarriers() {
		columns = append(columns, c.title)
	}
	table := newDocTable(columns...)
	for i, name := range rows {
		cells := []string{name}
		for _, c := range docCarriers() {
			cells = append(cells, cell(i, c))
		}
		table.row(cells...)
	}
	return table.String()
}

// docAbilities asks every carrier what it can, as programs do: by tracking.Ability, and then whether it means it.
func docAbilities(t *testing.T, _ []string) string {
	type ability struct {
		name string
		told func(c tracking.Carrier) string
	}
	ctx := t.Context()
	abilities := []ability{
		{"parcels in a call · 한 번에 묻는 수", func(c tracking.Carrier) string { return strconv.Itoa(docLimits(c).Batch) }},
		{"couriers mixed in a call · 택배사 혼합", func(c tracking.Carrier) string {
			if limits := docLimits(c); limits.Batch > 1 {
				return docYes(!limits.OneCourier)
			}
			return "–"
		}},
		{"calls at a time · 동시 호출", func(c tracking.Carrier) string {
			if n := docLimits(c).Concurrency; n > 0 {
				return strconv.Itoa(n)
			}
			return "as the client's"
		}},
		{"`tracking.Selective`: knows offline whom it serves · 지원 택배사 판단", docHas[tracking.Selective]},
		{"`tracking.Lister`: couriers list · 택배사 목록", docHas[tracking.Lister]},
		{"`tracking.Detector`: whose number it is · 택배사 추정", docHas[tracking.Detector]},
		{"`tracking.QuotaReporter`: what is left of the plan · 남은 사용량", docHas[tracking.QuotaReporter]},
		{"`tracking.Linker`: address of a page · 조회 페이지 주소", func(c tracking.Carrier) string {
			return docMeans(c, func(l tracking.Linker) error {
				_, err := l.Link(tracking.Query{Courier: courier.CJ, Number: "550000001072"})
				return err
			})
		}},
		{"`tracking.Subscriber`: asks to be told · 알림 등록", func(c tracking.Carrier) string {
			return docMeans(c, func(s tracking.Subscriber) error { _, err := s.Subscribe(ctx, nil); return err })
		}},
		{"`tracking.Canceller`: ends that · 알림 해제", func(c tracking.Carrier) string {
			return docMeans(c, func(s tracking.Canceller) error { return s.Cancel(ctx, "") })
		}},
		{"`tracking.Validator`: checks its configuration · 설정 검사", docHas[tracking.Validator]},
		{"`tracking.Counter`: counts its requests · 요청 수", docHas[tracking.Counter]},
	}
	names := make([]string, len(abilities))
	for i, a := range abilities {
		names[i] = a.name
	}
	world := sandbox.New(sandbox.Config{})
	return docColumns("ability", names, func(row int, c docCarrier) string {
		return abilities[row].told(c.make(world, world.Client()))
	})
}

func docLimits(c tracking.Carrier) tracking.Limits {
	limits := tracking.Limits{}
	if limited, ok := tracking.Ability[tracking.Limited](c); ok {
		limits = limited.Limits()
	}
	limits.Batch = max(1, limits.Batch)
	return limits
}

func docYes(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func docHas[T any](c tracking.Carrier) string {
	_, ok := tracking.Ability[T](c)
	return docYes(ok)
}

// docMeans asks a carrier that has the method whether it has the ability: what its mode lacks it refuses.
func docMeans[T any](c tracking.Carrier, use func(T) error) string {
	able, ok := tracking.Ability[T](c)
	if ok && errors.Is(use(able), tracking.ErrUnsupported) {
		return "no: `ErrUnsupported`"
	}
	return docYes(ok)
}

// docWire notes when requests are sent and how long each waits, and answers them as it is told.
type docWire struct {
	mu     sync.Mutex
	sent   []time.Time
	waited time.Duration // that of the newest
	answer http.RoundTripper
	mode   string // down: a gateway's page; deaf: no answer
}

func (w *docWire) RoundTrip(r *http.Request) (*http.Response, error) {
	begin := time.Now()
	w.mu.Lock()
	w.sent = append(w.sent, begin)
	w.mu.Unlock()
	switch w.mode {
	case "down":
		return &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	case "deaf":
		<-r.Context().Done()
		w.mu.Lock()
		w.waited = time.Since(begin)
		w.mu.Unlock()
		return nil, r.Context().Err()
	}
	return w.answer.RoundTrip(r)
}

// docPace measures what the carriers do by default, in fake time: how fast, how often, how long.
func docPace(t *testing.T, _ []string) string {
	rows := []string{
		"pace of calls · 호출 속도", "… at once at first · 처음 한꺼번에",
		"requests for one question, at most · 조회 재시도 포함", "time limit of one request · 요청 제한 시간",
		"requests for one registration, at most · 등록 재시도 포함",
	}
	return docColumns("default", rows, func(row int, c docCarrier) (cell string) {
		synctest.Test(t, func(t *testing.T) {
			world := sandbox.New(sandbox.Config{})
			wire := &docWire{answer: world.Client().Transport}
			carrier := c.make(world, &http.Client{Transport: wire})
			switch row {
			case 0, 1:
				for n := range 12 {
					_, _ = carrier.Query(t.Context(), []tracking.Query{{Courier: courier.CJ, Number: fmt.Sprintf("55%09d%d", n, n%7)}})
				}
				cell = wire.pace(row == 0)
			case 2:
				wire.mode = "down"
				_, _ = carrier.Query(t.Context(), []tracking.Query{{Courier: courier.CJ, Number: "550000001072"}})
				cell = strconv.Itoa(len(wire.sent))
			case 3:
				wire.mode = "deaf"
				_, _ = carrier.Query(t.Context(), []tracking.Query{{Courier: courier.CJ, Number: "550000001072"}})
				cell = wire.waited.Round(time.Second).String()
			case 4:
				wire.mode = "down"
				cell = "–"
				if s, ok := tracking.Ability[tracking.Subscriber](carrier); ok {
					_, _ = s.Subscribe(t.Context(), []tracking.Subscription{{Courier: courier.CJ, Number: "550000001072", Ref: "1", Callback: c.callback}})
					cell = strconv.Itoa(len(wire.sent))
				}
				if len(wire.sent) == 0 {
					cell = "–"
				}
			}
		})
		return cell
	})
}

// pace reads the steady pace off the last two requests, or how many went out at the very first.
func (w *docWire) pace(steady bool) string {
	gap := w.sent[len(w.sent)-1].Sub(w.sent[len(w.sent)-2])
	switch {
	case gap == 0:
		return "no limit"
	case steady:
		return fmt.Sprintf("%.3g a second", float64(time.Second)/float64(gap))
	}
	return strconv.Itoa(len(w.sent) - len(slices.DeleteFunc(slices.Clone(w.sent), w.sent[0].Equal)))
}

// docBilling asks about numbers of the sandbox and tells what Result.Billed says.
func docBilling(t *testing.T, _ []string) string {
	cases := []struct{ title, name string }{
		{"a parcel · 조회 성공", "delivered"}, {"nothing to show yet · 아직 없음", "not-found"},
		{"the courier's site is down · 택배사 장애", "courier-down"}, {"a page of the gateway · 게이트웨이 오류", "bad-gateway"},
		{"a number that cannot be one · 잘못된 번호", ""},
	}
	titles := make([]string, len(cases))
	for i, c := range cases {
		titles[i] = c.title
	}
	return docColumns("answer", titles, func(row int, c docCarrier) (cell string) {
		synctest.Test(t, func(t *testing.T) {
			world := sandbox.New(sandbox.Config{})
			query := tracking.Query{Courier: courier.CJ, Number: "없는 번호"}
			if magic, ok := sandbox.MagicCase(cases[row].name); ok {
				query = magic.Query()
			}
			results, err := c.make(world, world.Client()).Query(t.Context(), []tracking.Query{query})
			var told *tracking.Error
			switch {
			case errors.As(err, &told):
				cell = told.Billed.String()
			case len(results) == 1:
				cell = results[0].Billed.String()
			default:
				t.Errorf("%s, %s: %v", c.title, cases[row].title, err)
			}
		})
		return cell
	})
}

// docLoader reads a configuration from the environment.
type docLoader struct {
	pkg, function string
	load          func(getenv func(string) string) error
}

func docLoaders() []docLoader {
	return []docLoader{
		{"deliveryapi", "ConfigFromEnv", func(getenv func(string) string) error {
			c, err := deliveryapi.ConfigFromEnv(getenv)
			return errors.Join(err, deliveryapi.New(c).Validate())
		}},
		{"sweettracker", "ConfigFromEnv", func(getenv func(string) string) error {
			c, err := sweettracker.ConfigFromEnv(getenv)
			return errors.Join(err, sweettracker.New(c).Validate())
		}},
		{"sweettracker", "TraceConfigFromEnv", func(getenv func(string) string) error {
			c, err := sweettracker.TraceConfigFromEnv(getenv)
			return errors.Join(err, sweettracker.NewTrace(c).Validate())
		}},
		{"trackerdelivery", "ConfigFromEnv", func(getenv func(string) string) error {
			c, err := trackerdelivery.ConfigFromEnv(getenv)
			return errors.Join(err, trackerdelivery.New(c).Validate())
		}},
		{"trackerdelivery", "V1ConfigFromEnv", func(getenv func(string) string) error {
			c, err := trackerdelivery.V1ConfigFromEnv(getenv)
			return errors.Join(err, trackerdelivery.NewV1(c).Validate())
		}},
	}
}

// docEnvironment lists the variables that a loader asks for, with the words of its comment, and finds out which are
// required by leaving each out.
func docEnvironment(t *testing.T, words []string) string {
	loaders := docLoaders()
	i := slices.IndexFunc(loaders, func(l docLoader) bool { return l.pkg == words[0] && l.function == words[1] })
	if i < 0 {
		t.Fatalf("no loader %v", words)
	}
	l := loaders[i]
	full := sandbox.New(sandbox.Config{}).Env("http://127.0.0.1:8787")
	asked, required := map[string]bool{}, "yes"
	if l.load(func(string) string { return "" }) == nil {
		required = "both or neither"
	}
	err := l.load(func(name string) string {
		if strings.HasPrefix(name, "WAYBILL_") {
			asked[name] = true
		}
		return full[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	table := newDocTable("variable", "required", "meaning")
	for _, line := range docColumnsOf(docComment(t, l.pkg, l.function), "WAYBILL_") {
		if !asked[line[0]] {
			t.Errorf("%s.%s tells of %s and does not ask for it", l.pkg, l.function, line[0])
		}
		delete(asked, line[0])
		needed := "no"
		if l.load(func(name string) string {
			if name == line[0] {
				return ""
			}
			return full[name]
		}) != nil {
			needed = required
		}
		meaning := strings.TrimSuffix(strings.Join(line[1:], " "), ", required")
		table.row(docCode(line[0]), needed, docReference.ReplaceAllString(meaning, "`"+l.pkg+".$1`"))
	}
	for name := range asked {
		t.Errorf("%s.%s asks for %s and does not tell of it", l.pkg, l.function, name)
	}
	return table.String()
}

// docBackOffice joins the table of properties in the comment of sweettracker.BackOffice with the comments of its fields.
func docBackOffice(t *testing.T, _ []string) string {
	asked := map[string]bool{}
	_, _ = sweettracker.BackOfficeFromEnv(func(name string) string { asked[name] = true; return "" })
	meanings := map[string]string{}
	for line := range strings.Lines(docFields(t, []string{"sweettracker", "BackOffice"})) {
		cells := strings.Split(line, " | ")
		for name := range strings.SplitSeq(strings.Trim(cells[0], "| "), ", ") {
			meanings[strings.Trim(name, "`")] = strings.TrimSuffix(strings.TrimSpace(cells[len(cells)-1]), " |")
		}
	}
	table := newDocTable("property", "environment", "field", "meaning")
	for _, line := range docColumnsOf(docComment(t, "sweettracker", "BackOffice"), "delivery.") {
		if !asked[line[1]] || meanings[line[2]] == "" {
			t.Errorf("%v: not asked for, or a field without a comment", line)
		}
		delete(asked, line[1])
		table.row(docCode(line[0]), docCode(line[1]), docCode(line[2]), meanings[line[2]])
	}
	if delete(asked, "DELIVERY_API_EXTERNAL_URL"); len(asked) > 0 {
		t.Errorf("also asked for: %v", asked)
	}
	return table.String()
}
