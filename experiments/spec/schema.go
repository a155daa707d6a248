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
	root := object("an experiment of socketbench")
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.Title = "socketbench experiment"
	root.Required = []string{"name", "question", "servers"}
	vary := object("fields and the values they take; the cells are their cross product with the servers")
	cell := object("a cell: its server and the varied fields")
	cell.Properties["server"] = &schema{Type: "string"}
	for _, f := range fields {
		at := root
		path := strings.Split(f.path, ".")
		for _, name := range path[:len(path)-1] {
			if at.Properties[name] == nil {
				at.Properties[name] = object("")
			}
			at = at.Properties[name]
		}
		one := f.schema()
		at.Properties[path[len(path)-1]] = one
		if f.vary {
			vary.Properties[f.path] = &schema{Type: "array", Items: one, MinItems: 1, Description: one.Description}
			cell.Properties[f.path] = one
		}
	}
	root.Properties["vary"] = vary
	root.Properties["servers"] = &schema{
		Type: "array", MinItems: 1, Description: "registered names, names of commands, and commands that have {port} in them",
		Items: &schema{Type: "string", Examples: append(registry.Names(), "./mine {port}")},
	}
	commands := object("short names for commands; list them under servers")
	commands.Properties, commands.Additional = nil, &schema{Type: "string", Pattern: `\{port\}`}
	root.Properties["commands"] = commands
	root.Properties["charts"] = &schema{Type: "array", Items: &schema{Type: "string", Enum: charts}}
	needs := object("what the machine must have")
	for _, r := range Resources {
		needs.Properties[r] = &schema{Type: "string", Pattern: `^\s*(>=|<=|==|>|<)\s*[0-9.]+\s*$`}
	}
	root.Properties["needs"] = needs
	conversation := object("in place of the uppercase protocol; one of expect, until and reply_bytes ends a reply")
	for _, name := range []string{"greeting_until", "say", "expect", "until"} {
		conversation.Properties[name] = &schema{Type: "string"}
	}
	conversation.Properties["reply_bytes"] = &schema{Type: "integer"}
	conversation.Required = []string{"say"}
	root.Properties["conversation"] = conversation
	root.Properties["predict"] = &schema{Type: "array", Items: prediction(cell, needs)}
	return json.MarshalIndent(root, "", "  ")
}

func object(about string) *schema {
	return &schema{Type: "object", Description: about, Properties: map[string]*schema{}, Additional: false}
}

func prediction(cell, needs *schema) *schema {
	p := object("a claim that the measurement can refute")
	p.Properties["claim"] = &schema{Type: "string", Description: "the sentence that is put to the test"}
	p.Properties["metric"] = &schema{Type: "string", Examples: metricNames()}
	p.Properties["of"] = cell
	p.Properties["against"] = cell
	p.Properties["expect"] = &schema{Type: "string", Pattern: `^\s*(>=|<=|==|>|<|~)\s*[0-9.]+`, Examples: []string{"> 2x", "< 10ms", "== 0", "~ 1x ±10%"}}
	p.Properties["needs"] = needs
	p.Properties["refuted"] = &schema{Type: "string", Description: "what it would mean if it were refuted"}
	p.Required = []string{"claim", "metric", "of", "expect"}
	return p
}

// schema describes one scalar.
func (f field) schema() *schema {
	s := &schema{Description: f.about}
	switch f.kind {
	case word:
		s.Type, s.Enum = "string", f.words
	case truth:
		s.Type = "boolean"
	case text:
		s.Type = "string"
		if f.path == "primary" {
			s.Examples = metricNames()
		}
		if f.path == "name" {
			s.Pattern = validName.String()
		}
	case duration:
		s.Type, s.Pattern = "string", `^-?([0-9.]+(ns|us|µs|ms|s|m|h))+$`
	case count:
		s.Type = "integer"
	default:
		s.Type = []string{"number", "string"}
	}
	if f.kind == count || f.kind == size || f.kind == rate {
		s.Minimum, s.Maximum = &f.min, &f.max
	}
	return s
}
