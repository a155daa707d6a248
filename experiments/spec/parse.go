package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/load"
	"socketbench/experiments/unit"
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
// Changes are made before it is checked, as if the file had been edited; their faults follow those of the file.
func Parse(file string, src []byte, registry servers.Registry, set ...Change) (Experiment, error) {
	return parse(file, src, registry, nil, set)
}

// parse is [Parse] of a file whose servers may also be called by the names of given.
func parse(file string, src []byte, registry servers.Registry, given Commands, set []Change) (Experiment, error) {
	r := &reader{file: file, at: map[string]position{}}
	if root := r.root(src); root != nil {
		for _, e := range r.entries("", root) {
			r.field("", e)
		}
	}
	r.exp.replace(set)
	var wrong []error // of the changes
	for _, c := range set {
		if err := r.exp.change(c); err != nil {
			wrong = append(wrong, c.wrong(err))
		}
	}
	if len(r.faults) == 0 && len(wrong) == 0 {
		r.unused()
		r.exp = r.exp.WithDefaults()
		if len(set) > 0 {
			r.exp.unask()
		}
		for _, p := range r.exp.Named(given).problems(registry) {
			if i := slices.IndexFunc(set, func(c Change) bool { return c.about(p.path) || p.also != "" && c.about(p.also) }); i >= 0 {
				wrong = append(wrong, set[i].wrong(errors.New(p.message)))
				continue
			}
			r.fault(r.find(p.path), "%s", p.message)
		}
	}
	slices.SortStableFunc(r.faults, func(a, b *Error) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	var errs []error
	for _, f := range r.faults {
		errs = append(errs, f)
	}
	if errs = append(errs, wrong...); len(errs) > 0 {
		return Experiment{}, errors.Join(errs...)
	}
	return r.exp, nil
}

// field reads an entry of a block: a field of the table, or a block of such.
func (r *reader) field(block string, e entry) {
	path := strings.TrimPrefix(block+"."+e.key, ".")
	r.at[path] = e.at
	f, known := fieldByPath(path)
	switch {
	case !known && len(below(path)) > 0:
		if path == "conversation" {
			r.exp.Load.Conversation = new(load.Conversation)
		}
		for _, inner := range r.entries(path, e.value) {
			r.field(path, inner)
		}
	case !known:
		hint := suggest.DidYouMean(e.key, below(block))
		if home := homeOf(e.key); home != "" && block == "" {
			hint = "; it belongs in " + home
		} else if _, root := fieldByPath(e.key); root {
			hint = "; it stands beside " + block + ", not in it"
		}
		r.unknown(e, block, hint, below(block))
	case f.kind == factors:
		for _, varied := range r.entries(path, e.value) {
			r.factor(varied)
		}
	case f.kind == claims:
		r.at[path] = e.position()
		for i, n := range r.list(path, e.value) {
			r.prediction(fmt.Sprintf("%s[%d]", path, i), n)
		}
	default:
		r.read(path, f, e, f.target(&r.exp))
	}
}

func (r *reader) unknown(e entry, block, hint string, names []string) {
	if block != "" {
		block = " in " + block
	}
	r.fault(e.at, "no field %q%s%s; allowed: %s", e.key, block, hint, strings.Join(names, ", "))
}

// below lists the names that may stand directly in a block; none where the path is no block. "" is the file itself.
func below(block string) (names []string) {
	if block != "" {
		block += "."
	}
	for _, f := range fields {
		rest, inside := strings.CutPrefix(f.path, block)
		if name, _, _ := strings.Cut(rest, "."); inside && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// homeOf is the block that a misplaced field belongs to; "" where no block has such a field.
func homeOf(key string) string {
	for _, f := range fields {
		if block, ok := strings.CutSuffix(f.path, "."+key); ok {
			return block
		}
	}
	return ""
}

// read reads the value of a field into what at points to. path is where the field stands.
func (r *reader) read(path string, f field, e entry, at any) {
	switch at := at.(type) {
	case *[]string:
		r.at[path] = e.position()
		*at = r.names(path, e.value)
	case *Commands:
		*at = r.commands(e.value)
	case *Needs:
		*at = r.needs(path, e.value)
	case *map[string]any:
		*at = r.cell(path, e.value)
	default:
		if v, ok := r.scalar(f, e); ok {
			put(at, v)
		}
		r.at[path] = e.position()
	}
}

// scalar reads the one value of a field.
func (r *reader) scalar(f field, e entry) (value any, ok bool) {
	v, ok := r.value(e.value)
	if !ok {
		return nil, false
	}
	if v == nil {
		r.fault(e.at, "%s has no value; it wants %s", f.path, f.allowed())
		return nil, false
	}
	c, err := f.canonical(v)
	if err != nil {
		r.fault(e.position(), "%v", err)
	}
	return c, err == nil
}

func (r *reader) names(path string, n ast.Node) (list []string) {
	for i, item := range r.list(path, n) {
		r.at[fmt.Sprintf("%s[%d]", path, i)] = nodeAt(item)
		v, ok := r.value(item)
		if s, text := v.(string); text {
			list = append(list, s)
		} else if ok {
			r.fault(nodeAt(item), "%s wants names; %s is %s; a name that looks like that stands in quotes", path, show(v), kindOf(v))
		}
	}
	return list
}

// factor reads one varied field and its values.
func (r *reader) factor(e entry) {
	f, ok := fieldByPath(e.key)
	if !ok || f.once {
		hint := suggest.DidYouMean(e.key, varied())
		if ok {
			hint = ""
		}
		r.fault(e.at, "%q cannot be varied%s; allowed: %s", e.key, hint, strings.Join(varied(), ", "))
		return
	}
	path := "vary." + e.key
	r.at[path] = e.at
	factor := Factor{Field: e.key}
	items := r.list(path, e.value)
	if _, isList := e.value.(*ast.SequenceNode); isList && len(items) == 0 {
		r.fault(e.at, "%s is empty; list at least one value", path)
	}
	for _, item := range items {
		v, ok := r.value(item)
		if !ok {
			continue
		}
		if err := factor.add(f, v); err != nil {
			r.fault(nodeAt(item), "%v", err)
		}
	}
	r.exp.Vary = append(r.exp.Vary, factor)
}

// add appends one value, as it was written.
func (factor *Factor) add(f field, written any) error {
	stands := func(v any) bool {
		c, err := f.canonical(v)
		return err == nil && slices.Contains(factor.Values, c)
	}
	c, err := f.canonical(written)
	var odd *unit.NotDecimal
	switch {
	case errors.As(err, &odd) && stands(digits(odd.Plain)):
		return fmt.Errorf("%w; but %s stands already in vary.%s", odd, odd.Plain, f.path)
	case err != nil:
		return err
	case slices.Contains(factor.Values, c):
		return fmt.Errorf("%s stands twice in vary.%s", show(c), f.path)
	}
	factor.Values = append(factor.Values, c)
	return nil
}

func (r *reader) prediction(path string, n ast.Node) {
	var p Prediction
	r.at[path] = nodeAt(n)
	for _, e := range r.entries("a prediction", n) {
		full := path + "." + e.key
		r.at[full] = e.at
		i := slices.IndexFunc(parts, func(f part) bool { return f.path == "predict."+e.key })
		if i < 0 {
			var names []string
			for _, f := range parts {
				names = append(names, last(f.path))
			}
			r.unknown(e, "a prediction", suggest.DidYouMean(e.key, names), names)
			continue
		}
		r.read(full, parts[i].field, e, parts[i].at(&p))
	}
	r.exp.Predict = append(r.exp.Predict, p)
}
