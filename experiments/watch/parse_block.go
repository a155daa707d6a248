package watch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/quote"
	"socketbench/experiments/yamlfile"
	"socketbench/servers/suggest"
)

// part is one field of a block that becomes a T: the only place that knows what it may be.
type part[T any] struct {
	name, about string
	must        bool
	read        func(r *reader, path string, e yamlfile.Entry, to *T)
	schema      *yamlfile.Schema // without what about says
}

// block reads a block of fields. path names it in errors; "" is the file itself.
func block[T any](r *reader, path string, n ast.Node, parts []part[T], to *T) {
	before := len(r.Faults)
	seen := map[string]bool{}
	for _, e := range r.Entries(path, n) {
		seen[e.Key] = true
		full := strings.TrimPrefix(path+"."+e.Key, ".")
		r.Places[full] = e.Position()
		i := slices.IndexFunc(parts, func(p part[T]) bool { return p.name == e.Key })
		if i < 0 {
			where := ""
			if path != "" {
				where = " in " + path
			}
			var names []string
			for _, p := range parts {
				names = append(names, p.name)
			}
			r.Fault(e.At, "no field %q%s%s; allowed: %s", e.Key, where, suggest.DidYouMean(e.Key, names), strings.Join(names, ", "))
			continue
		}
		parts[i].read(r, full, e, to)
	}
	if len(seen) == 0 && len(r.Faults) > before {
		return // it is no block
	}
	for _, p := range parts {
		if p.must && !seen[p.name] {
			at := yamlfile.Position{Line: 1, Column: 1}
			what := sceneFile.A
			if path != "" {
				at, what = yamlfile.At(n), path
			}
			r.Fault(at, "%s is missing in %s: %s", p.name, what, p.about)
		}
	}
}

func schemaOf[T any](about string, parts []part[T]) *yamlfile.Schema {
	s := yamlfile.Object(about)
	for _, p := range parts {
		one := *p.schema
		one.Description = p.about
		s.Properties[p.name] = &one
		if p.must {
			s.Required = append(s.Required, p.name)
		}
	}
	return s
}

// sentence returns the text of a field.
func (r *reader) sentence(path string, e yamlfile.Entry) (string, bool) {
	v, ok := r.Value(e.Value)
	if !ok {
		return "", false
	}
	s, isText := v.(string)
	switch {
	case v == nil || isText && s == "":
		r.Fault(e.At, "%s has no value; it wants text", path)
		return "", false
	case !isText:
		r.Fault(e.Position(), "%s wants text; this is %s; text that looks like that stands in quotes", path, yamlfile.KindOf(v))
		return "", false
	}
	return s, true
}

func text[T any](at func(*T) *string) func(*reader, string, yamlfile.Entry, *T) {
	return func(r *reader, path string, e yamlfile.Entry, to *T) {
		s, ok := r.sentence(path, e)
		if line := quote.Prose(strings.ReplaceAll(s, "\n", " ")); line != strings.ReplaceAll(s, "\n", " ") {
			r.Fault(e.Position(), "%s has characters that command a terminal, and that no picture can hold: %s; leave them out", path, line)
		} else if ok {
			*at(to) = s
		}
	}
}

func names[T any](at func(*T) *[]string) func(*reader, string, yamlfile.Entry, *T) {
	return func(r *reader, path string, e yamlfile.Entry, to *T) {
		for i, item := range r.List(path, e.Value) {
			full := fmt.Sprintf("%s[%d]", path, i)
			r.Places[full] = yamlfile.At(item)
			if s, ok := r.sentence(full, yamlfile.Entry{Key: full, At: yamlfile.At(item), Value: item}); ok {
				*at(to) = append(*at(to), s)
			}
		}
	}
}
