package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/examples/internal/show"
	"github.com/waybill-dev/waybill/tracking"
)

func TestParse(t *testing.T) {
	for arg, want := range map[string]tracking.Query{
		"cj:550000001234":                             {Courier: "cj", Number: "550000001234"},
		"CJ:5500-0000-1234":                           {Courier: "cj", Number: "5500-0000-1234"},
		"04:550000001234":                             {Courier: "cj", Number: "550000001234"},
		"kr.cjlogistics:550000001234":                 {Courier: "cj", Number: "550000001234"},
		"CJ대한통운:550000001234":                         {Courier: "cj", Number: "550000001234"},
		"현대택배:550000001234":                           {Courier: "lotte", Number: "550000001234"},
		"dev.track.dummy:2026-11-20T09:00:00Z":        {Courier: "dummy", Number: "2026-11-20T09:00:00Z"},
		"trackerdelivery:kr.new:A-1":                  {Courier: "trackerdelivery:kr.new", Number: "A-1"},
		"trackerdelivery:kr.new:09:30":                {Courier: "trackerdelivery:kr.new", Number: "09:30"},
		"trackerdelivery:kr.cjlogistics:550000001234": {Courier: "trackerdelivery:kr.cjlogistics", Number: "550000001234"},
		"trackerdelivery-v1:kr.new:A-1":               {Courier: "trackerdelivery:kr.new", Number: "A-1"},
		"sweettracker:998:A-1":                        {Courier: "sweettracker:998", Number: "A-1"},
		"nobody:1":                                    {Courier: "nobody", Number: "1"}, // for the carriers to refuse
	} {
		got, err := parse([]string{arg})
		if err != nil || len(got) != 1 || got[0].Courier != want.Courier || got[0].Number != want.Number {
			t.Errorf("parse(%q) = %q, %v, want %q %q", arg, got, err, want.Courier, want.Number)
		}
	}
	for _, arg := range []string{
		"", "cj", "cj:", ":1", ":", "-json", "sweettracker::1",
		"trackerdelivery", "trackerdelivery:", "trackerdelivery:kr.new", "trackerdelivery:kr.new:",
	} {
		if got, err := parse([]string{"cj:1", arg}); err == nil {
			t.Errorf("parse(%q) = %q, want an error", arg, got)
		} else if !strings.Contains(err.Error(), "argument 2") {
			t.Errorf("parse(%q): %v does not say which argument", arg, err)
		}
	}
	if _, err := parse(nil); err == nil {
		t.Error("no arguments, and no error")
	}
}

// program is one run of the program.
type program struct {
	code           int
	stdout, stderr string
}

func start(t *testing.T, environment map[string]string, args ...string) program {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, func(name string) string { return environment[name] }, &stdout, &stderr)
	return program{code, stdout.String(), stderr.String()}
}

// records reads what -json printed, and refuses members that the form does not have.
func (p program) records(t *testing.T) []show.Record {
	t.Helper()
	var records []show.Record
	for line := range strings.Lines(p.stdout) {
		var r show.Record
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&r); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		want := []string{"carrier", "courier", "error", "events", "number", "status"}
		if got := slices.Sorted(maps.Keys(members)); !slices.Equal(got, want) {
			t.Errorf("members %q, want %q", got, want)
		}
		records = append(records, r)
	}
	return records
}

// serve puts a world on a port, and gives its address and the environment for it.
func serve(t *testing.T) (base string, environment map[string]string) {
	t.Helper()
	world := sandbox.New(sandbox.Config{})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	return server.URL, world.Env(server.URL)
}

func number(t *testing.T, name string) string {
	t.Helper()
	magic, ok := sandbox.MagicCase(name)
	if !ok {
		t.Fatalf("the sandbox has no case %q", name)
	}
	return magic.Number
}

