package provider

import (
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

func getenv(environment map[string]string) func(string) string {
	return func(name string) string { return environment[name] }
}

func names(carriers []tracking.Carrier) []string {
	var all []string
	for _, c := range carriers {
		all = append(all, c.Name())
	}
	return all
}

func TestNames(t *testing.T) {
	want := []string{"deliveryapi", "sweettracker", "trackerdelivery", "trackerdelivery-v1"}
	if got := Names(); !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	world := sandbox.New(sandbox.Config{})
	for _, name := range want {
		carriers, err := Options{Carrier: name, Getenv: getenv(world.Env(""))}.Carriers()
		if err != nil || !slices.Equal(names(carriers), []string{name}) {
			t.Errorf("%s: got %q, %v", name, names(carriers), err)
		}
	}
}

// TestAll leaves out carriers without credentials, one by one.
func TestAll(t *testing.T) {
	environment := sandbox.New(sandbox.Config{}).Env("http://127.0.0.1:1")
	want := []string{"deliveryapi", "sweettracker", "trackerdelivery"}
	for _, gone := range []string{"", "WAYBILL_DELIVERYAPI_KEY", "WAYBILL_SWEETTRACKER_KEY", "WAYBILL_TRACKERDELIVERY_CLIENT_ID"} {
		delete(environment, gone)
		if gone != "" {
			want = want[1:]
		}
		carriers, err := All(getenv(environment))
		if !slices.Equal(names(carriers), want) || (err == nil) != (len(want) > 0) {
			t.Errorf("without %s: got %q, %v, want %q", gone, names(carriers), err, want)
		}
	}
}

// TestHalfCredentials finds a key without its companion before any call.
func TestHalfCredentials(t *testing.T) {
	for variable, companion := range map[string]string{
		"WAYBILL_DELIVERYAPI_KEY": "DELIVERYAPI", "WAYBILL_TRACKERDELIVERY_CLIENT_ID": "TRACKERDELIVERY",
	} {
		carriers, err := All(getenv(map[string]string{variable: "pk_live_000000000000000000000000"}))
		for _, c := range carriers {
			if v, ok := c.(tracking.Validator); ok && err == nil {
				err = v.Validate()
			}
		}
		if err == nil {
			t.Errorf("%s alone is accepted; the companion of %s is missing", variable, companion)
		}
	}
}

func TestRefusals(t *testing.T) {
	world := sandbox.New(sandbox.Config{})
	for what, options := range map[string]Options{
		"no carrier \"nobody\"": {Carrier: "nobody"},
		"needs the name":        {URL: "https://x.example"},
		"can be self-hosted":    {Carrier: "sweettracker", SelfHosted: true},
	} {
		options.Getenv = getenv(world.Env(""))
		if _, err := options.Carriers(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got %v, want %q", err, what)
		}
	}
}

// TestSandboxSpeaksOurVariables holds what the sandbox exports against what the carriers read.
func TestSandboxSpeaksOurVariables(t *testing.T) {
	world := sandbox.New(sandbox.Config{})
	asked := map[string]bool{}
	for _, name := range Names() {
		if _, err := (Options{Carrier: name, Getenv: func(variable string) string {
			asked[variable] = true
			return world.Env("")[variable]
		}}).Carriers(); err != nil {
			t.Error(err)
		}
	}
	for variable := range world.Env("") {
		trace := strings.Contains(variable, "_TRACE_") || strings.HasSuffix(variable, "_TIER") // of SweetTracker's other product
		if !asked[variable] && !trace {
			t.Errorf("the sandbox exports %s, and no carrier reads it", variable)
		}
	}
}

func TestThrough(t *testing.T) {
	for _, c := range []struct {
		name, code string
		want       tracking.Courier
	}{
		{"trackerdelivery", "kr.new", "trackerdelivery:kr.new"}, {"trackerdelivery-v1", "kr.new", "trackerdelivery:kr.new"},
		{"sweettracker", "998", "sweettracker:998"}, {"deliveryapi", "", ""},
	} {
		if got := Through(c.name, c.code); got != c.want {
			t.Errorf("Through(%q, %q) = %q, want %q", c.name, c.code, got, c.want)
		}
	}
}
