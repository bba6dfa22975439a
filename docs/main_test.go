package docs_test

import (
	"fmt"
	"os"
	"testing"
)

// TestMain runs the tests in the module's root, where the paths on the pages begin.
func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
