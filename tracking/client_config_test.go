package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

type misconfigured struct{ scripted }

func (m *misconfigured) Validate() error { return errors.New("no key for " + m.name) }

// bare has the required methods alone.
type bare struct{ name string }

func (b bare) Name() string { return b.name }
func (b bare) Query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	return []tracking.Result{moving(qs[0])}, nil
}

func TestNewClientReportsEveryFaultAtOnce(t *testing.T) {
	var nilPointer *scripted
	config := tracking.Config{
		Carriers: []tracking.Carrier{
			nil, nilPointer, tracking.Paced(nil, nil),
			&scripted{name: "twice"}, &scripted{name: "twice"}, &scripted{name: "Upper"}, &scripted{},
			&misconfigured{scripted{name: "keyless"}},
			tracking.Paced(&misconfigured{scripted{name: "wrapped"}}, nil),
			&scripted{name: "odd", limits: tracking.Limits{Batch: -1}},
		},
		Prefer:      map[tracking.Courier][]string{"cj": {"nobody"}, "lotte": {"odd", "odd"}, "hanjin": {}},
		Concurrency: -1,
		Circuit:     tracking.CircuitConfig{Pause: time.Hour, LongestPause: -1},
	}
	client, err := tracking.NewClient(config)
	if err == nil || client != nil {
		t.Fatalf("got %v, %v", client, err)
	}
	if again := config.Validate(); again == nil || len(again.Error()) != len(err.Error()) { // in any order of the map
		t.Errorf("Validate reports something else: %v", again)
	}
	for _, fault := range []string{
		"carrier 0: is nil", "carrier 1: *tracking_test.scripted panics", "carrier 2: is nil", `two carriers are named "twice"`,
		`carrier 5: "Upper"`, `carrier 6: ""`, "no key for keyless", "no key for wrapped", "odd: negative limits",
		`Prefer["cj"] names "nobody"`, `Prefer["lotte"] names "odd" twice`, `Prefer["hanjin"]`, "Concurrency is -1", "negative pause of circuits", "is shorter than",
	} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("not reported: %s", fault)
		}
	}
	if got := strings.Count(err.Error(), "no key for keyless"); got != 1 {
		t.Errorf("a fault is reported %d times", got)
	}
}

func TestNewClientWithoutCarriers(t *testing.T) {
	if client, err := tracking.NewClient(tracking.Config{}); err == nil || client != nil {
		t.Fatalf("got %v, %v", client, err)
	}
}

func TestCarrierWithRequiredMethodsAlone(t *testing.T) {
	client := newClient(t, tracking.Config{}, bare{"bare"})
	parcel, err := client.Track(t.Context(), query("truckers", " T-1 "))
	if err != nil || parcel.Number != " T-1 " {
		t.Fatalf("got %v, %v: numbers of couriers we do not know are left alone", parcel, err)
	}
	for result := range client.TrackAll(t.Context(), repeat(5, "cj")) {
		if result.Err != nil {
			t.Error(result.Err)
		}
	}
}

type secretive struct {
	scripted
	key string
}

func TestClientPrintsNoSecrets(t *testing.T) {
	client := newClient(t, tracking.Config{}, &secretive{scripted{name: "s"}, "hunter2"})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, client); text != "tracking.Client(s)" {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}
