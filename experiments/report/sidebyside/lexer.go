package sidebyside

import (
	"slices"
	"strings"

	"socketbench/experiments/report/source"
	"socketbench/servers"
)

// lexer cuts the files of one design into spans. It is used by one goroutine.
type lexer struct {
	own   string // text of the design's own file; "": it is read from the project
	file  string
	names map[string]string // see neutralNames
	files map[string][][]Span
}

// newLexer makes the lexer of an entry whose own code is src.
func newLexer(e servers.Entry, src source.Source) *lexer {
	return &lexer{
		own:   e.Code,
		file:  src.File,
		names: neutralNames(e.Name, src.Names),
		files: map[string][][]Span{},
	}
}

// neutralNames returns a neutral form of the names that a design's file declares and that begin with the design's own
// name: its type, its constructor, its helpers. Such names differ between any two designs. Every other name that differs
// is a difference, such as reactor.NewPoll in the design poll: it stands for other code.
func neutralNames(design string, declared []string) map[string]string {
	neutral := map[string]string{}
	for _, name := range declared {
		begin, rest := "", name
		if after, constructor := strings.CutPrefix(name, "New"); constructor {
			begin, rest = "New", after
		}
		if len(rest) >= len(design) && strings.EqualFold(rest[:len(design)], design) {
			neutral[name] = begin + "_" + rest[len(design):]
		}
	}
	return neutral
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
		line.own = x.names
	}
	line.key = line.neutral(strings.TrimSpace(l.Text))
	line.words = meaningful(words().FindAllString(line.key, -1))
	return line, nil
}

// neutral returns text with neutral names in place of those that the line's design declares for itself.
func (l *Line) neutral(text string) string {
	if len(l.own) == 0 {
		return text
	}
	return strings.Join(l.neutralAll(words().FindAllString(text, -1)), "")
}

// neutralAll does the same with the words of a text. A name after a dot is declared elsewhere.
func (l *Line) neutralAll(words []string) []string {
	out := slices.Clone(words)
	for i, w := range words {
		if neutral, own := l.own[w]; own && (i == 0 || words[i-1] != ".") {
			out[i] = neutral
		}
	}
	return out
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
