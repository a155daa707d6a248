package spec

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"socketbench/servers/suggest"
)

// Change is a field that a command line sets, in place of what the file says of it.
type Change struct {
	Path  string
	Value string // as in a file; several values, with commas between them, are varied
	Typed string // what sets it on the command line, such as "--idle 2k"; "": --set PATH=VALUE
}

// String is the inverse of [ParseChange].
func (c Change) String() string { return c.Path + "=" + c.Value }

// about reports whether a fault of the field at path, or of the block that it names, is one of the change.
func (c Change) about(path string) bool {
	path, _, _ = strings.Cut(path, "[") // of a list, any value of it
	return path == c.Path || path == "vary."+c.Path || strings.HasPrefix(c.Path, path+".") || path == "vary" && strings.Contains(c.Value, ",")
}

// wrong is what is wrong with the change.
func (c Change) wrong(err error) error {
	return fmt.Errorf("%s: %w", c.typed(), err)
}

// typed is what sets the field on the command line.
func (c Change) typed() string { return cmp.Or(c.Typed, "--set "+c.String()) }

// ParseChange reads "load.idle=50" or "load.size=64,4KiB".
func ParseChange(s string) (Change, error) {
	path, value, ok := strings.Cut(s, "=")
	if !ok {
		return Change{}, fmt.Errorf("%q sets no field; write FIELD=VALUE, such as load.idle=50", s)
	}
	return Change{Path: strings.TrimSpace(path), Value: strings.TrimSpace(value)}, nil
}

// change edits e as one would edit the file: one value replaces the value of the field, or its line under vary; several
// values replace both.
func (e *Experiment) change(c Change) error {
	e.Vary = slices.Clone(e.Vary)
	f, ok := fieldByPath(c.Path)
	switch {
	case !ok:
		var paths []string
		for _, f := range fields {
			paths = append(paths, f.path)
		}
		return fmt.Errorf("no field %q%s; socketbench help experiment lists them", c.Path, suggest.DidYouMean(c.Path, paths))
	case f.kind == factors, f.kind == claims, f.kind == needs:
		return fmt.Errorf("%s has parts of its own, which only a file can say; begin one with socketbench run NAME --print", f.path)
	case f.kind == names:
		var list []string
		for name := range strings.SplitSeq(c.Value, ",") {
			list = append(list, strings.TrimSpace(name))
		}
		put(f.target(e), list)
		return nil
	case f.kind == quoted:
		bytes, err := strconv.Unquote(`"` + c.Value + `"`)
		if err != nil {
			return fmt.Errorf(`%q is no text as in double quotes, such as PING\r\n`, c.Value)
		}
		c.Value = bytes
	}
	written := []string{c.Value}
	if !f.once {
		written = strings.Split(c.Value, ",")
		for i := range written {
			written[i] = strings.TrimSpace(written[i])
		}
	}
	factor := Factor{Field: f.path}
	for _, w := range written {
		if err := factor.add(f, f.typed(w)); err != nil {
			return err
		}
	}
	if len(factor.Values) == 1 {
		e.clear(f)
		put(f.target(e), factor.Values[0])
		return nil
	}
	i := slices.IndexFunc(e.Vary, func(other Factor) bool { return other.Field == f.path })
	if i < 0 {
		i = len(e.Vary)
		e.Vary = append(e.Vary, factor)
	}
	e.Vary[i] = factor
	reflect.ValueOf(f.target(e)).Elem().SetZero()
	return nil
}

// clear takes the value and the varied values of a field away.
func (e *Experiment) clear(f field) {
	e.Vary = slices.DeleteFunc(e.Vary, func(other Factor) bool { return other.Field == f.path })
	if len(e.Vary) == 0 {
		e.Vary = nil
	}
	reflect.ValueOf(f.target(e)).Elem().SetZero()
}

// replace makes room for changes: what the file says in the other unit of a changed field goes, as a rate where a
// utilization is set.
func (e *Experiment) replace(set []Change) {
	e.Vary = slices.Clone(e.Vary)
	for _, c := range set {
		for _, f := range fields {
			if own, _ := fieldByPath(c.Path); f.instead != "" && f.instead == c.Path || own.instead != "" && own.instead == f.path {
				e.clear(f)
			}
		}
	}
}

// unask marks the predictions about cells that changes have removed: they stay in the experiment, with the reason why they
// are not asked. A field that is no longer varied is left out of a cell that has its value.
func (e Experiment) unask() {
	for i := range e.Predict {
		p := &e.Predict[i]
		if p.Of == nil || p.NotAsked != "" {
			continue
		}
		for _, cell := range []map[string]any{p.Of, p.Against} {
			maps.DeleteFunc(cell, func(path string, value any) bool {
				f, known := fieldByPath(path)
				if !known || e.Varies(path) {
					return false
				}
				now, _ := f.get(e)
				return now == value
			})
		}
		of, against := maps.Clone(p.Of), maps.Clone(p.Against)
		missing := e.complete("", of, nil)
		if against != nil {
			missing = append(missing, e.complete("", against, of)...)
		}
		if len(missing) > 0 {
			p.NotAsked = missing[0].message
		}
	}
}
