package spec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// YAML writes e as a file that [Parse] reads back to the same experiment. Manifests keep it, and the hash of a plan is
// made of it: if it were written in another way, earlier runs could not be resumed.
func (e Experiment) YAML() []byte {
	var b strings.Builder
	open := "" // the block of the last field
	for _, f := range slices.SortedStableFunc(slices.Values(fields), func(a, b field) int { return cmp.Compare(a.section(), b.section()) }) {
		switch f.kind {
		case factors:
			e.writeFactors(&b)
		case claims:
			e.writeClaims(&b)
		default:
			value, set := f.get(e)
			if !set {
				continue
			}
			path, block := strings.Split(f.path, "."), ""
			indent := ""
			for _, name := range path[:len(path)-1] {
				if block += name + "."; !strings.HasPrefix(open, block) {
					fmt.Fprintf(&b, "%s%s:\n", indent, name)
				}
				indent += "  "
			}
			open = block
			fmt.Fprintf(&b, "%s%s: %s\n", indent, last(f.path), flow(value))
		}
	}
	return []byte(b.String())
}

// section is where in a written file the field stands: first those that have one value, then a section for each kind.
func (f field) section() kind {
	if strings.HasPrefix(f.path, "conversation.") {
		return quoted
	}
	return max(f.kind, text)
}

func (e Experiment) writeFactors(b *strings.Builder) {
	if len(e.Vary) > 0 {
		b.WriteString("vary:\n")
	}
	for _, f := range e.Vary {
		fmt.Fprintf(b, "  %s: %s\n", f.Field, flow(f.Values))
	}
}

func (e Experiment) writeClaims(b *strings.Builder) {
	if len(e.Predict) > 0 {
		b.WriteString("predict:\n")
	}
	for _, p := range e.Predict {
		indent := "  - "
		for _, f := range parts {
			value, set := get(f.at(&p))
			if !set {
				continue
			}
			written := flow(value)
			if f.path == "predict.metric" {
				written = p.Metric
			}
			fmt.Fprintf(b, "%s%s: %s\n", indent, last(f.path), written)
			indent = "    "
		}
	}
}

// flow writes a value on one line, strings quoted as in JSON, which YAML reads.
func flow(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return mapping(v)
	case Commands:
		return mapping(v)
	case Needs:
		return mapping(v)
	case []any:
		return sequence(v)
	case []string:
		return sequence(v)
	case fmt.Stringer: // a time, a need
		return flow(v.String())
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

func sequence[V any](list []V) string {
	items := make([]string, len(list))
	for i, v := range list {
		items[i] = flow(v)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func mapping[V any](m map[string]V) string {
	var items []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		items = append(items, k+": "+flow(m[k]))
	}
	return "{" + strings.Join(items, ", ") + "}"
}
