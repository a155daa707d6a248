package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"socketbench/experiments/yamlfile"
	"socketbench/servers/suggest"
)

// Set changes one field, as a flag of a command line does: Set("load.duration", "2s"). It takes the words and units that
// a file takes, and says the same of what is wrong. The result is not checked as a whole; call Check.
func (e *Experiment) Set(path, value string) error {
	f, ok := fieldByPath(path)
	if !ok || f.kind > text {
		return fmt.Errorf("no field %q%s", path, suggest.DidYouMean(path, varied()))
	}
	v, err := f.canonical(f.typed(value))
	if err != nil {
		return err
	}
	put(f.target(e), v)
	return nil
}

// typed is a command line's word as a file would have it.
func (f field) typed(value string) any {
	switch f.kind {
	case count, rate, share, size, duration:
		return yamlfile.Digits(value)
	case truth:
		if b, err := strconv.ParseBool(value); err == nil {
			return b
		}
	}
	return value
}

// A Flag is a field of an experiment as a flag of a command: it takes the same words, units and bounds as in a file, and
// says the same of what is wrong. It is a value of the packages flag and pflag.
type Flag struct {
	field
	e *Experiment
}

// Flags are the fields of a block of e, such as "config", as flags that set them: all of them, or those of these names.
// The defaults that they show are the values that e has now. Shares are left out: only a run measures what they are of.
func Flags(e *Experiment, block string, names ...string) (list []*Flag) {
	for _, f := range fields {
		if f.instead == "" && strings.HasPrefix(f.path, block+".") && (names == nil || slices.Contains(names, last(f.path))) {
			list = append(list, &Flag{f, e})
		}
	}
	return list
}

// Name is the last part of the field's path, with dashes for underscores.
func (f *Flag) Name() string { return strings.ReplaceAll(last(f.path), "_", "-") }

// Usage is what the field means, the words that it may be, and its default where e says nothing.
func (f *Flag) Usage() string {
	usage := f.meaning()
	if f.String() == "" && f.usual != "" {
		usage += " (default " + f.usual + ")"
	}
	return usage
}

// String is the value as a file would have it; "" where it is not set.
func (f *Flag) String() string {
	if v, set := f.get(*f.e); set {
		return fmt.Sprint(v)
	}
	return ""
}

// Set reads the value. The error calls the field by the name of the flag.
func (f *Flag) Set(value string) error {
	named := f.field
	named.path = f.Name()
	v, err := named.canonical(f.typed(value))
	if err == nil {
		put(f.target(f.e), v)
	}
	return err
}

// Type names what the value is, for help texts.
func (f *Flag) Type() string {
	return map[kind]string{count: "number", rate: "rate", share: "share", size: "bytes", duration: "time", word: "word", truth: "bool"}[f.kind]
}
