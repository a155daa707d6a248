package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/load"
	"socketbench/servers"
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
	r := &reader{file: file, at: map[string]place{}}
	if root := r.root(src); root != nil {
		r.experiment(root)
	}
	if len(r.faults) == 0 {
		r.exp = r.exp.WithDefaults()
		for _, p := range r.exp.problems(registry) {
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
var blocks = []string{"servers", "vary", "load", "config", "conversation", "charts", "needs", "predict"}

func (r *reader) experiment(root ast.Node) {
	for _, e := range r.entries("", root) {
		r.at[e.key] = e.at
		if e.value != nil && slices.Contains([]string{"servers", "charts", "predict"}, e.key) {
			r.at[e.key] = nodeAt(e.value)
		}
		switch e.key {
		case "servers":
			r.exp.Servers = r.texts("servers", e.value)
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
			hint = servers.DidYouMean(e.key, names)
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

func (r *reader) texts(path string, n ast.Node) (list []string) {
	for i, item := range r.list(path, n) {
		r.at[fmt.Sprintf("%s[%d]", path, i)] = nodeAt(item)
		v, ok := r.value(item)
		if s, text := v.(string); text {
			list = append(list, s)
		} else if ok {
			r.fault(nodeAt(item), "%s wants names; %s is %s", path, show(v), sort(v))
		}
	}
	return list
}

func (r *reader) vary(n ast.Node) {
	for _, e := range r.entries("vary", n) {
		f, ok := fieldByPath(e.key)
		if !ok || !f.vary {
			hint := servers.DidYouMean(e.key, varied())
			if ok {
				hint = ""
			}
			r.fault(e.at, "%q cannot be varied%s; allowed: %s", e.key, hint, strings.Join(varied(), ", "))
			continue
		}
		r.at["vary."+e.key] = e.at
		factor := Factor{Field: e.key}
		items := r.list("vary."+e.key, e.value)
		if _, isList := e.value.(*ast.SequenceNode); isList && len(items) == 0 {
			r.fault(e.at, "vary.%s is empty; list at least one value", e.key)
		}
		for _, item := range items {
			v, ok := r.value(item)
			if !ok {
				continue
			}
			c, err := f.canonical(v)
			switch {
			case err != nil:
				r.fault(nodeAt(item), "%v", err)
			case slices.Contains(factor.Values, c):
				r.fault(nodeAt(item), "%s stands twice in vary.%s", show(c), e.key)
			default:
				factor.Values = append(factor.Values, c)
			}
		}
		r.exp.Vary = append(r.exp.Vary, factor)
	}
}

func (r *reader) conversation(n ast.Node) {
	names := []string{"say", "expect", "until", "reply_bytes"}
	c := &load.Conversation{}
	for _, e := range r.entries("conversation", n) {
		v, ok := r.value(e.value)
		if !ok {
			continue
		}
		s, isText := v.(string)
		switch e.key {
		case "say":
			c.Say = []byte(s)
		case "expect":
			c.Expect = []byte(s)
		case "until":
			c.Until = []byte(s)
		case "reply_bytes":
			isText = true
			f := field{path: "conversation.reply_bytes", kind: size, min: 1, max: 1 << 30}
			c2, err := f.canonical(v)
			if err != nil {
				r.fault(e.at, "%v", err)
				continue
			}
			c.ReplyBytes = c2.(int)
		default:
			r.fault(e.at, "no field %q in conversation%s; allowed: %s", e.key, servers.DidYouMean(e.key, names), strings.Join(names, ", "))
			continue
		}
		if !isText || s == "" && e.key != "reply_bytes" {
			r.fault(e.at, `conversation.%s wants text in double quotes, such as "PING\r\n"`, e.key)
		}
	}
	r.exp.Load.Conversation = c
}

func (r *reader) needs(path string, n ast.Node) map[string]string {
	needs := map[string]string{}
	for _, e := range r.entries(path, n) {
		r.at[path+"."+e.key] = e.at
		v, ok := r.value(e.value)
		if !ok {
			continue
		}
		s, isText := v.(string)
		if !slices.Contains(Resources, e.key) {
			r.fault(e.at, "no resource %q%s; allowed: %s", e.key, servers.DidYouMean(e.key, Resources), strings.Join(Resources, ", "))
			continue
		}
		if _, _, err := ParseNeed(s); !isText || err != nil {
			r.fault(nodeAt(e.value), "%s.%s wants a bound such as \">=2\"; %s is none", path, e.key, show(v))
			continue
		}
		needs[e.key] = s
	}
	return needs
}

func (r *reader) prediction(path string, n ast.Node) {
	var p Prediction
	r.at[path] = nodeAt(n)
	words := map[string]*string{"claim": &p.Claim, "metric": &p.Metric, "expect": &p.Expect, "refuted": &p.Refuted}
	names := []string{"claim", "metric", "of", "against", "expect", "needs", "refuted"}
	for _, e := range r.entries("a prediction", n) {
		full := path + "." + e.key
		r.at[full] = e.at
		switch {
		case e.key == "of":
			p.Of = r.cell(full, e.value)
		case e.key == "against":
			p.Against = r.cell(full, e.value)
		case e.key == "needs":
			p.Needs = r.needs(full, e.value)
		case words[e.key] != nil:
			v, ok := r.value(e.value)
			s, isText := v.(string)
			if ok && !isText {
				r.fault(e.at, "%s wants text; %s is %s", e.key, show(v), sort(v))
			}
			if e.value != nil {
				r.at[full] = nodeAt(e.value)
			}
			*words[e.key] = s
		default:
			r.fault(e.at, "no field %q in a prediction%s; allowed: %s", e.key, servers.DidYouMean(e.key, names), strings.Join(names, ", "))
		}
	}
	r.exp.Predict = append(r.exp.Predict, p)
}

// cell reads {server: epoll, load.idle: 1000}.
func (r *reader) cell(path string, n ast.Node) map[string]any {
	cell := map[string]any{}
	for _, e := range r.entries(last(path), n) {
		r.at[path+"/"+e.key] = e.at
		v, ok := r.value(e.value)
		if !ok {
			continue
		}
		r.at[path+"/"+e.key] = nodeAt(e.value)
		if e.key == "server" {
			cell[e.key] = v
			continue
		}
		f, ok := fieldByPath(e.key)
		if !ok || !f.vary {
			r.fault(e.at, "a cell is named by server and the varied fields; %q is none%s", e.key, servers.DidYouMean(e.key, append(varied(), "server")))
			continue
		}
		c, err := f.canonical(v)
		if err != nil {
			r.fault(nodeAt(e.value), "%v", err)
			continue
		}
		cell[e.key] = c
	}
	return cell
}
