package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/order/report"
)

// Killed at any moment and started again, over and over, the program ends where an undisturbed one ends, and nothing was done
// twice. A month that comes to its end before all kills were made is followed by another one.
func TestKilled(t *testing.T) {
	if floortest.RaceDetector {
		t.Skip("processes are killed without the race detector, under which a month takes minutes")
	}
	t.Parallel() // most of the time it waits for the days to pass
	random := rand.New(rand.NewPCG(*truthSeed, 9))
	done := 0
	for seed := *truthSeed; done < *kills; seed++ {
		done += monthWithKills(t, seed, *kills-done, random)
		if t.Failed() {
			return
		}
	}
}

// monthWithKills lives through a month with at most so many kills, and tells how many there were.
func monthWithKills(t *testing.T, seed uint64, most int, random *rand.Rand) (done int) {
	t.Helper()
	orders, faults := 20, true
	if *kills <= 3 { // faults make the month a minute longer
		orders, faults = 8, false
	}
	folder := t.TempDir()
	o := options{orders: orders, seed: seed, days: 60, faults: faults, language: report.English, dump: filepath.Join(folder, "calm.json")}
	if r, _ := virtual(t, o, inMemory); r.Differences > 0 {
		t.Fatalf("undisturbed: %s", strings.Join(r.Found, "\n"))
	}
	calm := dumped(t, o.dump)

	file, dump := filepath.Join(folder, "warehouse.db"), filepath.Join(folder, "killed.json")
	args := []string{"-orders", fmt.Sprint(orders), "-seed", fmt.Sprint(seed), fmt.Sprintf("-faults=%t", faults), "-speed", "0", "-days", "60", "-db", file, "-dump", dump, "-json"}
	for done < most && killed(t, args, time.Duration(200+random.IntN(2500))*time.Millisecond) {
		done++
	}
	var stdout, stderr bytes.Buffer
	last := child(t.Context(), args)
	last.Stdout, last.Stderr = &stdout, &stderr
	if err := last.Run(); err != nil {
		t.Fatalf("after %d kills: %v\n%s%.2000s", done, err, &stderr, &stdout)
	}
	var r result
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || r.Differences != 0 {
		t.Errorf("after %d kills: %v, %d differences\n%s", done, err, r.Differences, strings.Join(r.Found, "\n"))
	}
	if after := dumped(t, dump); !reflect.DeepEqual(after.Orders, calm.Orders) {
		t.Errorf("the orders are not those of an undisturbed month")
	} else {
		t.Logf("seed %d: %d kills, %s", seed, done, doneOnce(t, file, after))
	}
	return done
}

// doneOnce holds what was done in the warehouse against what the ledger says of it. A call that a kill cut may have been made
// again, under the same key, so that it had its effect once.
func doneOnce(t *testing.T, file string, ledger form) string {
	t.Helper()
	db, err := openDatabase(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	effects, err := db.calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := 0
	for key, calls := range effects {
		again += calls - 1
		if calls > 1+*kills {
			t.Errorf("%s was called %d times", key, calls)
		}
	}
	for _, a := range ledger.Actions {
		if effects[a.Key] == 0 {
			t.Errorf("%s was not done", a.Key)
		}
		delete(effects, a.Key)
		if a.Undone {
			delete(effects, a.Key+"/undo")
		}
	}
	for key := range effects {
		t.Errorf("%s was done, and the ledger does not know", key)
	}
	return fmt.Sprintf("%d calls repeated", again)
}

// child is this test binary as the program.
func child(ctx context.Context, args []string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), "WMS_CHILD=1")
	return c
}

// killed starts the program and kills it after a while; false if it came to its end before.
func killed(t *testing.T, args []string, after time.Duration) bool {
	t.Helper()
	c := child(t.Context(), args)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	if err := c.Wait(); err == nil {
		return false
	}
	if stderr.Len() > 0 {
		t.Fatalf("it failed by itself: %s", &stderr)
	}
	return true
}

func dumped(t *testing.T, name string) (f form) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(content, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}
