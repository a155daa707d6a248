package source

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// fileCut is a file divided into regions.
type fileCut struct {
	comment   string // how a comment begins
	lines     []Line
	decls     []span            // top-level declarations with their comments, without imports
	imports   map[string]string // by the name that the file uses: the path of an imported package
	parts     map[string][]Line // by region; "type" has what is in no region
	marked    map[string][]Line // the same, but without functions that have no mark of the region
	elsewhere map[string][]string
}

// span is a range of lines of a file, and the names that it declares.
type span struct {
	names       []string
	makes       []string // of a function: the types that it returns or makes a value of
	function    bool
	first, last int
}

// newCut returns a file that is not divided yet. comment begins a comment of its language.
func newCut(file, text, comment string) *fileCut {
	c := &fileCut{
		comment: comment, parts: map[string][]Line{}, marked: map[string][]Line{}, elsewhere: map[string][]string{},
	}
	for i, t := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		c.lines = append(c.lines, Line{file, i + 1, t})
	}
	return c
}

func cutFile(file, text string) (*fileCut, error) {
	c := newCut(file, text, "// ")
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	c.decls, c.imports = declarations(set, f), imports(f)
	if n := len(c.decls); n > 0 {
		c.decls[n-1].last = len(c.lines)
	}
	inside, err := c.marks(file)
	if err != nil {
		return nil, err
	}
	c.claim(inside)
	return c, nil
}

// marks returns the innermost region of every line, by line number. A line that is a mark has a "-" before the region
// that it names.
func (c *fileCut) marks(file string) ([]string, error) {
	inside := make([]string, len(c.lines)+1)
	var stack []string
	for _, l := range c.lines {
		mark, ok := strings.CutPrefix(strings.TrimSpace(l.Text), c.comment)
		name, isRegion := strings.CutPrefix(mark, "region ")
		switch {
		case ok && isRegion:
			name, place, elsewhere := strings.Cut(name, ": ")
			if !slices.Contains(Regions, name) {
				return nil, fmt.Errorf("source: %s:%d: no region %q; choose one of %s",
					file, l.Number, name, strings.Join(Regions, ", "))
			}
			if elsewhere {
				c.elsewhere[name] = append(c.elsewhere[name], place)
			} else {
				stack = append(stack, name)
			}
			inside[l.Number] = "-" + name
		case ok && mark == "endregion":
			if len(stack) == 0 {
				return nil, fmt.Errorf("source: %s:%d: endregion without a region", file, l.Number)
			}
			stack = stack[:len(stack)-1]
			inside[l.Number] = "-"
		case len(stack) > 0:
			inside[l.Number] = stack[len(stack)-1]
		}
	}
	if len(stack) > 0 {
		return nil, fmt.Errorf("source: %s: region %s has no endregion", file, stack[len(stack)-1])
	}
	return inside, nil
}

// claim assigns each line to a region. A line outside of all marks belongs to the region before it in the same
// declaration, or else to the one after it. A function without marks belongs to the region of the function above it, and
// other declarations belong to the type.
func (c *fileCut) claim(inside []string) {
	last := "type"
	for _, d := range c.decls {
		region := last
		if !d.function {
			region = "type"
		}
		marked := false
		for n := d.last; n >= d.first; n-- {
			if r := strings.TrimPrefix(inside[n], "-"); r != "" {
				region, marked = r, true
			}
		}
		for n := d.first; n <= d.last; n++ {
			if strings.HasPrefix(inside[n], "-") {
				continue
			}
			if inside[n] != "" {
				region = inside[n]
			}
			c.parts[region] = c.appendLine(c.parts[region], c.lines[n-1])
			if marked {
				c.marked[region] = c.appendLine(c.marked[region], c.lines[n-1])
			}
		}
		if d.function {
			last = region
		}
	}
	for _, cut := range []map[string][]Line{c.parts, c.marked} {
		for name, lines := range cut {
			cut[name] = trimBlank(lines)
		}
	}
}

// appendLine adds l. Where code between it and the line before is left out, it adds a line without a number first. It
// keeps one of several blank lines.
func (c *fileCut) appendLine(lines []Line, l Line) []Line {
	if len(lines) == 0 {
		return append(lines, l)
	}
	previous := lines[len(lines)-1]
	blank := strings.TrimSpace(previous.Text) == ""
	switch {
	case strings.TrimSpace(l.Text) == "":
		if blank {
			return lines
		}
	case !blank && previous.Number != 0 &&
		slices.ContainsFunc(c.lines[previous.Number:l.Number-1], c.isCode):
		lines = append(lines, Line{File: l.File})
	}
	return append(lines, l)
}

// appendLines adds the lines of a declaration, after a line without a number where there are lines already.
func (c *fileCut) appendLines(lines, declaration []Line) []Line {
	if len(lines) > 0 && len(declaration) > 0 {
		lines = append(lines, Line{File: declaration[0].File})
	}
	return append(lines, declaration...)
}

// isCode reports whether a line is neither blank nor a mark.
func (c *fileCut) isCode(l Line) bool {
	text := strings.TrimSpace(l.Text)
	return text != "" && text != c.comment+"endregion" && !strings.HasPrefix(text, c.comment+"region ")
}

func trimBlank(lines []Line) []Line {
	for len(lines) > 0 && strings.TrimSpace(lines[0].Text) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1].Text) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// decl returns the lines of a declaration, by its name or, for a method, as "Type.Name".
func (c *fileCut) decl(name string) []Line {
	for _, d := range c.decls {
		if slices.Contains(d.names, name) {
			return trimBlank(slices.Clone(c.lines[d.first-1 : d.last]))
		}
	}
	return nil
}

// body returns all declarations except the imports.
func (c *fileCut) body() (lines []Line) {
	for _, d := range c.decls {
		for _, l := range c.lines[d.first-1 : d.last] {
			lines = c.appendLine(lines, l)
		}
	}
	return trimBlank(lines)
}

// declarations returns the file's top-level declarations except the imports, each from its comment to the line before
// the next declaration.
func declarations(set *token.FileSet, f *ast.File) []span {
	var decls []span
	for _, d := range f.Decls {
		s := span{last: set.Position(d.End()).Line}
		var doc *ast.CommentGroup
		switch d := d.(type) {
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			doc = d.Doc
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					s.names = append(s.names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						s.names = append(s.names, n.Name)
					}
				}
			}
		case *ast.FuncDecl:
			doc, s.function = d.Doc, true
			s.names = []string{d.Name.Name}
			if d.Recv != nil {
				s.names = append(s.names, receiver(d)+"."+d.Name.Name)
			}
			s.makes = made(d)
		}
		start := d.Pos()
		if doc != nil {
			start = doc.Pos()
		}
		s.first = set.Position(start).Line
		if n := len(decls); n > 0 {
			decls[n-1].last = s.first - 1
		}
		decls = append(decls, s)
	}
	return decls
}

// receiver returns the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
