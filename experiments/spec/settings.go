package spec

import (
	"fmt"
	"strings"
	"time"
)

// Setting is a field of an experiment and what it is set to.
type Setting struct{ Path, Value string }

// Settings lists the fields that are set, in the order of the file, with their values in plain decimal and with their
// unit, so that a reader sees what was understood.
func (e Experiment) Settings() (list []Setting) {
	for _, f := range fields {
		if f.kind == text {
			continue
		}
		if values := e.valuesOf(f); len(values) > 0 {
			list = append(list, Setting{f.path, strings.Join(values, ", ")})
		}
	}
	return list
}

// valuesOf are the values of a field that is set or varied, as a reader sees them.
func (e Experiment) valuesOf(f field) (values []string) {
	for _, factor := range e.Vary {
		if factor.Field == f.path {
			for _, v := range factor.Values {
				values = append(values, f.plain(v))
			}
			return values
		}
	}
	if v, set := f.get(&e); set {
		return []string{f.plain(v)}
	}
	return nil
}

// plain writes a canonical value in plain decimal and with its unit.
func (f field) plain(v any) string {
	switch f.kind {
	case size:
		return fmt.Sprintf("%v bytes", v)
	case rate:
		return fmt.Sprintf("%v requests/s", number(asFloat(v)))
	case duration:
		if s, ok := v.(string); ok {
			if d, err := time.ParseDuration(s); err == nil {
				return d.String()
			}
		}
	}
	return fmt.Sprint(v)
}

func asFloat(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return 0
}
