package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"socketbench/experiments/result"
)

// Schema is the JSON schema (draft 7) of a document that this package writes: "report" for [Write] in the format json,
// "compare" for [WriteComparison]. It is made from the types that are written.
func Schema(document string) ([]byte, error) {
	var of any
	switch document {
	case "report":
		of = reportJSON{}
	case "compare":
		of = pairJSON{}
	default:
		return nil, fmt.Errorf("report: no schema %q; there are report and compare", document)
	}
	root := schemaOf(reflect.TypeOf(of))
	root["$schema"], root["title"] = "http://json-schema.org/draft-07/schema#", "socketbench "+document
	return json.MarshalIndent(root, "", "  ")
}

// schemaOf describes a type as encoding/json writes it. Keys that may be omitted are not required.
func schemaOf(t reflect.Type) map[string]any {
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem())
		s["type"] = []any{s["type"], "null"}
		return s
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		if t == reflect.TypeFor[result.Cell]() {
			return map[string]any{"type": "object", "description": "server and the varied fields, such as load.idle"}
		}
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		for i := range t.NumField() {
			f := t.Field(i)
			name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
			one := schemaOf(f.Type)
			if about := f.Tag.Get("about"); about != "" {
				one["description"] = about
			}
			properties[name] = one
			if !strings.Contains(rest, "omit") {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "integer"}
}
