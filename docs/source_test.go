package docs_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docPackages are the public packages, by the name that programs write before the dot.
var docPackages = map[string]string{
	"tracking": "tracking", "transport": "tracking/transport", "trackingtest": "tracking/trackingtest", "statusmap": "statusmap",
	"courier": "carriers/courier", "deliveryapi": "carriers/deliveryapi", "sweettracker": "carriers/sweettracker",
	"trackerdelivery": "carriers/trackerdelivery", "sandbox": "carriers/sandbox", "order": "order", "privacy": "order/privacy", "webhook": "webhook",
}

// docFile is a parsed file with its text.
type docFile struct {
	tree *ast.File
	set  *token.FileSet
	text []byte
}

func docParse(t *testing.T, path string) docFile {
	t.Helper()
	f := docFile{set: token.NewFileSet()}
	var err error
	if f.text, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if f.tree, err = parser.ParseFile(f.set, path, f.text, parser.ParseComments); err != nil {
		t.Fatal(err)
	}
	return f
}

// docPackage parses the files of a package that programs build.
func docPackage(t *testing.T, name string) []docFile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(docPackages[name], "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("package %s: %v", name, err)
	}
	var files []docFile
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			files = append(files, docParse(t, path))
		}
	}
	return files
}

func (f docFile) slice(from, to token.Pos) string {
	return string(f.text[f.set.Position(from).Offset:f.set.Position(to).Offset])
}

// specs calls do for everything that a file declares outside functions, with the comment that belongs to it.
func (f docFile) specs(do func(spec ast.Spec, comment *ast.CommentGroup)) {
	for _, decl := range f.tree.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			comment := group.Doc
			switch s := spec.(type) {
			case *ast.ValueSpec:
				if group.Lparen.IsValid() { // then the comment in front is about the group
					comment = nil
				}
				comment = firstComment(s.Doc, s.Comment, comment)
			case *ast.TypeSpec:
				comment = firstComment(s.Doc, comment)
			}
			do(spec, comment)
		}
	}
}

func firstComment(groups ...*ast.CommentGroup) *ast.CommentGroup {
	for _, group := range groups {
		if group != nil {
			return group
		}
	}
	return nil
}

// docNames lists what the public packages export, as package.Name and package.Type.Name.
func docNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for pkg := range docPackages {
		for _, f := range docPackage(t, pkg) {
			f.specs(func(spec ast.Spec, _ *ast.CommentGroup) {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names[pkg+"."+name.Name] = true
					}
				case *ast.TypeSpec:
					names[pkg+"."+s.Name.Name] = true
					for _, field := range docMembers(s) {
						for _, name := range field.Names {
							names[pkg+"."+s.Name.Name+"."+name.Name] = true
						}
					}
				}
			})
			for _, decl := range f.tree.Decls {
				if function, ok := decl.(*ast.FuncDecl); ok {
					names[pkg+"."+docReceiver(function)+function.Name.Name] = true
				}
			}
		}
	}
	return names
}

func docMembers(s *ast.TypeSpec) []*ast.Field {
	switch kind := s.Type.(type) {
	case *ast.StructType:
		return kind.Fields.List
	case *ast.InterfaceType:
		return kind.Methods.List
	}
	return nil
}

// docReceiver gives "Type." for a method and nothing for a function.
func docReceiver(function *ast.FuncDecl) string {
	if function.Recv == nil {
		return ""
	}
	kind := function.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

// docConsts gives the line comments of a package's constants and the expressions of their values.
func docConsts(t *testing.T, pkg string) (comments, values map[string]string) {
	t.Helper()
	comments, values = map[string]string{}, map[string]string{}
	for _, f := range docPackage(t, pkg) {
		f.specs(func(spec ast.Spec, comment *ast.CommentGroup) {
			s, ok := spec.(*ast.ValueSpec)
			if !ok {
				return
			}
			for i, name := range s.Names {
				comments[name.Name] = docPlain(comment)
				if i < len(s.Values) {
					values[name.Name] = f.slice(s.Values[i].Pos(), s.Values[i].End())
				}
			}
		})
	}
	return comments, values
}

var (
	docReference = regexp.MustCompile(`\[([A-Za-z]+(?:\.[A-Za-z]+)*)\]`)
	docGenerate  = regexp.MustCompile(`^[a-z]+$`)
)

// docPlain gives a comment as one line of Markdown.
func docPlain(comment *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(comment.Text()), " ")
	text = strings.ReplaceAll(text, "*", `\*`)
	return docReference.ReplaceAllString(text, "`$1`")
}

