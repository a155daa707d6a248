package verdict

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// Condition says in words what a cell varies beside its server: "64 bytes, beside 8 silent clients". It is "" where
// nothing is varied.
func Condition(c result.Cell) string {
	var beside, rest []string
	alone := false
	for _, f := range slices.Sorted(maps.Keys(c)) {
		phrase := say(f, c[f])
		switch {
		case f == "server":
		case !slices.Contains(spec.Disturbers(), f): // without any, a condition is "alone"
			rest = append(rest, phrase)
		case fmt.Sprint(c[f]) == "0":
			alone = true
		default:
			beside = append(beside, phrase)
		}
	}
	if len(beside) > 0 {
		rest = append(rest, "beside "+strings.Join(beside, " and "))
	} else if alone {
		rest = append(rest, "alone")
	}
	return strings.Join(rest, ", ")
}

// Field says what a varied field counts: "idle clients".
func Field(name string) string {
	return strings.TrimSpace(spec.Phrase(name, ""))
}

// say writes a field and its value: "8 idle clients".
func say(field string, value any) string {
	if field == "load.requests" && fmt.Sprint(value) == "0" {
		return "sessions without end"
	}
	written := fmt.Sprint(value) // a time has its unit
	if _, is := value.(spec.Span); !is {
		if n, ok := Number(value); ok {
			written = unit.Tick("count", n)
		}
	}
	return spec.Phrase(field, written)
}

// Number returns the value of a field that is one, a time in ns.
func Number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case spec.Span:
		return float64(v), true
	}
	return 0, false
}

// conditionSuffix is [Condition] as it follows the name of a server: " beside 8 silent clients", " with 64 bytes".
func conditionSuffix(c result.Cell) string {
	condition := Condition(c)
	for _, follows := range []string{"beside ", "alone", "over "} {
		if strings.HasPrefix(condition, follows) {
			return " " + condition
		}
	}
	if condition == "" {
		return ""
	}
	return " with " + condition
}
