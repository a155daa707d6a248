package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/load"
	"socketbench/experiments/unit"
	"socketbench/experiments/yamlfile"
	"socketbench/servers"
	"socketbench/servers/suggest"
)

// Parse reads an experiment. file is its name in errors. registry holds the servers that may be asked;
// with nil, names are taken as they are, which is how a finished run is read where its servers do not
// exist. The error joins one *Error for every fault, in the order of the file.
// Changes are made before it is checked, as if the file had been edited; their faults follow those of the file.
func Parse(file string, src []byte, registry servers.Registry, set ...Change) (Experiment, error) {
	return parse(file, src, registry, nil, set)
}

// parse is [Parse] of a file whose servers may also be called by the names of given.
func parse(file string, src []byte, registry servers.Registry, given Commands, set []Change) (Experiment, error) {
	r, wrong := read(file, src, set)
	if len(r.Faults) == 0 && len(wrong) == 0 {
		r.unused()
		for _, p := range r.whole(given, set).problems(registry) {
			if i := blamed(p, file, src, registry, given, set); i >= 0 {
				wrong = append(wrong, set[i].wrong(errors.New(p.message)))
				continue
			}
			r.Fault(r.Find(p.path), "%s", p.message)
		}
	}
	if errs := append(r.Errors(), wrong...); len(errs) > 0 {
		return Experiment{}, errors.Join(errs...)
	}
	return r.exp, nil
}

// read reads a file and changes it. The errors are those of the changes.
func read(file string, src []byte, set []Change) (r *reader, wrong []error) {
	r = newReader(file)
	if root := r.Root(src); root != nil {
		for _, e := range r.Entries("", root) {
			r.field("", e)
		}
	}
	r.exp.replace(set)
	for i, c := range set {
		err := r.exp.change(c)
		if first := slices.IndexFunc(set[:i], func(other Change) bool { return other.Path == c.Path }); first >= 0 {
			err = fmt.Errorf("%s is set already, by %s; leave one of them out", c.Path, set[first].typed())
		}
		if err != nil {
			wrong = append(wrong, c.wrong(err))
		}
	}
	return r, wrong
}

// whole fills in what the file does not say, and returns the experiment with the commands that names stand for.
func (r *reader) whole(given Commands, set []Change) Experiment {
	r.exp = r.exp.WithDefaults()
	if len(set) > 0 {
		r.exp.unask()
	}
	return r.exp.Named(given)
}

// blamed returns which change has made a problem: one of the field that it is about, or one without which it is gone. It is -1
// if the file has the problem by itself.
func blamed(p problem, file string, src []byte, registry servers.Registry, given Commands, set []Change) int {
	if i := slices.IndexFunc(set, func(c Change) bool { return c.about(p.path) || p.also != "" && c.about(p.also) }); i >= 0 {
		return i
	}
	stays := func(rest []Change) bool {
		r, _ := read(file, src, rest)
		same := func(other problem) bool { return other.message == p.message }
		return slices.ContainsFunc(r.whole(given, rest).problems(registry), same)
	}
	if len(set) == 0 || stays(nil) {
		return -1
	}
	for i := range set {
		if !stays(slices.Delete(slices.Clone(set), i, i+1)) {
			return i
		}
	}
	return len(set) - 1 // several have made it
}

// field reads an entry of a block: a field of the table, or a block of such.
func (r *reader) field(block string, e yamlfile.Entry) {
	path := strings.TrimPrefix(block+"."+e.Key, ".")
	r.Places[path] = e.At
	f, known := fieldByPath(path)
	switch {
	case !known && len(below(path)) > 0:
		if path == "conversation" {
			r.exp.Load.Conversation = new(load.Conversation)
		}
		for _, inner := range r.Entries(path, e.Value) {
			r.field(path, inner)
		}
	case !known:
		hint := suggest.DidYouMean(e.Key, below(block))
		if home := homeOf(e.Key); home != "" && block == "" {
			hint = "; it belongs in " + home
		} else if _, root := fieldByPath(e.Key); root {
			hint = "; it stands beside " + block + ", not in it"
		}
		r.unknown(e, block, hint, below(block))
	case f.kind == factors:
		for _, varied := range r.Entries(path, e.Value) {
			r.factor(varied)
		}
	case f.kind == claims:
		r.Places[path] = e.Position()
		for i, n := range r.List(path, e.Value) {
			r.prediction(fmt.Sprintf("%s[%d]", path, i), n)
		}
	default:
		r.read(path, f, e, f.target(&r.exp))
	}
}

