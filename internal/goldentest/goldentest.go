// Package goldentest holds what a program makes against golden files: texts that somebody has read and found right. Where
// the environment has UPDATE_GOLDEN, the files are rewritten.
package goldentest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// updateVariable tells tests to rewrite their golden files.
const updateVariable = "UPDATE_GOLDEN"

// Compare holds got against a file, whose path begins in the folder of the test, or writes it there.
func Compare(t testing.TB, path, got string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if os.Getenv(updateVariable) != "" {
		if err == nil && string(want) == got {
			return
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v (%s=1 writes it)", err, updateVariable)
	}
	if got != string(want) {
		t.Errorf("%s differs (%s=1 rewrites it), first in %s", path, updateVariable, difference(string(want), got))
	}
}

// difference gives the first line that differs, as it is in the file and as it is made.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("its length: it has %d lines, made were %d", len(w), len(g))
}
