package spec

import (
	"fmt"
	"strings"
)

// Setting is a field of an experiment and what it is set to.
type Setting struct{ Path, Value string }

// Settings lists the fields that are set, in the order of the file, with their values in plain decimal and with their
// unit, so that a reader sees what was understood.
func (e Experiment) Settings() (list []Setting) {
	for _, f := range fields {
		if f.kind >= text {
			continue
		}
		var values []string
		for _, factor := range e.Vary {
			if factor.Field == f.path {
				for _, v := range factor.Values {
					values = append(values, f.plain(v))
				}
			}
		}
		if v, set := f.get(e); set && values == nil {
			values = []string{f.plain(v)}
		}
		if values != nil && f.instead != "" {
			values[len(values)-1] += " of what " + e.Reference() + " carries here, found before block 0"
		}
		if values != nil {
			list = append(list, Setting{f.path, strings.Join(values, ", ")})
		}
	}
	return list
}

// plain writes a canonical value in plain decimal and with its unit.
func (f field) plain(v any) string {
	switch f.kind {
	case size:
		return fmt.Sprintf("%v bytes", v)
	case rate:
		return number(decimal(v)) + " requests/s"
	case quoted:
		return flow(v)
	}
	return fmt.Sprint(v)
}

// decimal is a canonical number, of which a whole one is an int.
func decimal(v any) float64 {
	if whole, ok := v.(int); ok {
		return float64(whole)
	}
	return v.(float64)
}