func TestEveryCarrier(t *testing.T) {
	_, environment := serve(t)
	delivered := number(t, "delivered")
	for _, carrier := range []string{"deliveryapi", "sweettracker", "trackerdelivery", "trackerdelivery-v1"} {
		t.Run(carrier, func(t *testing.T) {
			p := start(t, environment, "-carrier", carrier, "-json", "04:"+delivered)
			if p.code != 0 || p.stderr != "" {
				t.Fatalf("exit code %d, %s", p.code, p.stderr)
			}
			records := p.records(t)
			if len(records) != 1 {
				t.Fatalf("%d lines: %s", len(records), p.stdout)
			}
			r := records[0]
			if r.Carrier != carrier || r.Courier != "cj" || r.Number != delivered || r.Status != "DELIVERED" || r.Error != nil {
				t.Errorf("%+v", r)
			}
			if len(r.Events) != 5 {
				t.Errorf("%d events, want 5", len(r.Events))
			}
			for _, ev := range r.Events {
				if at, err := time.Parse(time.RFC3339, ev.Time); err != nil || at.IsZero() || ev.Status == "" || ev.Text == "" {
					t.Errorf("%+v: %v", ev, err)
				}
			}
		})
	}
}

// TestAddresses points carriers at the sandbox by -url alone.
func TestAddresses(t *testing.T) {
	base, environment := serve(t)
	for variable := range environment {
		if strings.HasSuffix(variable, "_URL") {
			delete(environment, variable)
		}
	}
	parcel := "cj:" + number(t, "delivered")
	for _, flags := range [][]string{
		{"-carrier", "deliveryapi", "-url", base + "/deliveryapi"},
		{"-carrier", "sweettracker", "-url", base + "/sweettracker"},
		{"-carrier", "trackerdelivery", "-url", base + "/trackerdelivery/graphql"},
		{"-carrier", "trackerdelivery-v1", "-url", base + "/trackerdelivery-v1"},
		{"-carrier", "trackerdelivery", "-selfhosted", "-url", base + "/selfhosted/anything"},
		{"-selfhosted", "-url", base + "/selfhosted"},
	} {
		p := start(t, environment, append(slices.Clone(flags), "-json", parcel)...)
		if r := p.records(t); p.code != 0 || len(r) != 1 || r[0].Status != "DELIVERED" {
			t.Errorf("%q: exit code %d\n%s%s", flags, p.code, p.stdout, p.stderr)
		}
	}
	if p := start(t, nil, "-selfhosted", "-url", base+"/selfhosted", "-json", parcel); p.code != 0 {
		t.Errorf("self-hosted without any key: exit code %d\n%s%s", p.code, p.stdout, p.stderr)
	}
}

func TestExitCodes(t *testing.T) {
	_, environment := serve(t)
	delivered, missing := "cj:"+number(t, "delivered"), "cj:"+number(t, "not-found")
	refused := "cj:" + number(t, "deliveryapi/item/INVALID_TRACKING_NUMBER")
	for _, c := range []struct {
		args []string
		want int
		kind string // of the record with an error
	}{
		{[]string{delivered}, 0, ""},
		{[]string{missing}, 0, "not_found"},
		{[]string{delivered, missing}, 0, "not_found"},
		{[]string{refused}, 1, "invalid_number"},
		{[]string{delivered, refused}, 1, "invalid_number"},
		{[]string{"nobody:1", delivered}, 1, "unsupported_courier"}, // the other parcel is answered all the same
	} {
		args := append([]string{"-carrier", "deliveryapi", "-json"}, c.args...)
		p := start(t, environment, args...)
		if p.code != c.want {
			t.Errorf("%q: exit code %d, want %d\n%s", c.args, p.code, c.want, p.stderr)
		}
		records := p.records(t)
		if len(records) != len(c.args) {
			t.Errorf("%q: %d lines", c.args, len(records))
		}
		for _, r := range records {
			switch {
			case r.Error == nil && r.Status == "":
				t.Errorf("%q: neither a status nor an error: %+v", c.args, r)
			case r.Error != nil && (r.Error.Kind != c.kind || r.Error.Message == "" || r.Status != "" || r.Events == nil):
				t.Errorf("%q: %+v %+v, want kind %s", c.args, r, *r.Error, c.kind)
			}
		}
		if c.kind != "" && !slices.ContainsFunc(records, func(r show.Record) bool { return r.Error != nil }) {
			t.Errorf("%q: no record has an error", c.args)
		}
	}
}