func (r *reader) unknown(e yamlfile.Entry, block, hint string, names []string) {
	if block != "" {
		block = " in " + block
	}
	r.Fault(e.At, "no field %q%s%s; allowed: %s", e.Key, block, hint, strings.Join(names, ", "))
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
func (r *reader) read(path string, f field, e yamlfile.Entry, at any) {
	switch at := at.(type) {
	case *[]string:
		r.Places[path] = e.Position()
		*at = r.names(path, e.Value)
	case *Commands:
		*at = r.commands(e.Value)
	case *Needs:
		*at = r.needs(path, e.Value)
	case *map[string]any:
		*at = r.cell(path, e.Value)
	default:
		if v, ok := r.scalar(f, e); ok {
			put(at, v)
		}
		r.Places[path] = e.Position()
	}
}

// scalar reads the one value of a field.
func (r *reader) scalar(f field, e yamlfile.Entry) (value any, ok bool) {
	v, ok := r.Value(e.Value)
	if !ok {
		return nil, false
	}
	if v == nil {
		r.Fault(e.At, "%s has no value; it wants %s", f.path, f.allowed())
		return nil, false
	}
	c, err := f.canonical(v)
	if err != nil {
		r.Fault(e.Position(), "%v", err)
	}
	return c, err == nil
}

func (r *reader) names(path string, n ast.Node) (list []string) {
	for i, item := range r.List(path, n) {
		r.Places[fmt.Sprintf("%s[%d]", path, i)] = yamlfile.At(item)
		v, ok := r.Value(item)
		if s, text := v.(string); text {
			list = append(list, s)
		} else if ok {
			r.Fault(yamlfile.At(item), "%s wants names; %s; a name that looks like that stands in quotes", path, instead(v))
		}
	}
	return list
}

// factor reads one varied field and its values.
func (r *reader) factor(e yamlfile.Entry) {
	f, ok := fieldByPath(e.Key)
	if !ok || f.once {
		hint := suggest.DidYouMean(e.Key, varied())
		if ok {
			hint = ""
		}
		r.Fault(e.At, "%q cannot be varied%s; allowed: %s", e.Key, hint, strings.Join(varied(), ", "))
		return
	}
	path := "vary." + e.Key
	r.Places[path] = e.At
	factor := Factor{Field: e.Key}
	items := r.List(path, e.Value)
	if _, isList := e.Value.(*ast.SequenceNode); isList && len(items) == 0 {
		r.Fault(e.At, "%s is empty; list at least one value", path)
	}
	for _, item := range items {
		v, ok := r.Value(item)
		if !ok {
			continue
		}
		if err := factor.add(f, v); err != nil {
			r.Fault(yamlfile.At(item), "%v", err)
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
	case errors.As(err, &odd) && stands(yamlfile.Digits(odd.Plain)):
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
	r.Places[path] = yamlfile.At(n)
	for _, e := range r.Entries("a prediction", n) {
		full := path + "." + e.Key
		r.Places[full] = e.At
		i := slices.IndexFunc(parts, func(f part) bool { return f.path == "predict."+e.Key })
		if i < 0 {
			var names []string
			for _, f := range parts {
				names = append(names, last(f.path))
			}
			r.unknown(e, "a prediction", suggest.DidYouMean(e.Key, names), names)
			continue
		}
		r.read(full, parts[i].field, e, parts[i].at(&p))
	}
	r.exp.Predict = append(r.exp.Predict, p)
}
