package source

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/foreign"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Every design is one file of the same form, so that any two can be shown side by side.
func TestEveryServerFileHasTheSameForm(t *testing.T) {
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) {
			text, err := FileText("servers/" + e.Name + ".go")
			require.NoError(t, err, "a design is the file of its name")
			require.Empty(t, formFaults(e.Name, text))
		})
	}
	for _, e := range foreign.Entries() {
		if path.Ext(e.File) == ".go" {
			require.Empty(t, formFaults(e.Name, e.Code))
		}
	}
}

// Code that a design shares with others is shown where the design uses it.
func TestWhatIsOpenedInADesignFitsBesideAnother(t *testing.T) {
	for _, e := range servers.All() {
		src, err := Of(servers.Entry{Name: e.Name})
		require.NoError(t, err)
		for _, r := range src.Regions {
			for _, l := range r.Lines {
				require.LessOrEqual(t, columns(l.Text), 100, "%s:%d, in %s", l.File, l.Number, e.Name)
			}
		}
	}
}

// Each way to break the form has its own sentence.
func TestFormFaultsAreFound(t *testing.T) {
	good, err := os.ReadFile("testdata/sample.go")
	require.NoError(t, err)
	require.Empty(t, formFaults("sample", string(good)))

	replace := func(old, new string) string {
		require.Contains(t, string(good), old)
		return strings.Replace(string(good), old, new, 1)
	}
	for _, c := range []struct{ fault, text string }{
		{"50 to 130 lines", string(good) + strings.Repeat("\n// more", 130)},
		{"columns", replace("// sample: ", "// sample: "+strings.Repeat("very ", 20))},
		{"essay begins", replace("// sample: ", "// simple: ")},
		{"How it waits.", replace("How it waits.", "How it works.")},
		{"What it costs.", replace("What it costs.", "Where it breaks.")},
		{"a blank line between", replace("server file.\n\n", "server file.\n")},
		{"no region listen", replace("\t// region listen\n\tvar failed error\n\t// endregion\n", "")},
		{"endregion without a region", replace("\t// region listen\n", "")},
		{"no endregion", replace("\n// endregion\n", "")},
		{"no region \"write\"", replace("// region read: servers/blocking/talk.go", "// region write: servers/blocking/talk.go")},
		{"no file servers/blocking/talks.go", replace("// region read: servers/blocking/talk.go", "// region read: servers/blocking/talks.go")},
		{"in another block", replace("\t\t// endregion\n\t}\n\t// endregion\n", "\t\t// endregion\n\t\t// endregion\n\t}\n")},
		{"helper", replace("func (s *Sample) one", "func helper() {}\n\nfunc (s *Sample) one")},
		{"NewSample", replace("func NewSample", "func newSample")},
		{"type, constructor, Serve", replace("func (s *Sample) Serve", "func (s *Sample) Start")},
	} {
		require.Contains(t, strings.Join(formFaults("sample", c.text), "\n"), c.fault)
	}
}

// long are the designs whose mechanism does not fit into 130 lines: a connection that blocks its thread, the listener
// that a library needs, and the messages between processes.
var long = map[string]int{"thread": 220, "netpoll": 230, "prefork": 180}

// formFaults returns how a server file differs from the common form.
func formFaults(name, text string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	most := 130
	if longer, ok := long[name]; ok {
		most = longer
	}
	_, imports, _ := strings.Cut(text, "\nimport (\n")
	imports, _, _ = strings.Cut(imports, "\n)\n")
	if n := len(lines) - strings.Count(imports, "\n"); n < 50 || n > most { // the views leave the imports out
		fault("has %d lines beside its imports; 50 to %d lines can be read beside another file", n, most)
	}
	for i, l := range lines {
		if n := columns(l); n > 100 {
			fault("line %d has %d columns; 100 fit beside another file", i+1, n)
		}
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name+".go", text, parser.ParseComments)
	if err != nil {
		return append(faults, err.Error())
	}
	if f.Doc != nil {
		fault("a blank line between essay and package clause keeps the package's own documentation alone")
	}
	src, err := parseSource(name, "servers/"+name+".go", text, FileText)
	if err != nil {
		return append(faults, err.Error())
	}
	if src.Idea == "" {
		fault("the essay begins with %q and one sentence", name+": ")
	}
	for i, opener := range Openers {
		if i >= len(src.Essay) || src.Essay[i].Opener != opener {
			fault("paragraph %d of the essay begins with %q", i+1, opener)
		}
	}
	if len(src.Essay) != len(Openers) {
		fault("the essay has %d paragraphs; it has %d", len(src.Essay), len(Openers))
	}
	for _, region := range Regions {
		if !hasRegion(src, text, region) {
			fault("no region %s; mark it, or name its place with // region %s: FILE", region, region)
		}
	}
	faults = append(faults, braceFaults(text)...)
	return append(faults, nameFaults(name, f)...)
}

// braceFaults returns the regions that end in another block than the one in which they begin.
func braceFaults(text string) (faults []string) {
	type open struct {
		name          string
		depth, lowest int
	}
	var stack []open
	depth := 0
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile("", -1, len(text)), []byte(text), nil, scanner.ScanComments)
	for {
		_, tok, literal := s.Scan()
		switch tok {
		case token.EOF:
			return faults
		case token.LBRACE:
			depth++
		case token.RBRACE:
			depth--
			for i := range stack {
				stack[i].lowest = min(stack[i].lowest, depth)
			}
		case token.COMMENT:
			name, begins := strings.CutPrefix(literal, "// region ")
			switch {
			case begins && !strings.Contains(name, ":"):
				stack = append(stack, open{name, depth, depth})
			case literal == "// endregion" && len(stack) > 0:
				last := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				if last.depth != depth || last.lowest < last.depth {
					faults = append(faults, fmt.Sprintf("region %s ends in another block than it begins in", last.name))
				}
			}
		}
	}
}

