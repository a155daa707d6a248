package spec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// reader reads one file and remembers the position of each field, for faults that are found later.
type reader struct {
	file   string
	exp    Experiment
	at     map[string]position
	faults []*Error
}

type position struct{ line, column int }

func (r *reader) fault(at position, format string, args ...any) {
	r.faults = append(r.faults, &Error{r.file, at.line, at.column, fmt.Sprintf(format, args...)})
}

// find returns the position of a field or, if it is not in the file, of the nearest block above it.
func (r *reader) find(path string) position {
	for path != "" {
		if p, ok := r.at[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return position{1, 1}
}

// root parses the text and returns its one document, or reports why there is none.
func (r *reader) root(src []byte) ast.Node {
	src, ok := r.source(src)
	if !ok {
		return nil
	}
	f, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey()) // entries tells of them, beside the other faults
	if err != nil {
		r.syntax(err)
		return nil
	}
	var body ast.Node
	for _, d := range f.Docs {
		switch {
		case d.Body == nil || d.Body.Type() == ast.CommentType:
		case body != nil:
			r.fault(nodeAt(d.Body), "a second document begins here; a file holds one experiment, so put the second into its own file")
			return body
		default:
			body = d.Body
		}
	}
	if body == nil {
		r.fault(position{1, 1}, "the file is empty; an experiment needs name, question and servers (socketbench list experiments)")
		return nil
	}
	return body
}

// syntax reports text that is not YAML.
func (r *reader) syntax(err error) {
	at, message := position{1, 1}, err.Error()
	var fault yaml.Error
	if errors.As(err, &fault) {
		at, message = where(fault.GetToken()), fault.GetMessage()
	}
	switch {
	case strings.Contains(message, "'\t'"):
		message = "YAML is indented with spaces, not with tabs"
	case strings.Contains(message, "mapping value is not allowed"):
		message += "; put text that has a colon and a space in it in quotes"
	}
	r.fault(at, "not YAML: %s", message)
}

func where(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{t.Position.Line, t.Position.Column}
}

func nodeAt(n ast.Node) position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return nodeAt(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodeAt(n.Key)
	}
	return where(n.GetToken())
}

// entry is one key of a mapping.
type entry struct {
	key   string
	at    position
	value ast.Node
}

// position is where the value stands; where there is none, the key.
func (e entry) position() position {
	if e.value == nil {
		return e.at
	}
	return nodeAt(e.value)
}

// entries lists the keys of a mapping. path names it in errors; "" is the file itself.
func (r *reader) entries(path string, n ast.Node) (list []entry) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		name := path
		if name == "" {
			name = "an experiment"
		}
		v, ok := r.value(n)
		if ok {
			r.fault(nodeAt(n), "%s is a block of fields (name: value); this is %s", name, kindOf(v))
		}
		return nil
	}
	first := map[string]position{}
	for _, v := range values {
		key, ok := v.Key.(ast.ScalarNode)
		if !ok || v.Key.Type() == ast.MergeKeyType {
			r.fault(nodeAt(v.Key), "a plain field name must stand here; anchors, merges and compound keys are not supported")
			continue
		}
		name, at := key.GetToken().Value, nodeAt(v.Key)
		if _, null := v.Value.(*ast.NullNode); null && len(list) > 0 && v.Key.Type() == ast.IntegerType {
			r.fault(at, "%s stands alone after a comma; write a number without commas", name)
			continue
		}
		if before, twice := first[name]; twice {
			r.fault(at, "%q stands twice, first in line %d; remove one", name, before.line)
			continue
		}
		first[name] = at
		list = append(list, entry{name, at, v.Value})
	}
	return list
}

// digits is a number as it was written. YAML would read 010, 1_000 and 1:30 in ways that surprise; package unit reads
// them instead.
type digits string

// value returns a node as plain data, and a number as its digits. A list comes back as an empty []any and a block as an
// empty map, as the callers only need to know that it is one. false means that a fault was reported.
func (r *reader) value(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case nil:
		return nil, true
	case *ast.NullNode:
		return nil, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		r.fault(nodeAt(n), "anchors, aliases and tags are not supported; write the value out")
		return nil, false
	case *ast.SequenceNode:
		return []any{}, true
	case *ast.MappingNode, *ast.MappingValueNode:
		return map[string]any{}, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return digits(n.GetToken().Value), true
	case ast.ScalarNode:
		return n.GetValue(), true
	}
	r.fault(nodeAt(n), "a value must stand here")
	return nil, false
}

// list returns the items of a sequence.
func (r *reader) list(path string, n ast.Node) []ast.Node {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		if v, ok := r.value(n); ok {
			r.fault(r.find(path), "%s wants a list, such as [a, b]; this is %s", path, kindOf(v))
		}
		return nil
	}
	return seq.Values
}
