package yamlfile

import "encoding/json"

// Schema is the part of JSON Schema (draft 7, which editors know best) that describes a file.
type Schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Examples    []string           `json:"examples,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Minimum     *float64           `json:"minimum,omitempty"`
	Maximum     *float64           `json:"maximum,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
}

// Object is a block of fields, which has no others than those that are put into it.
func Object(about string, required ...string) *Schema {
	return &Schema{Type: "object", Description: about, Properties: map[string]*Schema{}, Additional: false, Required: required}
}

// Begins makes s the schema of a whole file.
func (s *Schema) Begins(title string) {
	s.Schema, s.Title = "http://json-schema.org/draft-07/schema#", title
}

// Text is the schema as JSON.
func (s *Schema) Text() ([]byte, error) { return json.MarshalIndent(s, "", "  ") }
