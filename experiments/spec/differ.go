package spec

import (
	"fmt"
	"strings"
)

// Difference is a field that two experiments set to different values, both as text.
type Difference struct {
	Field         string
	First, Second string
}

// Timing reports whether the field says only how long a trial lasts: that makes no other question.
func (d Difference) Timing() bool { return d.Field == "load.warmup" || d.Field == "load.duration" }

// Differing lists the fields that change what a server does and that differ between a and b: its load, what it is told,
// and where it runs. A name, a question, a prediction or the number of blocks changes no figure and is left out. So is
// what is varied, because the cells say it.
func Differing(a, b Experiment) (list []Difference) {
	text := func(f field, e Experiment) string {
		if v, set := f.get(e); set {
			if f.kind == quoted { // bytes, which may be any
				return flow(v)
			}
			return fmt.Sprint(v)
		}
		return "not set"
	}
	for _, f := range fields {
		if f.once && !strings.HasPrefix(f.path, "conversation.") {
			continue
		}
		if first, second := text(f, a), text(f, b); first != second {
			list = append(list, Difference{f.path, first, second})
		}
	}
	return list
}
