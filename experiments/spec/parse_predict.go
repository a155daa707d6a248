package spec

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/servers/suggest"
)

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
			r.fault(e.at, "no field %q in a prediction%s; allowed: %s", e.key, suggest.DidYouMean(e.key, names), strings.Join(names, ", "))
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
			r.fault(e.at, "a cell is named by server and the varied fields; %q is none%s", e.key, suggest.DidYouMean(e.key, append(varied(), "server")))
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