// hasRegion reports whether the file marks a region. Lines that belong to it only because they stand beside it do not
// count.
func hasRegion(src Source, text, name string) bool {
	if !strings.Contains(text, "// region "+name+"\n") && !strings.Contains(text, "// region "+name+": ") {
		return false
	}
	for _, r := range src.Regions {
		if r.Name == name {
			return true
		}
	}
	return false
}

// nameFaults lists top-level names that break the rule. Allowed are the design's type, its constructor, methods, and names
// that begin with the design's.
func nameFaults(name string, f *ast.File) (faults []string) {
	prefixed := func(s string) bool {
		return s == "_" || len(s) >= len(name) && strings.EqualFold(s[:len(name)], name)
	}
	var order []string // what must come in this order
	check := func(s string) {
		if !prefixed(s) {
			faults = append(faults, fmt.Sprintf("%s is not the design's: name it %s...", s, name))
		}
	}
	typeName := ""
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					check(spec.Name.Name)
					if strings.EqualFold(spec.Name.Name, name) && spec.Name.IsExported() {
						typeName = spec.Name.Name
						order = append(order, "type")
					}
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						check(n.Name)
					}
				}
			}
		case *ast.FuncDecl:
			switch {
			case d.Recv != nil:
				check(receiver(d))
				if receiver(d) == typeName && (d.Name.Name == "Serve" || d.Name.Name == "ServePacket") {
					order = append(order, "Serve")
				}
			case d.Name.Name == "New"+typeName:
				order = append(order, "constructor")
			case f.Name.Name == "main" && d.Name.Name == "main": // a program of its own
			default:
				check(d.Name.Name)
			}
		}
	}
	if got := strings.Join(order, ", "); got != "type, constructor, Serve" {
		faults = append(faults, fmt.Sprintf("has in this order: %s; it is type, constructor, Serve (type %s, New%s)",
			got, typeName, typeName))
	}
	return faults
}

// columns counts as the views do: a tab ends at a multiple of four columns.
func columns(line string) (n int) {
	for _, r := range line {
		if n++; r == '\t' {
			n += 3 - (n-1)%4
		}
	}
	return n
}

// The patterns that keep tests out of the binary exclude nothing else.
func TestAllSourceIsEmbedded(t *testing.T) {
	for _, pattern := range []string{"servers/*.go", "servers/blocking/*.go", "servers/eventloop/*.go", "servers/config/*.go", "patterns/*/*.go"} {
		found, err := filepath.Glob("../../../" + pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found)
		for _, file := range found {
			name := strings.TrimPrefix(filepath.ToSlash(file), "../../../")
			_, err := FileText(name)
			if strings.HasSuffix(file, "_test.go") {
				require.Error(t, err, "%s: a test in the binary", name)
			} else {
				require.NoError(t, err, "%s: widen the go:embed line of servers.Files", name)
			}
		}
	}
}

// A region has its own lines and those beside it in the same function, without its marks.
func TestCutFile(t *testing.T) {
	text, err := os.ReadFile("testdata/sample.go")
	require.NoError(t, err)
	src, err := parseSource("sample", "servers/sample.go", string(text), FileText)
	require.NoError(t, err)
	require.Equal(t, "one connection at a time, for the tests of this package.", src.Idea)
	require.Len(t, src.Essay, 4)
	require.Equal(t, Paragraph{"How it waits.", "In accept, then in read, and nowhere else, which takes two lines to say."}, src.Essay[0])

	var got strings.Builder
	for _, r := range src.Regions {
		fmt.Fprintf(&got, "== %s %v %s\n", r.Name, r.Files, r.None)
		for _, l := range r.Lines {
			if l.File == "servers/sample.go" {
				fmt.Fprintf(&got, "%d %s\n", l.Number, l.Text)
			}
		}
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/sample.regions", []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile("testdata/sample.regions")
	require.NoError(t, err)
	require.Equal(t, string(want), got.String())

	seen := map[int]bool{}
	for _, r := range src.Regions {
		for _, l := range r.Lines {
			if l.File == "servers/sample.go" && l.Number > 0 {
				require.False(t, seen[l.Number], "line %d is shown twice", l.Number)
				seen[l.Number] = true
			}
		}
	}
}

// Every line of a design's code is in exactly one region, except marks, imports and the essay.
func TestEveryLineIsInOneRegion(t *testing.T) {
	for _, e := range servers.All() {
		src, err := Of(e)
		require.NoError(t, err)
		seen := map[int]int{}
		for _, r := range src.Regions {
			for _, l := range r.Lines {
				if l.File == src.File {
					seen[l.Number]++
				}
			}
		}
		text, err := FileText(src.File)
		require.NoError(t, err)
		_, code, found := strings.Cut(text, "\n)\n") // the imports' end
		require.True(t, found)
		first := strings.Count(text, "\n") - strings.Count(code, "\n")
		for i, l := range strings.Split(code, "\n") {
			l = strings.TrimSpace(l)
			if l == "" || strings.HasPrefix(l, "// region ") || l == "// endregion" {
				continue
			}
			require.Equal(t, 1, seen[first+i+1], "%s:%d: %s", src.File, first+i+1, l)
		}
	}
}

func TestSourceOfAnAuthorsOwnDesign(t *testing.T) {
	text, err := os.ReadFile("testdata/sample.go")
	require.NoError(t, err)
	src, err := Of(servers.Entry{Name: "sample", Code: string(text)})
	require.NoError(t, err)
	require.Equal(t, "listen", src.Regions[1].Name)

	_, err = Of(servers.Entry{Name: "sample"})
	require.ErrorContains(t, err, "Entry.Code")
}
