package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/servers/suggest"
)

// ParseCell reads some fields of a cell, such as "server=epoll, load.rate=1k", and returns each value in the form in
// which it is stored. A comma separates fields only if the name of a field and = follow it, because a command may have
// commas too.
func ParseCell(s string) (map[string]any, error) {
	var parts []string
	for part := range strings.SplitSeq(s, ",") {
		name, _, ok := strings.Cut(strings.TrimSpace(part), "=")
		if len(parts) > 0 && !(ok && slices.Contains(cellFields(), name)) {
			parts[len(parts)-1] += "," + part
			continue
		}
		parts = append(parts, part)
	}
	cell := map[string]any{}
	for _, part := range parts {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if value = strings.TrimSpace(value); !ok || value == "" {
			return nil, fmt.Errorf("%q names no cell; write server=NAME or FIELD=VALUE, separated by commas", s)
		}
		var written any = value
		if f, known := fieldByPath(name); known {
			written = f.typed(value)
		}
		v, err := cellValue(name, written)
		if err != nil {
			return nil, err
		}
		cell[name] = v
	}
	return cell, nil
}

// cellFields are the names by which a cell is told from others.
func cellFields() []string { return append(varied(), "server") }

// noFactor is the error for a name that is no field of a cell.
type noFactor struct{ name string }

func (e *noFactor) Error() string {
	return fmt.Sprintf("a cell is named by server and the varied fields; %q is none%s", e.name, suggest.DidYouMean(e.name, cellFields()))
}

// cellValue is the value of one field of a cell in the form in which it is stored.
func cellValue(name string, written any) (any, error) {
	if name == "server" {
		return written, nil
	}
	f, known := fieldByPath(name)
	if !known || f.once {
		return nil, &noFactor{name}
	}
	return f.canonical(written)
}

// cell reads {server: epoll, load.idle: 1000}.
func (r *reader) cell(path string, n ast.Node) map[string]any {
	cell := map[string]any{}
	for _, e := range r.Entries(last(path), n) {
		r.Places[path+"/"+e.Key] = e.Position()
		v, ok := r.Value(e.Value)
		if !ok {
			continue
		}
		c, err := cellValue(e.Key, v)
		var unnamed *noFactor
		switch {
		case errors.As(err, &unnamed):
			r.Fault(e.At, "%v", err)
		case err != nil:
			r.Fault(e.Position(), "%v", err)
		default:
			cell[e.Key] = c
		}
	}
	return cell
}
