package spec

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/servers/suggest"
)

// Difference is a field that two experiments set to different values, both as text.
type Difference struct {
	Field         string
	First, Second string
}

// Differing lists the fields by which a and b ask different things of a server: its load, what it is told, and where
// it runs. A name, a question, a prediction or the number of blocks changes no figure and is left out; so is what is
// varied, which a cell says of itself.
func Differing(a, b Experiment) (list []Difference) {
	text := func(f field, e Experiment) string {
		if v, set := f.get(&e); set {
			return fmt.Sprint(v)
		}
		return "not set"
	}
	for _, f := range fields {
		if !f.vary && !strings.HasPrefix(f.path, "load.") && !strings.HasPrefix(f.path, "config.") {
			continue
		}
		if first, second := text(f, a), text(f, b); first != second {
			list = append(list, Difference{f.path, first, second})
		}
	}
	return list
}

// ParseCell reads "server=epoll, load.rate=1k": some fields of a cell, each in the one form in which it is stored. A
// comma within a value, such as that of a command, is part of it unless the name of a field and = follow.
func ParseCell(s string) (map[string]any, error) {
	names := append(varied(), "server")
	var parts []string
	for _, part := range strings.Split(s, ",") {
		name, _, ok := strings.Cut(strings.TrimSpace(part), "=")
		if len(parts) > 0 && !(ok && slices.Contains(names, name)) {
			parts[len(parts)-1] += "," + part
			continue
		}
		parts = append(parts, part)
	}
	cell := map[string]any{}
	for _, part := range parts {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || strings.TrimSpace(value) == "" {
			return nil, fmt.Errorf("%q names no cell; write server=NAME or FIELD=VALUE, separated by commas", s)
		}
		value = strings.TrimSpace(value)
		if name == "server" {
			cell[name] = value
			continue
		}
		f, known := fieldByPath(name)
		if !known || !f.vary {
			return nil, fmt.Errorf("a cell is named by server and the varied fields; %q is none%s", name, suggest.DidYouMean(name, names))
		}
		v, err := f.canonical(f.typed(value))
		if err != nil {
			return nil, err
		}
		cell[name] = v
	}
	return cell, nil
}
