package waybill_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readmeHost stands for the program around the fragments of the README: what they use and do not declare.
const readmeHost = `package readme

import (
	"context"
	"iter"
	"net/http"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

var (
	ctx                   context.Context
	key, secret, sweetKey string
	client                *tracking.Client
	queries               iter.Seq[tracking.Query]
	retryLater            func(ref string, err error)
	update                func(ref string, status tracking.Status)
	keys, tokens          []webhook.Key
	inbox                 webhook.Inbox
	mux                   *http.ServeMux
	ledger                fulfill.Store
	carriers              []tracking.Carrier
	stopped               chan error

	deduct, message, expect, page func(context.Context, fulfill.Action) error

	store                 interface {
		ByDeliveryNo(ctx context.Context, fid string) (c tracking.Courier, number string, found bool, err error)
	}
)
`

var readmeFence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

// readmeBlocks gives the fenced blocks of the README in a language; "" is that of commands.
func readmeBlocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, match := range readmeFence.FindAllStringSubmatch(string(text), -1) {
		if match[1] == language {
			blocks = append(blocks, match[2])
		}
	}
	return blocks
}

// TestReadmeCompiles builds the Go of the README as a package of this module that exists in an overlay alone.
func TestReadmeCompiles(t *testing.T) {
	blocks := readmeBlocks(t, "go")
	if len(blocks) == 0 {
		t.Fatal("the README has no Go")
	}
	imports := readmeImports(t)
	sources := map[string]string{"host.go": readmeHost}
	for i, block := range blocks {
		sources[fmt.Sprintf("block%d.go", i)] = readmeFile(t, i, block, imports)
	}
	if out, err := readmeBuild(t, sources); err != nil {
		t.Errorf("the Go of the README does not compile: %v\n%s", err, out)
	}
}

// TestReadmeCompilerSees proves that the test above can fail.
func TestReadmeCompilerSees(t *testing.T) {
	imports := readmeImports(t)
	for broken, want := range map[string]string{
		"fmt.Println(tracking.StatusLost)":               "undefined: tracking.StatusLost",
		"_, err := client.Track(ctx, \"1\")\nreturn err": "cannot use \"1\"",
	} {
		out, err := readmeBuild(t, map[string]string{"host.go": readmeHost, "block.go": readmeFile(t, 0, broken, imports)})
		if err == nil || !bytes.Contains(out, []byte(want)) {
			t.Errorf("%q: got %v, %s, want %q", broken, err, out, want)
		}
	}
}

// readmeBuild builds a package of these files.
func readmeBuild(t *testing.T, sources map[string]string) (output []byte, err error) {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, source := range sources {
		real := filepath.Join(folder, name)
		if err := os.WriteFile(real, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, "readme", name)] = real
	}
	encoded, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	description := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(description, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), "go", "build", "-overlay", description, "./readme").CombinedOutput()
}

// readmeFile makes a file of a block: of declarations as they are, of statements within a function that returns an error.
func readmeFile(t *testing.T, n int, block string, imports map[string]string) string {
	t.Helper()
	body := block
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package readme\n"+block, 0); err != nil {
		body = fmt.Sprintf("func block%d() error {\n%s\nreturn nil\n}\n", n, block)
	}
	tree, err := parser.ParseFile(token.NewFileSet(), "", "package readme\n"+body, 0)
	if err != nil {
		t.Fatalf("block %d of the README: %v", n, err)
	}
	paths := map[string]bool{}
	ast.Inspect(tree, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if base, ok := selector.X.(*ast.Ident); ok && imports[base.Name] != "" {
				paths[imports[base.Name]] = true
			}
		}
		return true
	})
	var file strings.Builder
	file.WriteString("package readme\n")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		fmt.Fprintf(&file, "import %q\n", path)
	}
	source, err := format.Source([]byte(file.String() + body))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// readmeImports gives the packages that blocks may use without an import: ours, and some of the standard library.
func readmeImports(t *testing.T) map[string]string {
	t.Helper()
	imports := map[string]string{}
	for _, p := range []string{"context", "errors", "fmt", "iter", "log/slog", "net/http", "os", "testing", "time"} {
		imports[path.Base(p)] = p
	}
	for _, p := range goList(t, "./...") {
		imports[path.Base(p.ImportPath)] = p.ImportPath
	}
	return imports
}

