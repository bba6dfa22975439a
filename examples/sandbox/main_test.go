package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sandboxRun is the program while it runs.
type sandboxRun struct {
	first  []byte // its first line
	cancel context.CancelFunc
	code   chan int
}

// begin starts the program and waits for its first line.
func begin(t *testing.T, args ...string) sandboxRun {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	r := sandboxRun{cancel: cancel, code: make(chan int, 1)}
	go func() {
		defer in.Close()
		r.code <- run(ctx, args, in, io.Discard)
	}()
	t.Cleanup(cancel)
	lines := bufio.NewReader(out)
	var err error
	if r.first, err = lines.ReadBytes('\n'); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // ends with the program
	return r
}

type description struct {
	Base        string            `json:"base"`
	URLs        map[string]string `json:"urls"`
	Credentials map[string]string `json:"credentials"`
	Env         map[string]string `json:"env"`
	Numbers     []struct {
		Number, Courier, Case string
	} `json:"numbers"`
}

func describedBy(t *testing.T, line []byte) description {
	t.Helper()
	var d description
	if err := json.Unmarshal(line, &d); err != nil {
		t.Fatalf("%v in %.200s", err, line)
	}
	return d
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: HTTP %d", url, response.StatusCode)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func TestServes(t *testing.T) {
	program := begin(t, "-addr", "127.0.0.1:0", "-json")
	d := describedBy(t, program.first)
	if !strings.HasPrefix(d.Base, "http://127.0.0.1:") || strings.HasSuffix(d.Base, ":0") {
		t.Errorf("base address %q", d.Base)
	}
	for name, address := range d.URLs {
		if !strings.HasPrefix(address, d.Base+"/") {
			t.Errorf("%s at %q, not below %s", name, address, d.Base)
		}
	}
	if len(d.Credentials) == 0 || len(d.Numbers) < 50 || d.Env["WAYBILL_DELIVERYAPI_URL"] != d.URLs["deliveryapi"] {
		t.Errorf("credentials, numbers or environment are missing: %.300s", program.first)
	}
	var truth struct {
		Shipments []struct{ Status string }
	}
	get(t, d.URLs["truth"]+"/cj/550000001072", &truth)
	if len(truth.Shipments) != 1 || truth.Shipments[0].Status != "DELIVERED" {
		t.Errorf("the truth about a delivered parcel: %+v", truth)
	}

	program.cancel()
	if code := <-program.code; code != 0 {
		t.Errorf("exit code %d after its context ended", code)
	}
	if _, err := http.Get(d.URLs["clock"]); err == nil {
		t.Error("it answers after it ended")
	}
}

func TestSpeed(t *testing.T) {
	for speed, want := range map[string]float64{"0": 0, "1": 1, "1000": 1000} {
		d := describedBy(t, begin(t, "-addr", "127.0.0.1:0", "-json", "-speed", speed).first)
		var clock struct {
			Now   time.Time
			Speed float64
		}
		get(t, d.URLs["clock"], &clock)
		if clock.Speed != want || clock.Now.IsZero() {
			t.Errorf("-speed %s: %+v", speed, clock)
		}
	}
}

func TestSeed(t *testing.T) {
	credentials := func(args ...string) string {
		d := describedBy(t, begin(t, append([]string{"-addr", "127.0.0.1:0", "-json"}, args...)...).first)
		return d.Credentials["deliveryapi_secret"]
	}
	one, again, two := credentials(), credentials("-seed", "1"), credentials("-seed", "2")
	if one == "" || one != again || one == two {
		t.Errorf("secrets %q of seed 1, %q again, %q of seed 2", one, again, two)
	}
}

func TestPopulation(t *testing.T) {
	line := begin(t, "-addr", "127.0.0.1:0", "-json", "-speed", "0", "-population", "50", "-faults", "-start", "2026-09-01").first
	var told struct {
		Population struct {
			Parcels  int
			Waybills []string
		}
	}
	if err := json.Unmarshal(line, &told); err != nil {
		t.Fatal(err)
	}
	if told.Population.Parcels != 50 || len(told.Population.Waybills) != 20 {
		t.Errorf("%+v", told)
	}
	d := describedBy(t, line)
	advance, err := http.Post(d.URLs["clock"], "application/json", strings.NewReader(`{"advance":"72h"}`))
	if err != nil {
		t.Fatal(err)
	}
	advance.Body.Close()
	scanned := 0
	for _, waybill := range told.Population.Waybills {
		code, number, _ := strings.Cut(waybill, ":")
		var truth struct {
			Shipments []struct{ Events []any }
		}
		get(t, d.URLs["truth"]+"/"+code+"/"+number, &truth)
		if n := len(truth.Shipments); n > 0 && len(truth.Shipments[n-1].Events) > 0 {
			scanned++
		}
	}
	if scanned < 15 {
		t.Errorf("after three days %d of 20 parcels have been scanned", scanned)
	}
}

func TestTimelines(t *testing.T) {
	printed := func(seed string) string {
		var stdout, stderr bytes.Buffer
		args := []string{"-population", "40", "-days", "2", "-start", "2026-09-01", "-seed", seed, "-csv"}
		if code := run(t.Context(), args, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Fatalf("exit code %d, %s", code, &stderr)
		}
		return stdout.String()
	}
	one := printed("1")
	if lines := strings.Count(one, "\n"); lines < 200 || !strings.HasPrefix(one, "timeline,carrier,seq,ts_kst,status_raw,") {
		t.Errorf("%d lines: %.100s", lines, one)
	}
	if one != printed("1") || one == printed("2") {
		t.Error("the timelines do not go by the seed")
	}
}

func TestIntroduction(t *testing.T) {
	program := begin(t, "-addr", "127.0.0.1:0")
	if line := string(program.first); !strings.HasPrefix(line, "Parcel world on http://127.0.0.1:") || strings.HasSuffix(line, ":0\n") {
		t.Errorf("the first line is %q", line)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"cj:1"}, {"-speed", "-1"}, {"-speed", "NaN"}, {"-speed", "fast"}, {"-seed", "-1"}, {"-unknown"},
		{"-csv"}, {"-faults"}, {"-population", "-1"}, {"-population", "5", "-days", "0"}, {"-start", "tomorrow"}, {"-population", "5", "-start", "2026-13-01"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, %q on stdout, %q on stderr", args, code, &stdout, &stderr)
		}
	}
}

func TestAddressInUse(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-addr", listener.Addr().String(), "-json"}, &stdout, &stderr); code != 1 || stdout.Len() > 0 {
		t.Errorf("exit code %d, %q on stdout", code, &stdout)
	}
}

// TestAddressWithoutPort wants no default to be guessed.
func TestAddressWithoutPort(t *testing.T) {
	if code := run(t.Context(), []string{"-addr", "127.0.0.1"}, io.Discard, io.Discard); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}
