package spec

import (
	"encoding/json"
	"strings"

	"socketbench/servers"
)

// schema is the part of JSON Schema (draft 7, which editors know best) that describes a file.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Examples    []string           `json:"examples,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Minimum     *float64           `json:"minimum,omitempty"`
	Maximum     *float64           `json:"maximum,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
}

// Schema is the JSON schema of an experiment file, for editors that complete and check as one types.
// It is made from the table that Parse follows, and knows less: what only whole cells can tell is left
// to Parse.
func Schema(registry servers.Registry) ([]byte, error) {
	root := object("an experiment of socketbench", "name", "question", "servers")
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.Title = "socketbench experiment"
	for _, f := range fields {
		root.add(f)
	}
	claim := object("a claim that the measurement can refute", "claim", "metric", "of", "expect")
	for _, f := range parts {
		claim.Properties[last(f.path)] = f.schema()
	}
	root.Properties["predict"].Items = claim
	root.Properties["servers"].Items.Examples = append(registry.Names(), "./mine {port}")
	for name, s := range map[string]*schema{"primary": root, "metric": claim} {
		s.Properties[name].Examples = metricNames()
	}
	root.Properties["name"].Pattern = validName.String()
	root.Properties["conversation"].Required = []string{"say"}
	claim.Properties["expect"].Pattern = `^\s*(>=|<=|==|>|<|~)\s*[0-9.]+`
	return json.MarshalIndent(root, "", "  ")
}

func object(about string, required ...string) *schema {
	return &schema{Type: "object", Description: about, Properties: map[string]*schema{}, Additional: false, Required: required}
}

// add puts a field into the blocks that it stands in, which are made where they are missing.
func (s *schema) add(f field) {
	path := strings.Split(f.path, ".")
	for _, name := range path[:len(path)-1] {
		if s.Properties[name] == nil {
			s.Properties[name] = object("")
		}
		s = s.Properties[name]
	}
	s.Properties[path[len(path)-1]] = f.schema()
}

// schema describes one field.
func (f field) schema() *schema {
	s := &schema{Description: f.help()}
	switch f.kind {
	case word:
		s.Type, s.Enum = "string", f.words
	case truth:
		s.Type = "boolean"
	case text, quoted:
		s.Type = "string"
	case duration:
		s.Type, s.Pattern = "string", `^-?([0-9.]+ ?(ns|us|µs|ms|s|m|h))+$`
	case count:
		s.Type = "integer"
	case names:
		s.Type, s.Items = "array", &schema{Type: "string", Enum: f.words}
	case commands:
		s.Type, s.Additional = "object", &schema{Type: "string", Pattern: `\{port\}`}
	case needs:
		s = object(s.Description)
		for _, r := range Resources {
			s.Properties[r] = &schema{Type: "string", Pattern: `^\s*(>=|<=|==|>|<)\s*[0-9.]+\s*$`}
		}
	case factors, cell:
		s = object(s.Description)
		for _, g := range fields {
			switch {
			case g.once:
			case f.kind == cell:
				s.Properties[g.path] = g.schema()
			default:
				s.Properties[g.path] = &schema{Type: "array", Items: g.schema(), MinItems: 1, Description: g.help()}
			}
		}
		if f.kind == cell {
			s.Properties["server"] = &schema{Type: "string"}
		}
	case claims:
		s.Type = "array"
	default:
		s.Type = []string{"number", "string"}
	}
	if f.kind == count || f.kind == size || f.kind == rate || f.kind == share {
		s.Minimum, s.Maximum = &f.min, &f.max
	}
	return s
}
