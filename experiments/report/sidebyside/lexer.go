package sidebyside

import (
	"fmt"
	"regexp"
	"strings"

	"socketbench/experiments/report/source"
	"socketbench/servers"
)

// lexer cuts the files of one design into spans. It is used by one goroutine.
type lexer struct {
	own   string // text of the design's own file; "": it is read from the project
	file  string
	name  *regexp.Regexp // see nameOf
	files map[string][][]Span
}

// newLexer makes the lexer of an entry whose own code is in file.
func newLexer(e servers.Entry, file string) *lexer {
	return &lexer{
		own:   e.Code,
		file:  file,
		name:  nameOf(e.Name),
		files: map[string][][]Span{},
	}
}

// nameOf matches the names that a design derives from its own: its type, its constructor, and names that begin with it.
// The bare word is something else: in the file of the design pool, it is a package.
func nameOf(design string) *regexp.Regexp {
	first, rest := design[:1], regexp.QuoteMeta(design[1:])
	return regexp.MustCompile(fmt.Sprintf(`\b(New)?(?:%s(?i:%s)\b|%s(?i:%s)([A-Z]))`,
		strings.ToUpper(first), rest, strings.ToLower(first), rest))
}

// line returns l with its spans and the key by which it is compared: its text without indentation, and with the design's
// own name replaced by a neutral one, because that name differs between any two designs.
func (x *lexer) line(l source.Line) (*Line, error) {
	line := &Line{File: l.File, Number: l.Number}
	if l.Number == 0 {
		return line, nil
	}
	spans, known := x.files[l.File]
	if !known {
		var err error
		if spans, err = x.lex(l.File); err != nil {
			return nil, err
		}
		x.files[l.File] = spans
	}
	line.Spans = spans[l.Number-1]
	if l.File == x.file {
		line.own = x.name
	}
	line.key = line.neutral(strings.TrimSpace(l.Text))
	line.words = meaningful(words().FindAllString(line.key, -1))
	return line, nil
}

// neutral returns text with a neutral name in place of the name of the line's design.
func (l *Line) neutral(text string) string {
	if l.own == nil {
		return text
	}
	return l.own.ReplaceAllString(text, "${1}_${2}")
}

// lex returns the spans of every line of a file.
func (x *lexer) lex(file string) ([][]Span, error) {
	text := x.own
	if text == "" || file != x.file {
		var err error
		if text, err = source.FileText(file); err != nil {
			return nil, err
		}
	}
	return languageOf(file).lines(strings.ReplaceAll(text, "\r\n", "\n")), nil
}
