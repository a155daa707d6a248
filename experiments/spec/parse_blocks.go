package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/load"
	"socketbench/experiments/unit"
	"socketbench/servers/suggest"
)

func (r *reader) texts(path string, n ast.Node) (list []string) {
	for i, item := range r.list(path, n) {
		r.at[fmt.Sprintf("%s[%d]", path, i)] = nodeAt(item)
		v, ok := r.value(item)
		if s, text := v.(string); text {
			list = append(list, s)
		} else if ok {
			r.fault(nodeAt(item), "%s wants names; %s is %s; a name that looks like that stands in quotes", path, show(v), sort(v))
		}
	}
	return list
}

func (r *reader) vary(n ast.Node) {
	for _, e := range r.entries("vary", n) {
		f, ok := fieldByPath(e.key)
		if !ok || !f.vary {
			hint := suggest.DidYouMean(e.key, varied())
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
			var odd *unit.NotDecimal
			switch {
			case errors.As(err, &odd) && stands(f, odd.Plain, factor.Values):
				r.fault(nodeAt(item), "%v; but %s stands already in vary.%s", odd, odd.Plain, e.key)
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

// stands reports whether a number is among the values of a field.
func stands(f field, number string, values []any) bool {
	c, err := f.canonical(digits(number))
	return err == nil && slices.Contains(values, c)
}

func (r *reader) conversation(n ast.Node) {
	names := []string{"greeting_until", "say", "expect", "until", "reply_bytes"}
	c := &load.Conversation{}
	for _, e := range r.entries("conversation", n) {
		v, ok := r.value(e.value)
		if !ok {
			continue
		}
		s, isText := v.(string)
		switch e.key {
		case "greeting_until":
			c.Greeting = []byte(s)
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
			r.fault(e.at, "no field %q in conversation%s; allowed: %s", e.key, suggest.DidYouMean(e.key, names), strings.Join(names, ", "))
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
			r.fault(e.at, "no resource %q%s; allowed: %s", e.key, suggest.DidYouMean(e.key, Resources), strings.Join(Resources, ", "))
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
