// Package source reads the file of a design and divides it into the regions that every design has, so that two designs
// can be shown side by side.
package source

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"

	"socketbench/patterns"
	"socketbench/servers"
)

// Regions are the parts that every design has, in the order in which a connection passes through them. A server file
// marks a part with the lines "// region NAME" and "// endregion"; regions may nest. Where a part is code that designs
// share, one line names its place: "// region read: servers/blocking/talk.go", or for one declaration of a file without
// marks "// region listen: patterns/listen/listen.go Conns"; several are separated by blanks. "// region accept: none, WHY" marks a part that a design
// does not have. A program in another language marks its parts in the same way, after the sign that begins a comment there.
var Regions = []string{"listen", "accept", "dispatch", "read", "reply", "drain"}

// Openers are the first words of the four paragraphs of every essay, in order.
var Openers = []string{"How it waits.", "What it costs.", "Where it breaks.", "Watch for."}

// Source is the file of one design, divided into its parts.
type Source struct {
	File    string      // its path in the module, such as "servers/pool.go"
	Length  int         // lines of the whole file
	Idea    string      // the first line of the essay, without the name
	Essay   []Paragraph // one for each of Openers
	Regions []Region    // "type" (what is in no region), then those of Regions; of a program without marks one, "program"
	Names   []string    // what the file declares at the top level: types, functions, variables; none in other languages

	imports map[string]string // see fileCut
}

// Paragraph is a paragraph of an essay, without line breaks.
type Paragraph struct {
	Opener string // one of Openers; "": the paragraph begins with other words
	Text   string // what follows the opener
}

// Region is one part of a design.
type Region struct {
	Name  string
	Files []string // paths in the module of the files that the lines are from; the design's own first
	None  string   // why the design has no such part
	Lines []Line
}

// Line is one line of a file, without its line end.
type Line struct {
	File   string
	Number int // from 1
	Text   string
}

// Of returns the code of a design, with the regions that are in other files. For an entry that is not in the registry it
// reads Entry.Code, and fails if that is empty. The caller owns the result.
func Of(e servers.Entry) (Source, error) {
	file, text := e.File, e.Code
	if file == "" {
		file = "servers/" + e.Name + ".go"
	}
	if text == "" {
		var err error
		if text, err = FileText(file); err != nil {
			return Source{}, fmt.Errorf("source: the code of %q is not known; set Entry.Code, for example by go:embed", e.Name)
		}
	}
	if path.Ext(file) != ".go" {
		return programSource(file, text)
	}
	return parseSource(e.Name, file, text, FileText)
}

// FileText returns a file of the servers or of the patterns, by its path in the module.
func FileText(place string) (string, error) {
	fsys, name := fs.FS(servers.Files), strings.TrimPrefix(place, "servers/")
	if below, ok := strings.CutPrefix(place, "patterns/"); ok {
		fsys, name = patterns.Files, below
	}
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return "", fmt.Errorf("source: no file %s here: %w", place, err)
	}
	return string(b), nil
}

// parseSource divides text, which is the file of the design name. open returns the text of other files.
func parseSource(name, file, text string, open func(place string) (string, error)) (Source, error) {
	c, err := cutFile(file, text)
	if err != nil {
		return Source{}, err
	}
	s := Source{File: file, Length: strings.Count(strings.TrimSuffix(text, "\n"), "\n") + 1, imports: c.imports}
	for _, d := range c.decls {
		s.Names = append(s.Names, d.names...)
	}
	s.Idea, s.Essay = essay(name, text)
	s.Regions, err = c.regions(file, open)
	return s, err
}

// regions returns the regions of a file, with those parts that are in other files.
func (c *fileCut) regions(file string, open func(place string) (string, error)) (all []Region, err error) {
	for _, region := range append([]string{"type"}, Regions...) {
		r := Region{Name: region, Lines: c.parts[region]}
		if len(r.Lines) > 0 {
			r.Files = []string{file}
		}
		for _, place := range c.elsewhere[region] {
			if why, none := strings.CutPrefix(place, "none"); none {
				r.None = strings.TrimLeft(why, ",: ")
				continue
			}
			lines, where, err := openPlace(place, region, open)
			if err != nil {
				return nil, fmt.Errorf("%s: region %s: %w", file, region, err)
			}
			r.Files = append(r.Files, where)
			r.Lines = append(r.Lines, lines...)
		}
		if len(r.Lines) > 0 || r.None != "" {
			all = append(all, r)
		}
	}
	return all, nil
}

// openPlace returns the lines of a region that is in another file: the declaration that the place names, or the region of
// that name in the file, or else everything after the imports.
func openPlace(place, region string, open func(string) (string, error)) (lines []Line, where string, err error) {
	where, decls, _ := strings.Cut(place, " ")
	text, err := open(where)
	if err != nil {
		return nil, where, err
	}
	c, err := cutFile(where, text)
	if err != nil {
		return nil, where, err
	}
	if decls == "" {
		if lines = c.marked[region]; lines == nil {
			lines = c.body()
		}
	}
	for _, decl := range strings.Fields(decls) {
		own := c.decl(decl)
		if len(own) == 0 {
			return nil, where, fmt.Errorf("no %s in %s; name a declaration of that file or none", decl, where)
		}
		lines = c.appendLines(lines, own)
	}
	return lines, where, nil
}

// essay returns the comment that begins with the design's name, divided into its paragraphs.
func essay(name, text string) (idea string, paragraphs []Paragraph) {
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		return "", nil
	}
	for _, group := range f.Comments {
		if rest, found := strings.CutPrefix(group.Text(), name+": "); found {
			return paragraphsOf(rest)
		}
	}
	return "", nil
}

// paragraphsOf divides the text of an essay. Its first paragraph is the idea.
func paragraphsOf(text string) (idea string, paragraphs []Paragraph) {
	for i, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		p = strings.Join(strings.Fields(p), " ")
		if i == 0 {
			idea = p
			continue
		}
		next := Paragraph{Text: p}
		for _, opener := range Openers {
			if after, ok := strings.CutPrefix(p, opener+" "); ok {
				next = Paragraph{opener, after}
			}
		}
		paragraphs = append(paragraphs, next)
	}
	return idea, paragraphs
}
