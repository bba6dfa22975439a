package sqlstore_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestWhatAnImporterBuilds: no driver, no test code, and of other people's packages those that migrations need.
func TestWhatAnImporterBuilds(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}{{if eq .ImportPath \"testing\"}}testing{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	chosen := []string{"github.com/waybill-dev/", "github.com/pressly/goose/v3", "github.com/mfridman/interpolate", "github.com/sethvargo/go-retry", "go.uber.org/multierr", "golang.org/x/sync/", "golang.org/x/text/"}
	goose := false
	for _, path := range strings.Fields(string(out)) {
		known := false
		for _, prefix := range chosen {
			known = known || strings.HasPrefix(path, prefix)
		}
		goose = goose || strings.Contains(path, "goose")
		if !known {
			t.Errorf("%s is built by an importer and was not chosen", path)
		}
	}
	if !goose {
		t.Error("nothing is listed")
	}
}
