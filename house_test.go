package waybill_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// chosen are the third-party packages that an importer of the root module builds. Each is there for a reason; another
// one needs a reason as good.
var chosen = map[string]string{
	"github.com/hashicorp/go-retryablehttp": "retries of HTTP calls, inside tracking/transport",
	"github.com/hashicorp/go-cleanhttp":     "needed by go-retryablehttp",
	"golang.org/x/time/rate":                "limits per credential",
	"golang.org/x/text/transform":           "needed by unicode/norm and width",
	"golang.org/x/text/unicode/norm":        "full-width digits in waybill numbers",
}

type listed struct {
	ImportPath string
	Standard   bool
	Deps       []string
	Doc        string
	Dir        string
	GoFiles    []string // none in a folder of tests
}

// goList runs go list in the root module, without the workspace, as an importer would see it.
func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Standard,Deps,Doc,Dir,GoFiles"}, args...)...)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestThirdPartyPackages(t *testing.T) {
	used := map[string]bool{}
	for _, p := range goList(t, "-deps", "./...") {
		if p.Standard || strings.HasPrefix(p.ImportPath, "github.com/waybill-dev/waybill") {
			continue
		}
		used[p.ImportPath] = true
		if chosen[p.ImportPath] == "" {
			t.Errorf("%s is built by an importer and was not chosen", p.ImportPath)
		}
	}
	for path := range chosen {
		if !used[path] {
			t.Errorf("%s is on the list and no longer built", path)
		}
	}
}

func TestNoTestCodeInProduction(t *testing.T) {
	for _, p := range goList(t, "./...") {
		if strings.HasSuffix(p.ImportPath, "test") {
			continue
		}
		if slices.Contains(p.Deps, "testing") {
			t.Errorf("%s builds package testing into its importers", p.ImportPath)
		}
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range goList(t, "./...") {
		if len(p.GoFiles) > 0 && len(p.Doc) < 40 {
			t.Errorf("%s has no package comment that says anything", p.ImportPath)
		}
	}
}

func TestRootModuleHasNoReplace(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(mod, []byte("replace")) {
		t.Error("the root go.mod has a replace line")
	}
}
