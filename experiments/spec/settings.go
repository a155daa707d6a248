package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Setting is a field of an experiment, its value and where that comes from.
type Setting struct{ Path, Value, From string }

// Settings lists the values in force in the order of the file, in plain decimal and with their units, so that a reader
// sees what was understood. A field that is left out has its default; where that means none, it is not listed. origin says
// where the fields that are not left out were said, such as "file".
func (e Experiment) Settings(origin map[string]string) (list []Setting) {
	for _, f := range fields {
		if slices.Contains([]kind{factors, claims, commands}, f.kind) || slices.Contains([]string{"name", "question", "teaches"}, f.path) {
			continue
		}
		if value := e.words(f); value != "" {
			list = append(list, Setting{f.path, value, cmp.Or(origin[f.path], "default")})
		}
	}
	return list
}

// words is the value of a field, or its values where it is varied; "" where there is none.
func (e Experiment) words(f field) string {
	var values []string
	for _, factor := range e.Vary {
		if factor.Field == f.path {
			for _, v := range factor.Values {
				values = append(values, f.plain(v))
			}
		}
	}
	v, set := f.get(e)
	switch {
	case values != nil:
	case set:
		values = []string{f.plain(v)}
	case f.path == "utilization_of": // the shares say it
		return ""
	default:
		if f.kind < text {
			if usual, err := f.canonical(f.typed(f.usual)); err == nil {
				return f.plain(usual)
			}
		}
		return f.usual
	}
	if f.instead != "" {
		values[len(values)-1] += " of what " + e.Reference() + " carries here, found before block 0"
	}
	return strings.Join(values, ", ")
}

// plain writes a canonical value in plain decimal and with its unit.
func (f field) plain(v any) string {
	switch f.kind {
	case size:
		return fmt.Sprintf("%v bytes", v)
	case rate:
		if whole, ok := v.(int); ok {
			v = float64(whole)
		}
		return number(v.(float64)) + " requests/s"
	case quoted:
		return flow(v)
	case needs:
		return flow(v)
	case names:
		return strings.Join(v.([]string), ", ")
	}
	return fmt.Sprint(v)
}

// Said lists the fields that a file gives a value or varies. The file need not be right otherwise.
func Said(src []byte) (paths []string) {
	r := newReader("")
	if root := r.Root(src); root != nil {
		for _, e := range r.Entries("", root) {
			r.field("", e)
		}
	}
	for path := range r.Places {
		path = strings.TrimPrefix(path, "vary.")
		if _, known := fieldByPath(path); known {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
