package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/servers"
	"socketbench/servers/suggest"
)

// Error is one fault of a file.
type Error struct {
	File         string
	Line, Column int    // from 1
	Message      string // what is wrong, then what is allowed
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Parse reads an experiment. file is its name in errors. registry holds the servers that may be asked;
// with nil, names are taken as they are, which is how a finished run is read where its servers do not
// exist. The error joins one *Error for every fault, in the order of the file.
func Parse(file string, src []byte, registry servers.Registry) (Experiment, error) {
	return parse(file, src, registry, nil)
}

// parse is [Parse] of a file whose servers may also be called by the names of given.
func parse(file string, src []byte, registry servers.Registry, given Commands) (Experiment, error) {
	r := &reader{file: file, at: map[string]place{}}
	if root := r.root(src); root != nil {
		r.experiment(root)
	}
	if len(r.faults) == 0 {
		r.unused()
		r.exp = r.exp.WithDefaults()
		for _, p := range r.exp.Named(given).problems(registry) {
			r.fault(r.find(p.path), "%s", p.message)
		}
	}
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, func(a, b *Error) int {
			return cmp.Or(a.Line-b.Line, a.Column-b.Column)
		})
		errs := make([]error, len(r.faults))
		for i, f := range r.faults {
			errs[i] = f
		}
		return Experiment{}, errors.Join(errs...)
	}
	return r.exp, nil
}

// blocks are the top-level fields that are not scalars.
var blocks = []string{"servers", "commands", "vary", "load", "config", "conversation", "charts", "needs", "predict"}

func (r *reader) experiment(root ast.Node) {
	for _, e := range r.entries("", root) {
		r.at[e.key] = e.at
		if e.value != nil && slices.Contains([]string{"servers", "charts", "predict"}, e.key) {
			r.at[e.key] = nodeAt(e.value)
		}
		switch e.key {
		case "servers":
			r.exp.Servers = r.texts("servers", e.value)
		case "commands":
			r.exp.Commands = r.commands(e.value)
		case "charts":
			r.exp.Charts = r.texts("charts", e.value)
		case "vary":
			r.vary(e.value)
		case "load", "config":
			r.group(e.key, e.value)
		case "conversation":
			r.conversation(e.value)
		case "needs":
			r.exp.Needs = r.needs("needs", e.value)
		case "predict":
			for i, n := range r.list("predict", e.value) {
				r.prediction(fmt.Sprintf("predict[%d]", i), n)
			}
		default:
			r.scalar("", e)
		}
	}
}

// group reads the scalars below a block, and the blocks within it.
func (r *reader) group(path string, n ast.Node) {
	for _, e := range r.entries(path, n) {
		full := path + "." + e.key
		if slices.ContainsFunc(fields, func(f field) bool { return strings.HasPrefix(f.path, full+".") }) {
			r.at[full] = e.at
			r.group(full, e.value)
			continue
		}
		r.scalar(path, e)
	}
}

func (r *reader) scalar(path string, e entry) {
	full := e.key
	if path != "" {
		full = path + "." + e.key
	}
	f, ok := fieldByPath(full)
	if !ok {
		names := below(path)
		hint := elsewhere(e.key)
		if hint == "" || path != "" {
			hint = suggest.DidYouMean(e.key, names)
		}
		r.fault(e.at, "no field %q%s%s; allowed: %s", e.key, within(path), hint, strings.Join(names, ", "))
		return
	}
	r.at[full] = e.at
	v, ok := r.value(e.value)
	if !ok {
		return
	}
	if e.value != nil {
		r.at[full] = nodeAt(e.value)
	}
	if v == nil {
		r.fault(e.at, "%s has no value; it wants %s", full, f.allowed())
		return
	}
	c, err := f.canonical(v)
	if err != nil {
		r.fault(r.at[full], "%v", err)
		return
	}
	f.put(&r.exp, c)
}

func within(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}

// below lists the names that may stand directly in a block.
func below(path string) (names []string) {
	for _, f := range fields {
		rest := f.path
		if path != "" {
			var ok bool
			if rest, ok = strings.CutPrefix(f.path, path+"."); !ok {
				continue
			}
		}
		name, _, nested := strings.Cut(rest, ".")
		if path == "" && nested {
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if path == "" {
		names = append(names, blocks...)
	}
	return names
}

// elsewhere says which block a misplaced field belongs to.
func elsewhere(key string) string {
	for _, f := range fields {
		if last(f.path) == key {
			return fmt.Sprintf("; it belongs into %s", strings.TrimSuffix(f.path, "."+key))
		}
	}
	return ""
}
