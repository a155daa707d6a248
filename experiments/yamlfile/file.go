// Package yamlfile reads the files that people write in YAML: experiments and scenes. It reports everything that is wrong
// with a file at once, each fault with its line, its column and what is allowed there.
package yamlfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a file. Such files have a few kilobytes and nest four deep. The YAML parser takes time and memory in the
// square of both, and a file that nests too deep overflows its stack, which ends the process.
const (
	maxSource = 64 << 10
	maxDepth  = 32
)

// Kind says in faults what a file holds.
type Kind struct {
	One   string // "experiment"
	A     string // "an experiment"
	Needs string // what an empty file lacks, as a clause: "an experiment needs name, question and servers"
}

// Error is one fault of a file.
type Error struct {
	File         string
	Line, Column int    // from 1
	Message      string // what is wrong, then what is allowed
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Position is a place in a file, from 1.
type Position struct{ Line, Column int }

// Reader reads one file and remembers where each field stands, for faults that are found later.
type Reader struct {
	File   string // its name in errors
	Of     Kind
	Places map[string]Position // by the path of a field; the caller fills it
	Faults []*Error
}

// NewReader returns a reader of a file that holds what kind says.
func NewReader(file string, kind Kind) *Reader {
	return &Reader{File: file, Of: kind, Places: map[string]Position{}}
}

// Fault reports one fault.
func (r *Reader) Fault(at Position, format string, args ...any) {
	r.Faults = append(r.Faults, &Error{r.File, at.Line, at.Column, fmt.Sprintf(format, args...)})
}

// Find returns the position of a field or, if it is not in the file, of the nearest block above it.
func (r *Reader) Find(path string) Position {
	for path != "" {
		if p, ok := r.Places[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return Position{1, 1}
}

// Errors returns the faults in the order of the file, each an *[Error].
func (r *Reader) Errors() (errs []error) {
	slices.SortStableFunc(r.Faults, func(a, b *Error) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	for _, f := range r.Faults {
		errs = append(errs, f)
	}
	return errs
}

// Err joins the faults in the order of the file; nil if there are none.
func (r *Reader) Err() error { return errors.Join(r.Errors()...) }

// ReadFile returns the text of a file, of which no more is read than such a file may have.
func ReadFile(path string, kind Kind) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s file: %w", kind.One, err)
	case info.IsDir():
		return nil, fmt.Errorf("%s file: %s is a directory; name a file in it", kind.One, path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s file: %s is a pipe or a device; name a file", kind.One, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s file: %w", kind.One, err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s file: %w", kind.One, err)
	case len(src) > maxSource:
		why := fmt.Sprintf("the file is larger than %d KiB, which no %s is; is it the right file?", maxSource>>10, kind.One)
		return nil, &Error{path, 1, 1, why}
	}
	return src, nil
}

// text returns the text to parse, or reports why it is no text. It removes a byte order mark, so that
// positions are those that an editor shows.
func (r *Reader) text(src []byte) (text []byte, ok bool) {
	if bytes.HasPrefix(src, []byte("\xff\xfe\x00\x00")) || bytes.HasPrefix(src, []byte("\x00\x00\xfe\xff")) {
		r.Fault(Position{1, 1}, "the file is UTF-32; save it as UTF-8")
		return nil, false
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		r.Fault(Position{1, 1}, "the file is UTF-16; save it as UTF-8")
		return nil, false
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	at, depth := Position{1, 1}, 0
	for rest := src; len(rest) > 0; at.Column++ {
		c, n := utf8.DecodeRune(rest)
		switch {
		case c == utf8.RuneError && n == 1:
			r.Fault(at, "byte 0x%02x is not UTF-8; save the file as UTF-8", rest[0])
			return nil, false
		case c < ' ' && c != '\t' && c != '\r' && c != '\n':
			r.Fault(at, "byte 0x%02x does not belong in text; is this %s file?", c, r.Of.A)
			return nil, false
		case c == '[', c == '{':
			depth++
		case c == ']', c == '}':
			depth = max(0, depth-1)
		}
		if depth > maxDepth {
			r.Fault(at, "more than %d brackets are open; %s needs three", maxDepth, r.Of.A)
			return nil, false
		}
		rest = rest[n:]
		if c == '\n' || c == '\r' && !bytes.HasPrefix(rest, []byte("\n")) {
			at = Position{at.Line + 1, 0}
		}
	}
	return src, true
}