var readmeLink = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// TestReadmeLinks follows the relative links of the pages.
func TestReadmeLinks(t *testing.T) {
	found := 0
	for _, page := range filesIn(t, ".", ".md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range readmeLink.FindAllStringSubmatch(readmeFence.ReplaceAllString(string(text), ""), -1) {
			target, _, _ := strings.Cut(link[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), target)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", page, link[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d links were found", found)
	}
}

var (
	readmeCommand  = regexp.MustCompile("go run (\\./[^\\s`]+)([^`\n#|]*)")
	readmeVariable = regexp.MustCompile(`\bWAYBILL_[A-Z0-9_]+\b`)
)

// TestReadmeCommands looks for the programs that the pages tell a reader to run, and for their flags.
func TestReadmeCommands(t *testing.T) {
	found := 0
	for _, page := range slices.Concat(filesIn(t, ".", ".md"), filesIn(t, "examples", ".go")) { // package comments have commands too
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range readmeCommand.FindAllStringSubmatch(string(text), -1) {
			found++
			folder := command[1]
			flags, err := readmeFlags(folder)
			if err != nil {
				t.Errorf("%s: %s: %v", page, strings.TrimSpace(command[0]), err)
				continue
			}
			for argument := range strings.FieldsSeq(command[2]) {
				name, _, _ := strings.Cut(strings.TrimLeft(argument, "-"), "=")
				if strings.HasPrefix(argument, "-") && !flags[name] {
					t.Errorf("%s: %s has no flag %s", page, folder, argument)
				}
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d commands were found", found)
	}
}

// readmeFlags gives the flags that the program of a folder declares.
func readmeFlags(folder string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no program in %s", folder)
	}
	flags, program := map[string]bool{}, false
	for _, name := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return nil, err
		}
		program = program || tree.Name.Name == "main"
		ast.Inspect(tree, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok {
				if name, ok := declaredFlag(call); ok {
					flags[name] = true
				}
			}
			return true
		})
	}
	if !program {
		return nil, fmt.Errorf("%s is no program", folder)
	}
	return flags, nil
}

var flagDeclaration = regexp.MustCompile(`^(Bool|Duration|Float64|Func|Int|Int64|String|Text|Uint|Uint64)(Var)?$`)

// declaredFlag reads flags.String("name", default, "usage") and flags.StringVar(&variable, "name", default, "usage").
func declaredFlag(call *ast.CallExpr) (name string, ok bool) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !flagDeclaration.MatchString(method.Sel.Name) {
		return "", false
	}
	if base, ok := method.X.(*ast.Ident); !ok || base.Name != "flag" && base.Name != "flags" {
		return "", false
	}
	position := 0
	if strings.HasSuffix(method.Sel.Name, "Var") {
		position = 1
	}
	if len(call.Args) <= position {
		return "", false
	}
	literal, ok := call.Args[position].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	name, err := strconv.Unquote(literal.Value)
	return name, err == nil
}

// filesIn lists the files below a folder whose names end so, without tests and hidden folders.
func filesIn(t *testing.T, folder, suffix string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case strings.HasSuffix(name, suffix) && !strings.HasSuffix(name, "_test.go"):
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestReadmeEnvironment holds the variables that the README lists against those that the carriers read: none is invented, and no
// credential is left out.
func TestReadmeEnvironment(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, name := range readmeVariable.FindAllString(string(text), -1) {
		listed[name] = true
	}
	read := variablesRead(t)
	for name := range listed {
		if !read[name] {
			t.Errorf("the README lists %s, and nothing reads it", name)
		}
	}
	credential := regexp.MustCompile(`_(KEY|SECRET|TIER|CLIENT_ID)$`)
	addresses := 0
	for name := range read {
		if credential.MatchString(name) && !listed[name] {
			t.Errorf("%s is read, and the README does not list it", name)
		}
		if strings.HasSuffix(name, "_URL") {
			addresses++
		}
	}
	if !bytes.Contains(text, []byte("`…_URL`")) || addresses == 0 {
		t.Errorf("%d variables hold addresses; the README speaks of `…_URL`", addresses)
	}
}

// variablesRead gives the environment variables that the carriers name in string literals.
func variablesRead(t *testing.T) map[string]bool {
	t.Helper()
	read := map[string]bool{}
	for _, name := range filesIn(t, "carriers", ".go") {
		if strings.Contains(filepath.ToSlash(name), "/sandbox/") {
			continue // it writes them
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && readmeVariable.FindString(text) == text && text != "" {
					read[text] = true
				}
			}
			return true
		})
	}
	return read
}
