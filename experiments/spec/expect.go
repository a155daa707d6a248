package spec

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"

	"socketbench/experiments/unit"
)

// Expectation is what a prediction expects of its value.
type Expectation struct {
	Op     string  // > >= < <= == ~
	Value  float64 // in the unit of the metric, or a ratio
	Within float64 // of ~: how far from Value still holds, relative to it: 0.1 for ±10%
	Ratio  bool    // of two cells ("5x"), not of one
}

// units are those of an expectation, by the unit of its metric.
var units = map[string][]struct {
	name   string
	factor float64
}{
	"ns":         {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}},
	"bytes":      {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}},
	"bytes/s":    {{"B/s", 1}, {"KiB/s", 1 << 10}, {"MiB/s", 1 << 20}, {"GiB/s", 1 << 30}},
	"requests/s": {{"/s", 1}, {"k/s", 1e3}, {"M/s", 1e6}, {"", 1}, {"k", 1e3}, {"M", 1e6}},
	"count":      {{"", 1}, {"k", 1e3}, {"M", 1e6}},
	"ratio":      {{"", 1}},
	"share":      {{"%", 0.01}},
	"CPUs":       {{"", 1}},
}

// ParseExpect reads "> 5x", "< 0.9x", "== 0", "> 10ms", "~ 1x ±10%" or "~ 20ms +-5%". of is the unit of
// the metric. ratio says that two cells are compared; the value is then a factor, which the x marks.
func ParseExpect(s, of string, ratio bool) (Expectation, error) {
	fail := func(format string, args ...any) (Expectation, error) {
		return Expectation{}, fmt.Errorf("expect %q: %s", s, fmt.Sprintf(format, args...))
	}
	rest := strings.TrimSpace(s)
	var e Expectation
	for _, op := range []string{">=", "<=", "==", ">", "<", "~"} {
		if r, ok := strings.CutPrefix(rest, op); ok {
			e.Op, rest = op, strings.TrimSpace(r)
			break
		}
	}
	if e.Op == "" {
		return fail("begin with one of > >= < <= == ~")
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsDigit(r) && r != '.' })
	if end < 0 {
		end = len(rest)
	}
	value, err := unit.Decimal(rest[:end])
	if plain := plainly(rest, of, ratio); plain != "" {
		return fail("%s is not in plain decimal digits; write %s if that is meant", rest, plain)
	}
	if err != nil {
		return fail("a number follows %s, such as %q", e.Op, e.Op+" "+example(of, ratio))
	}
	name, within, _ := strings.Cut(strings.TrimSpace(rest[end:]), " ")
	for _, sign := range []string{"±", "+-"} {
		if n, w, ok := strings.Cut(strings.TrimSpace(rest[end:]), sign); ok {
			name, within = strings.TrimSpace(n), sign+w
		}
	}
	e.Ratio = name == "x"
	switch {
	case e.Ratio && !ratio:
		return fail("x marks the ratio of two cells; add against:, or expect %q", e.Op+" "+example(of, false))
	case ratio && !e.Ratio:
		return fail("two cells are compared by their ratio; expect %q, or leave against: out", e.Op+" "+example(of, true))
	case e.Ratio:
		e.Value = value
	default:
		factor, ok := 0.0, false
		var names []string
		for _, u := range units[of] {
			if u.name == name {
				factor, ok = u.factor, true
			}
			if u.name != "" {
				names = append(names, u.name)
			}
		}
		if !ok {
			if len(names) == 0 {
				return fail("the metric is a %s and has no unit; expect %q", of, e.Op+" "+example(of, false))
			}
			if name == "" {
				return fail("the metric is in %s; say the unit: %s", of, strings.Join(names, ", "))
			}
			return fail("the metric is in %[2]s, which has no unit %[1]q; allowed: %[3]s", name, of, strings.Join(names, ", "))
		}
		e.Value = value * factor
	}
	if e.Op == "~" {
		if e.Within, err = percent(within); err != nil {
			return fail("~ needs a tolerance, such as %q", "~ "+example(of, ratio)+" ±10%")
		}
		return e, nil
	}
	if within != "" {
		return fail("only ~ has a tolerance; leave %q out", within)
	}
	return e, nil
}

// plainly is value in plain decimal digits where it is a number that is written otherwise, such as 1e3ms, 010ms or
// 1_000x; "" where it is written so, or is no number.
func plainly(value, of string, ratio bool) string {
	names := []string{"x"}
	if !ratio {
		names = nil
		for _, u := range units[of] {
			names = append(names, u.name)
		}
	}
	for _, name := range names {
		digits, ok := strings.CutSuffix(value, name)
		if !ok {
			continue
		}
		var odd *unit.NotDecimal
		if _, err := unit.Decimal(strings.TrimSpace(digits)); errors.As(err, &odd) && odd.Plain != "" {
			return odd.Plain + name
		}
	}
	return ""
}

func percent(s string) (float64, error) {
	s = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "±"), "+-")
	digits, ok := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := unit.Decimal(strings.TrimSpace(digits))
	if !ok || err != nil || v <= 0 || v >= 100 {
		return 0, fmt.Errorf("no percentage %q", s)
	}
	return v / 100, nil
}

func example(unit string, ratio bool) string {
	switch {
	case ratio:
		return "2x"
	case unit == "ns":
		return "10ms"
	case unit == "bytes":
		return "8KiB"
	case unit == "share":
		return "99%"
	case unit == "bytes/s":
		return "100MiB/s"
	}
	return "16"
}

// Holds reports whether one value satisfies the expectation.
func (e Expectation) Holds(v float64) bool {
	switch e.Op {
	case ">":
		return v > e.Value
	case ">=":
		return v >= e.Value
	case "<":
		return v < e.Value
	case "<=":
		return v <= e.Value
	case "==":
		return v == e.Value
	case "~":
		low, high := e.Range()
		return low <= v && v <= high
	}
	return false
}

// Range returns the values that satisfy the expectation; its ends may be infinite.
func (e Expectation) Range() (low, high float64) {
	switch e.Op {
	case ">", ">=":
		return e.Value, math.Inf(1)
	case "<", "<=":
		return math.Inf(-1), e.Value
	case "~":
		if e.Ratio {
			return e.Value / (1 + e.Within), e.Value * (1 + e.Within)
		}
		return e.Value * (1 - e.Within), e.Value * (1 + e.Within)
	}
	return e.Value, e.Value
}
