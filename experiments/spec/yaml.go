package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// YAML writes e as a file that Parse reads back to the same experiment. Manifests keep it.
func (e Experiment) YAML() []byte {
	var b strings.Builder
	block, inner := "", ""
	for _, f := range fields {
		value, set := f.get(&e)
		if !set {
			continue
		}
		path := strings.Split(f.path, ".")
		if top := path[0]; len(path) > 1 && top != block {
			fmt.Fprintf(&b, "%s:\n", top)
			block = top
		}
		switch len(path) {
		case 1:
			fmt.Fprintf(&b, "%s: %s\n", path[0], flow(value))
		case 2:
			fmt.Fprintf(&b, "  %s: %s\n", path[1], flow(value))
		default: // the only nested block: its fields follow each other in the table
			if path[1] != inner { // whichever of them is the first that is set
				fmt.Fprintf(&b, "  %s:\n", path[1])
				inner = path[1]
			}
			fmt.Fprintf(&b, "    %s: %s\n", path[2], flow(value))
		}
	}
	fmt.Fprintf(&b, "servers: %s\n", flow(e.Servers))
	if len(e.Commands) > 0 {
		fmt.Fprintf(&b, "commands: %s\n", mapping(e.Commands))
	}
	if len(e.Charts) > 0 {
		fmt.Fprintf(&b, "charts: %s\n", flow(e.Charts))
	}
	if len(e.Vary) > 0 {
		b.WriteString("vary:\n")
	}
	for _, f := range e.Vary {
		fmt.Fprintf(&b, "  %s: %s\n", f.Field, flow(f.Values))
	}
	if c := e.Load.Conversation; c != nil {
		b.WriteString("conversation:\n")
		if len(c.Greeting) > 0 {
			fmt.Fprintf(&b, "  greeting_until: %s\n", flow(string(c.Greeting)))
		}
		fmt.Fprintf(&b, "  say: %s\n", flow(string(c.Say)))
		switch {
		case len(c.Expect) > 0:
			fmt.Fprintf(&b, "  expect: %s\n", flow(string(c.Expect)))
		case len(c.Until) > 0:
			fmt.Fprintf(&b, "  until: %s\n", flow(string(c.Until)))
		default:
			fmt.Fprintf(&b, "  reply_bytes: %d\n", c.ReplyBytes)
		}
	}
	if len(e.Needs) > 0 {
		fmt.Fprintf(&b, "needs: %s\n", flow(e.Needs))
	}
	if len(e.Predict) > 0 {
		b.WriteString("predict:\n")
	}
	for _, p := range e.Predict {
		fmt.Fprintf(&b, "  - claim: %s\n    metric: %s\n    of: %s\n", flow(p.Claim), p.Metric, flow(p.Of))
		if p.Against != nil {
			fmt.Fprintf(&b, "    against: %s\n", flow(p.Against))
		}
		fmt.Fprintf(&b, "    expect: %s\n", flow(p.Expect))
		if len(p.Needs) > 0 {
			fmt.Fprintf(&b, "    needs: %s\n", flow(p.Needs))
		}
		if p.Refuted != "" {
			fmt.Fprintf(&b, "    refuted: %s\n", flow(p.Refuted))
		}
	}
	return []byte(b.String())
}

// flow writes a value on one line, strings quoted as in JSON, which YAML reads.
func flow(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return mapping(v)
	case map[string]string:
		return mapping(v)
	case []any:
		items := make([]string, len(v))
		for i, x := range v {
			items[i] = flow(x)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []string:
		items := make([]string, len(v))
		for i, x := range v {
			items[i] = flow(x)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case string:
		var b strings.Builder
		j := json.NewEncoder(&b)
		j.SetEscapeHTML(false)
		if err := j.Encode(v); err != nil {
			return fmt.Sprintf("%q", v)
		}
		return strings.TrimSuffix(b.String(), "\n")
	}
	return fmt.Sprint(v)
}

func mapping[V any](m map[string]V) string {
	var items []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		items = append(items, k+": "+flow(m[k]))
	}
	return "{" + strings.Join(items, ", ") + "}"
}