// docFields makes the reference of a struct, of its fields' comments: package and type.
func docFields(t *testing.T, words []string) string {
	if len(words) != 2 || !docGenerate.MatchString(words[0]) {
		t.Fatalf("fields of %v: want a package and a type", words)
	}
	table := newDocTable("field", "type", "what it means")
	rows := 0
	for _, f := range docPackage(t, words[0]) {
		f.specs(func(spec ast.Spec, _ *ast.CommentGroup) {
			s, ok := spec.(*ast.TypeSpec)
			if !ok || s.Name.Name != words[1] {
				return
			}
			for _, field := range docMembers(s) {
				var names []string
				for _, name := range field.Names {
					names = append(names, docCode(name.Name))
				}
				table.row(strings.Join(names, ", "), docCode(f.slice(field.Type.Pos(), field.Type.End())),
					docPlain(firstComment(field.Doc, field.Comment)))
				rows++
			}
		})
	}
	if rows == 0 {
		t.Fatalf("%s.%s has no fields", words[0], words[1])
	}
	return table.String()
}

// docSource copies declarations from a file, word for word: path, then names (Type.Method for methods), or nothing for
// the whole file.
func docSource(t *testing.T, words []string) string {
	f := docParse(t, filepath.FromSlash(words[0]))
	if len(words) == 1 {
		return docGo(string(f.text))
	}
	var parts []string
	for _, name := range words[1:] {
		parts = append(parts, f.declaration(t, name))
	}
	return docGo(strings.Join(parts, "\n\n"))
}

func (f docFile) declaration(t *testing.T, name string) string {
	t.Helper()
	for _, decl := range f.tree.Decls {
		from, found := decl.Pos(), false
		switch d := decl.(type) {
		case *ast.FuncDecl:
			found = docReceiver(d)+d.Name.Name == name
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
		case *ast.GenDecl:
			found = slices.ContainsFunc(d.Specs, func(spec ast.Spec) bool {
				s, ok := spec.(*ast.TypeSpec)
				return ok && s.Name.Name == name
			})
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
		}
		if found {
			return f.slice(from, decl.End())
		}
	}
	t.Fatalf("%s has no %s", f.set.Position(f.tree.Pos()).Filename, name)
	return ""
}

// docBody copies what a function does, without its frame: path and name.
func docBody(t *testing.T, words []string) string {
	f := docParse(t, filepath.FromSlash(words[0]))
	for _, decl := range f.tree.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || d.Name.Name != words[1] {
			continue
		}
		body := f.slice(d.Body.Lbrace+1, d.Body.Rbrace)
		var out bytes.Buffer
		for line := range strings.Lines(strings.Trim(body, "\n")) {
			out.WriteString(strings.TrimPrefix(line, "\t"))
		}
		return docGo(out.String())
	}
	t.Fatalf("%s has no %s", words[0], words[1])
	return ""
}

// docGo fences Go code, which must be formatted.
func docGo(code string) string {
	code = strings.TrimSpace(code)
	if formatted, err := format.Source([]byte(code)); err == nil {
		code = strings.TrimSpace(string(formatted))
	}
	return fmt.Sprintf("```go\n%s\n```", code)
}

// docComment gives the comment of a type or a function.
func docComment(t *testing.T, pkg, name string) string {
	t.Helper()
	for _, f := range docPackage(t, pkg) {
		text := ""
		f.specs(func(spec ast.Spec, comment *ast.CommentGroup) {
			if s, ok := spec.(*ast.TypeSpec); ok && s.Name.Name == name {
				text = comment.Text()
			}
		})
		for _, decl := range f.tree.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && docReceiver(d)+d.Name.Name == name {
				text = d.Doc.Text()
			}
		}
		if text != "" {
			return text
		}
	}
	t.Fatalf("%s.%s has no comment", pkg, name)
	return ""
}

var docGap = regexp.MustCompile(`\s{2,}`)

// docColumnsOf reads the lines of a comment's table whose first word begins so; columns are two blanks apart.
func docColumnsOf(comment, prefix string) [][]string {
	var lines [][]string
	for line := range strings.Lines(comment) {
		if cell, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "\t"); indented && strings.HasPrefix(cell, prefix) {
			lines = append(lines, docGap.Split(cell, -1))
		}
	}
	return lines
}
