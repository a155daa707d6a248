package spec

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"socketbench/servers"
)

// Bounds of a file. Experiments have a few kilobytes and nest four deep. The YAML parser takes time and memory in the
// square of both, and a file that nests too deep overflows its stack, which ends the process.
const (
	maxSource = 64 << 10
	maxDepth  = 32
)

// ReadFile is [Parse] of a file, of which no more is read than an experiment may have. The file may call its servers also
// by the names of given; [Experiment.Named] puts their commands into it.
func ReadFile(path string, registry servers.Registry, given Commands, set ...Change) (Experiment, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return Experiment{}, fmt.Errorf("experiment file: %w", err)
	case info.IsDir():
		return Experiment{}, fmt.Errorf("experiment file: %s is a directory; name a file in it", path)
	case !info.Mode().IsRegular():
		return Experiment{}, fmt.Errorf("experiment file: %s is a pipe or a device; name a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Experiment{}, fmt.Errorf("experiment file: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	switch {
	case err != nil:
		return Experiment{}, fmt.Errorf("experiment file: %w", err)
	case len(src) > maxSource:
		why := fmt.Sprintf("the file is larger than %d KiB, which no experiment is; is it the right file?", maxSource>>10)
		return Experiment{}, &Error{path, 1, 1, why}
	}
	return parse(path, src, registry, given, set)
}

// source returns the text to parse, or reports why it is no text. It removes a byte order mark, so that
// positions are those that an editor shows.
func (r *reader) source(src []byte) (text []byte, ok bool) {
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		r.fault(position{1, 1}, "the file is UTF-16; save it as UTF-8")
		return nil, false
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	at, depth := position{1, 1}, 0
	for rest := src; len(rest) > 0; at.column++ {
		c, n := utf8.DecodeRune(rest)
		switch {
		case c == utf8.RuneError && n == 1:
			r.fault(at, "byte 0x%02x is not UTF-8; save the file as UTF-8", rest[0])
			return nil, false
		case c < ' ' && c != '\t' && c != '\r' && c != '\n':
			r.fault(at, "byte 0x%02x does not belong in text; is this an experiment file?", c)
			return nil, false
		case c == '[', c == '{':
			depth++
		case c == ']', c == '}':
			depth = max(0, depth-1)
		}
		if depth > maxDepth {
			r.fault(at, "more than %d brackets are open; an experiment needs three", maxDepth)
			return nil, false
		}
		rest = rest[n:]
		if c == '\n' || c == '\r' && !bytes.HasPrefix(rest, []byte("\n")) {
			at = position{at.line + 1, 0}
		}
	}
	return src, true
}
