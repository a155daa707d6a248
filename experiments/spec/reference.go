package spec

import "strings"

// Described is a field of the experiment file, for a reader.
type Described struct {
	Path    string // with dots between blocks, such as load.idle
	Allowed string // what may be written
	About   string // what it means, and its default
	Vary    bool   // may be varied
}

// Reference describes every field of the experiment file, in the order in which they are best written.
func Reference() []Described {
	var list []Described
	add := func(f field, vary bool) { list = append(list, Described{f.path, f.allowed(), f.help(), vary}) }
	for _, f := range fields {
		add(f, !f.once)
	}
	for _, f := range parts {
		add(f.field, false)
	}
	return list
}

// meaning is what the field means, with the words that it may be.
func (f field) meaning() string {
	if f.kind == word {
		return f.about + " (" + strings.Join(f.words, ", ") + ")"
	}
	return f.about
}

// help is what the field means, with its default.
func (f field) help() string {
	if f.usual == "" {
		return f.about
	}
	return f.about + " (default " + f.usual + ")"
}
