package yamlfile

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Root parses the text and returns its one document, or reports why there is none.
func (r *Reader) Root(src []byte) ast.Node {
	src, ok := r.text(src)
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
		case d.Body == nil || d.Body.Type() == ast.CommentType || d.Body.Type() == ast.DirectiveType:
		case body != nil:
			r.Fault(At(d.Body), "a second document begins here; a file holds one %s, so put the second into its own file", r.Of.One)
			return body
		default:
			body = d.Body
		}
	}
	if body == nil {
		r.Fault(Position{1, 1}, "the file is empty; %s", r.Of.Needs)
		return nil
	}
	return body
}

// syntax reports text that is not YAML.
func (r *Reader) syntax(err error) {
	at, message := Position{1, 1}, err.Error()
	var fault yaml.Error
	if errors.As(err, &fault) {
		at, message = where(fault.GetToken()), fault.GetMessage()
	}
	for _, s := range syntaxFaults {
		if strings.Contains(message, s.of) {
			message = s.says
			break
		}
	}
	r.Fault(at, "not YAML: %s", message)
}

// syntaxFaults says in a writer's words, with the remedy, what the parser says in its own.
var syntaxFaults = []struct{ of, says string }{
	{"'\t'", "YAML is indented with spaces, not with tabs"},
	{"mapping value is not allowed", "no field may begin here; indent the line like its neighbours, and put text that has a colon and a space in it in quotes"},
	{"invalid header option", `text that begins with > or | stands in quotes, such as "> 5ms"`},
	{"is a reserved character", "text that begins with @ or ` stands in quotes"},
	{"unexpected directive value", "text that begins with % stands in quotes"},
	{"flow mapping end token", "the { is not closed; a } ends it, and a # after a blank begins a comment"},
	{"sequence end token", "the [ is not closed; a ] ends it, and a # after a blank begins a comment"},
	{"end character of double-quoted", `the " is not closed`},
	{"end character of single-quoted", "the ' is not closed; an apostrophe in such text is written twice"},
}

func where(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{1, 1}
	}
	return Position{t.Position.Line, t.Position.Column}
}

func At(n ast.Node) Position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return At(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return At(n.Key)
	}
	return where(n.GetToken())
}

// Entry is one key of a mapping.
type Entry struct {
	Key   string
	At    Position
	Value ast.Node // nil where there is none
}

// Position is where the value stands; where there is none, the key.
func (e Entry) Position() Position {
	if e.Value == nil {
		return e.At
	}
	return At(e.Value)
}

// Entries lists the keys of a mapping. path names it in errors; "" is the file itself.
func (r *Reader) Entries(path string, n ast.Node) (list []Entry) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		name := path
		if name == "" {
			name = r.Of.A
		}
		v, ok := r.Value(n)
		if ok {
			r.Fault(At(n), "%s is a block of fields (name: value); this is %s", name, KindOf(v))
		}
		return nil
	}
	first := map[string]Position{}
	for _, v := range values {
		key, ok := v.Key.(ast.ScalarNode)
		if !ok || v.Key.Type() == ast.MergeKeyType {
			r.Fault(At(v.Key), "a plain field name must stand here; anchors, merges and compound keys are not supported")
			continue
		}
		name, at := key.GetToken().Value, At(v.Key)
		if _, null := v.Value.(*ast.NullNode); null && len(list) > 0 && v.Key.Type() == ast.IntegerType {
			r.Fault(at, "%s stands alone after a comma; write a number without commas", name)
			continue
		}
		if before, twice := first[name]; twice {
			r.Fault(at, "%q stands twice, first in line %d; remove one", name, before.Line)
			continue
		}
		first[name] = at
		list = append(list, Entry{name, at, v.Value})
	}
	return list
}

// Digits is a number as it was written. YAML would read 010, 1_000 and 1:30 in ways that surprise; package unit reads
// them instead.
type Digits string

// Value returns a node as plain data, and a number as its digits. A list comes back as an empty []any and a block as an
// empty map, as the callers only need to know that it is one. false means that a fault was reported.
func (r *Reader) Value(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case nil:
		return nil, true
	case *ast.NullNode:
		return nil, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		r.Fault(At(n), "anchors, aliases and tags are not supported; write the value out")
		return nil, false
	case *ast.SequenceNode:
		return []any{}, true
	case *ast.MappingNode, *ast.MappingValueNode:
		return map[string]any{}, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return Digits(n.GetToken().Value), true
	case ast.ScalarNode:
		return n.GetValue(), true
	}
	r.Fault(At(n), "a value must stand here")
	return nil, false
}

// List returns the items of a sequence.
func (r *Reader) List(path string, n ast.Node) []ast.Node {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		if v, ok := r.Value(n); ok {
			r.Fault(r.Find(path), "%s wants a list, such as [a, b]; this is %s", path, KindOf(v))
		}
		return nil
	}
	return seq.Values
}

// KindOf names what kind of value v is.
func KindOf(v any) string {
	switch v.(type) {
	case nil:
		return "no value"
	case string:
		return "text"
	case bool:
		return "a truth value"
	case []any:
		return "a list"
	case map[string]any:
		return "a block of fields"
	}
	return "a number"
}
