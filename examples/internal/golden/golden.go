// Package golden compares what a program prints with a file. Only tests import it.
package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Compare holds got against testdata/name, or writes it there when UPDATE_GOLDEN is set.
func Compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not what %s has (UPDATE_GOLDEN=1 rewrites it):\n%s", path, got)
	}
}