func TestWrongUse(t *testing.T) {
	_, environment := serve(t)
	for _, args := range [][]string{
		{},
		{"cj"},
		{"cj:"},
		{"-json"},
		{"cj:1", "-json"},
		{"-carrier", "nobody", "cj:1"},
		{"-carrier"},
		{"-unknown", "cj:1"},
		{"-url", "http://127.0.0.1:1", "cj:1"},
		{"-carrier", "deliveryapi", "-selfhosted", "cj:1"},
		{"-carrier", "deliveryapi", "-url", "http://deliveryapi.example", "cj:1"}, // keys would travel in clear
	} {
		p := start(t, environment, args...)
		if p.code != 2 || p.stdout != "" || !strings.Contains(p.stderr, "usage: track") {
			t.Errorf("%q: exit code %d, %q on stdout\n%s", args, p.code, p.stdout, p.stderr)
		}
	}
	p := start(t, nil, "cj:1")
	if p.code != 2 || p.stdout != "" || !strings.Contains(p.stderr, "WAYBILL_DELIVERYAPI_KEY") {
		t.Errorf("without credentials: exit code %d, %q on stdout\n%s", p.code, p.stdout, p.stderr)
	}
	if p := start(t, nil, "-h"); p.code != 0 || p.stdout != "" || !strings.Contains(p.stderr, "usage: track") {
		t.Errorf("-h: exit code %d, %q on stdout\n%s", p.code, p.stdout, p.stderr)
	}
}

func TestPassThrough(t *testing.T) {
	_, environment := serve(t)
	delivered := number(t, "delivered")
	p := start(t, environment, "-carrier", "trackerdelivery", "-json", "trackerdelivery:kr.cjlogistics:"+delivered)
	if r := p.records(t); p.code != 0 || len(r) != 1 || r[0].Courier != "cj" || r[0].Status != "DELIVERED" {
		t.Errorf("a code that the directory knows: exit code %d, %s", p.code, p.stdout)
	}
	p = start(t, environment, "-carrier", "trackerdelivery", "-json", "trackerdelivery:kr.new:1-2:3")
	if r := p.records(t); p.code != 1 || len(r) != 1 || r[0].Courier != "trackerdelivery:kr.new" || r[0].Number != "1-2:3" ||
		r[0].Carrier != "trackerdelivery" || r[0].Error.Kind != "unsupported_courier" {
		t.Errorf("a code that the provider refuses: exit code %d, %s", p.code, p.stdout)
	}
}

// TestDummy asks for tracker.delivery's test courier, whose number is a time, colons and all.
func TestDummy(t *testing.T) {
	_, environment := serve(t)
	at := trackerdelivery.DummyNumber(time.Now())
	p := start(t, environment, "-carrier", "trackerdelivery", "-json", "dev.track.dummy:"+at)
	if r := p.records(t); p.code != 0 || len(r) != 1 || r[0].Courier != "dummy" || r[0].Number != at || len(r[0].Events) == 0 {
		t.Errorf("exit code %d, %s%s", p.code, p.stdout, p.stderr)
	}
}

func TestTimelines(t *testing.T) {
	_, environment := serve(t)
	p := start(t, environment, "-carrier", "deliveryapi", "cj:"+number(t, "delivered"), "cj:"+number(t, "not-found"), "hanjinn:1")
	for _, want := range []string{"CJ대한통운", "● 배송완료", "아직 기록 없음", "did you mean hanjin (한진택배)?", "deliveryapi: 1 call, 2 parcels"} {
		if !strings.Contains(p.stdout, want) {
			t.Errorf("%q is missing in\n%s", want, p.stdout)
		}
	}
	if strings.Contains(p.stdout+p.stderr, "\x1b") {
		t.Error("escape codes where there is no terminal")
	}
	if p.code != 1 {
		t.Errorf("exit code %d, want 1", p.code)
	}
}

func TestInterrupt(t *testing.T) {
	_, environment := serve(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stdout bytes.Buffer
	args := []string{"-carrier", "deliveryapi", "-json", "cj:" + number(t, "delivered")}
	if code := run(ctx, args, func(name string) string { return environment[name] }, &stdout, io.Discard); code != 1 {
		t.Errorf("exit code %d, want 1: %s", code, &stdout)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestOutputThatFails(t *testing.T) {
	_, environment := serve(t)
	var stderr bytes.Buffer
	args := []string{"-carrier", "deliveryapi", "-json", "cj:" + number(t, "delivered")}
	code := run(t.Context(), args, func(name string) string { return environment[name] }, full{}, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "disk full") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}
