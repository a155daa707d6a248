package source

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// programSource divides a program in another language than Go. One without marks is a single region, "program". In one
// with marks, the comment at the top is its essay, the imports are left out, and a line outside of all marks belongs to
// the region above it in the same block, or else to the first one in the block, or to the type.
func programSource(file, text string) (Source, error) {
	comment := commentOf(file)
	c := newCut(file, strings.ReplaceAll(text, "\r\n", "\n"), comment)
	s := Source{File: file, Length: len(c.lines)}
	if !slices.ContainsFunc(c.lines, func(l Line) bool { return strings.HasPrefix(strings.TrimSpace(l.Text), comment+"region ") }) {
		s.Regions = []Region{{Name: "program", Files: []string{file}, Lines: c.lines}}
		return s, nil
	}
	inside, err := c.marks(file)
	if err != nil {
		return Source{}, err
	}
	top := 0 // lines of the comment at the top
	var said strings.Builder
	for top < len(c.lines) && strings.HasPrefix(c.lines[top].Text+" ", comment) {
		said.WriteString(strings.TrimPrefix(c.lines[top].Text+" ", comment) + "\n")
		top++
	}
	if _, essay, named := strings.Cut(strings.ReplaceAll(said.String(), " \n", "\n"), ": "); named {
		s.Idea, s.Essay = paragraphsOf(essay)
	}
	region := "type"
	for i, l := range c.lines[top:] {
		if i == 0 || c.begins(l.Number) {
			region = c.firstRegion(l.Number, inside)
		}
		name, mark := strings.CutPrefix(inside[l.Number], "-")
		if name != "" {
			region = name
		}
		if !mark && !imported().MatchString(l.Text) {
			c.parts[region] = c.appendLine(c.parts[region], l)
		}
	}
	for name, lines := range c.parts {
		c.parts[name] = trimBlank(lines)
	}
	s.Regions, err = c.regions(file, FileText)
	return s, err
}

// begins reports whether a block begins with the line of that number: a line without indentation after a blank one.
func (c *fileCut) begins(number int) bool {
	text := c.lines[number-1].Text
	return number > 1 && strings.TrimSpace(c.lines[number-2].Text) == "" && text != "" && strings.TrimLeft(text, " \t") == text
}

// firstRegion returns the first region of the block that begins with the line of that number, or "type".
func (c *fileCut) firstRegion(number int, inside []string) string {
	for n := number; n <= len(c.lines) && (n == number || !c.begins(n)); n++ {
		if name := strings.TrimPrefix(inside[n], "-"); name != "" {
			return name
		}
	}
	return "type"
}

// commentOf returns how a comment of a line begins in the language of a file.
func commentOf(file string) string {
	switch path.Ext(file) {
	case ".py", ".rb", ".sh":
		return "# "
	case ".erl":
		return "% "
	}
	return "// "
}

// imported matches a line that imports a library in Python, C, Rust, Java or Node. Views leave out the imports of a design
// in Go as well.
var imported = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^((import|from|use) \w|#include |#define _GNU_SOURCE|const \w+ = require\()`)
})
