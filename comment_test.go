package waybill_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDocLinks looks up what comments link to, such as [Client.Track] or [errors.Is], in all packages of the workspace.
// go doc prints a link that leads nowhere as it stands, and says nothing.
func TestDocLinks(t *testing.T) {
	packages := map[string][]string{}
	for _, name := range filesIn(t, ".", ".go") {
		packages[filepath.Dir(name)] = append(packages[filepath.Dir(name)], name)
	}
	symbols, followed := symbolTables{}, 0
	for _, files := range packages {
		for _, link := range docLinks(t, files) {
			followed++
			if !link.resolves(symbols) {
				t.Errorf("%s: the link [%s] leads nowhere", link.at, link.text)
			}
		}
	}
	if followed < 100 {
		t.Errorf("only %d links were found", followed)
	}
}

// TestDocLinksSee proves that the test above can fail.
func TestDocLinksSee(t *testing.T) {
	symbols := symbolTables{}
	for text, want := range map[string]bool{
		"[Client]": true, "[Client.Track]": true, "[*Client]": true, "[Result.Err]": true, "[Carrier.Query]": true, "[ErrNotFound]": true,
		"[Truck]": false, "[Client.Trick]": false, "[errors.Is]": true, "[errors.Isnt]": false, "[time.Time.In]": true, "[nowhere.Name]": false,
		"[net/http.Client]": true,
	} {
		links := linksOf(text, "tracking", map[string]string{})
		if len(links) != 1 || links[0].resolves(symbols) != want {
			t.Errorf("%s resolves: %v, want %v", text, !want, want)
		}
	}
}

// docLinkTo is a link of a comment.
type docLinkTo struct {
	at, text string
	folder   string // of the package it stands in
	imported string // path of the package it leads to; empty for its own
	name     string // Name, or Type.Member
}

// docLinks gives the links of all comments of a package. As go doc does, it takes package names from the imports of any file.
func docLinks(t *testing.T, names []string) []docLinkTo {
	t.Helper()
	set, imports := token.NewFileSet(), map[string]string{}
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			imports[path.Base(imported)] = imported
			if spec.Name != nil {
				imports[spec.Name.Name] = imported
			}
		}
	}
	var links []docLinkTo
	for _, file := range files {
		for _, group := range file.Comments {
			for _, link := range linksOf(group.Text(), filepath.Dir(names[0]), imports) {
				link.at = set.Position(group.Pos()).String()
				links = append(links, link)
			}
		}
	}
	return links
}

// linksOf gives everything in a text that is written like a link to a name.
func linksOf(text, folder string, imports map[string]string) []docLinkTo {
	anything := comment.Parser{
		LookupPackage: func(name string) (string, bool) {
			if imported := imports[name]; imported != "" {
				return imported, true
			}
			if imported, ok := comment.DefaultLookupPackage(name); ok {
				return imported, true
			}
			return name, true
		},
		LookupSym: func(string, string) bool { return true },
	}
	var links []docLinkTo
	eachLink(anything.Parse(text).Content, func(link *comment.DocLink) {
		if link.Name == "" {
			return // a word in brackets, or a package
		}
		name := link.Name
		if link.Recv != "" {
			name = link.Recv + "." + name
		}
		shown := name
		if link.ImportPath != "" {
			shown = path.Base(link.ImportPath) + "." + name
		}
		links = append(links, docLinkTo{text: shown, folder: folder, imported: link.ImportPath, name: name})
	})
	return links
}

func eachLink(blocks []comment.Block, do func(*comment.DocLink)) {
	inText := func(text []comment.Text) {
		for _, piece := range text {
			if link, ok := piece.(*comment.DocLink); ok {
				do(link)
			}
		}
	}
	for _, block := range blocks {
		switch block := block.(type) {
		case *comment.Paragraph:
			inText(block.Text)
		case *comment.Heading:
			inText(block.Text)
		case *comment.List:
			for _, item := range block.Items {
				eachLink(item.Content, do)
			}
		}
	}
}

func (l docLinkTo) resolves(symbols symbolTables) bool {
	folder := l.folder
	if l.imported != "" {
		folder = folderOf(l.imported)
	}
	table, err := symbols.of(folder)
	return err == nil && table[l.name]
}

var folders = map[string]string{} // of imported packages; to find one outside the standard library takes a process

func folderOf(imported string) string {
	if folder, ok := folders[imported]; ok {
		return folder
	}
	folder := "nowhere"
	if found, err := build.Default.Import(imported, ".", build.FindOnly); err == nil {
		folder = found.Dir
	}
	folders[imported] = folder
	return folder
}

// symbolTables holds what packages declare, by folder: Name, Type.Method, Type.Field.
type symbolTables map[string]map[string]bool

func (s symbolTables) of(folder string) (map[string]bool, error) {
	if table, ok := s[folder]; ok {
		return table, nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no Go in %s", folder)
	}
	table := map[string]bool{}
	embedded := map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declaration := range file.Decls {
			declare(declaration, table, embedded)
		}
	}
	promote(table, embedded)
	s[folder] = table
	return table, nil
}

func declare(declaration ast.Decl, table map[string]bool, embedded map[string][]string) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = typeName(d.Recv.List[0].Type) + "." + name
		}
		table[name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					table[name.Name] = true
				}
			case *ast.TypeSpec:
				table[spec.Name.Name] = true
				for _, member := range members(spec.Type) {
					for _, name := range member.Names {
						table[spec.Name.Name+"."+name.Name] = true
					}
					if len(member.Names) == 0 {
						inner := typeName(member.Type)
						table[spec.Name.Name+"."+inner] = true
						embedded[spec.Name.Name] = append(embedded[spec.Name.Name], inner)
					}
				}
			}
		}
	}
}

// promote adds the members of embedded types, one step.
func promote(table map[string]bool, embedded map[string][]string) {
	for _, name := range slices.Collect(maps.Keys(table)) {
		owner, member, ok := strings.Cut(name, ".")
		for outer, inner := range embedded {
			if ok && slices.Contains(inner, owner) {
				table[outer+"."+member] = true
			}
		}
	}
}

func members(of ast.Expr) []*ast.Field {
	switch of := of.(type) {
	case *ast.StructType:
		return of.Fields.List
	case *ast.InterfaceType:
		return of.Methods.List
	}
	return nil
}

// typeName gives T for T, *T, T[P] and p.T.
func typeName(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name
	case *ast.StarExpr:
		return typeName(of.X)
	case *ast.IndexExpr:
		return typeName(of.X)
	case *ast.IndexListExpr:
		return typeName(of.X)
	case *ast.SelectorExpr:
		return of.Sel.Name
	}
	return ""
}
