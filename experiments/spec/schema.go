package spec

import (
	"strings"

	"socketbench/experiments/yamlfile"

	"socketbench/servers"
)

// Schema is the JSON schema of an experiment file, for editors that complete and check as one types.
// It is made from the table that Parse follows, and knows less: what only whole cells can tell is left
// to Parse.
func Schema(registry servers.Registry) ([]byte, error) {
	root := yamlfile.Object("an experiment of socketbench", "name", "question", "servers")
	root.Begins("socketbench experiment")
	for _, f := range fields {
		add(root, f)
	}
	claim := yamlfile.Object("a claim that the measurement can refute", "claim", "metric", "of", "expect")
	for _, f := range parts {
		claim.Properties[last(f.path)] = f.schema()
	}
	root.Properties["predict"].Items = claim
	root.Properties["servers"].Items.Examples = append(registry.Names(), "./mine {port}")
	for name, s := range map[string]*yamlfile.Schema{"primary": root, "metric": claim} {
		s.Properties[name].Examples = metricNames()
	}
	root.Properties["name"].Pattern = validName.String()
	root.Properties["conversation"].Required = []string{"say"}
	claim.Properties["expect"].Pattern = `^\s*(>=|<=|==|>|<|~)\s*[0-9.]+`
	return root.Text()
}

// ConfigSchema is the schema of what a server can be told: the block config.
func ConfigSchema() *yamlfile.Schema {
	root := yamlfile.Object("")
	for _, f := range fields {
		if strings.HasPrefix(f.path, "config.") {
			add(root, f)
		}
	}
	return root.Properties["config"]
}

// add puts a field into the blocks that it stands in, which are made where they are missing.
func add(s *yamlfile.Schema, f field) {
	path := strings.Split(f.path, ".")
	for _, name := range path[:len(path)-1] {
		if s.Properties[name] == nil {
			s.Properties[name] = yamlfile.Object("")
		}
		s = s.Properties[name]
	}
	s.Properties[path[len(path)-1]] = f.schema()
}

// schema describes one field.
func (f field) schema() *yamlfile.Schema {
	s := &yamlfile.Schema{Description: f.help()}
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
		s.Type = []string{"integer", "string"} // 2k is text
	case names:
		s.Type, s.Items = "array", &yamlfile.Schema{Type: "string", Enum: f.words}
	case commands:
		s.Type, s.Additional = "object", &yamlfile.Schema{Type: "string", Pattern: `\{port\}`}
	case needs:
		s = yamlfile.Object(s.Description)
		for _, r := range Resources {
			s.Properties[r] = &yamlfile.Schema{Type: "string", Pattern: `^\s*(>=|<=|==|>|<)\s*[0-9.]+\s*$`}
		}
	case factors, cell:
		s = yamlfile.Object(s.Description)
		for _, g := range fields {
			switch {
			case g.once:
			case f.kind == cell:
				s.Properties[g.path] = g.schema()
			default:
				s.Properties[g.path] = &yamlfile.Schema{Type: "array", Items: g.schema(), MinItems: 1, Description: g.help()}
			}
		}
		if f.kind == cell {
			s.Properties["server"] = &yamlfile.Schema{Type: "string"}
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
