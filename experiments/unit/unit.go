// Package unit writes figures for people: with three significant digits, in the unit that suits their size, and with
// thousands separated by commas. The units are those of metric.All. It also reads values that people write, with units.
package unit

import (
	"math"
	"strconv"
	"strings"
)

// None stands in place of a figure that the platform cannot measure, or that has too few samples.
const None = "–"

// scale is a unit and how many of the base unit it is.
type scale struct {
	size float64
	name string
}

var scales = map[string][]scale{
	"ns":         {{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}},
	"bytes":      {{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}},
	"bytes/s":    {{1e9, " GB/s"}, {1e6, " MB/s"}, {1e3, " kB/s"}, {1, " B/s"}},
	"requests/s": {{1, "/s"}},
	"CPUs":       {{1, ""}},
	"count":      {{1, ""}},
	"ratio":      {{1, ""}},
	"x":          {{1, "x"}},
}

// Format writes v, which is given in unit: Format("ns", 131000) is "131 µs". The unit "x" marks a factor between two
// figures, "1.31x". An unknown unit is written after the figure.
func Format(unit string, v float64) string { return format(unit, v, significant) }

// Tick writes v like Format, without trailing zeros.
func Tick(unit string, v float64) string { return format(unit, v, shortest) }

func format(unit string, v float64, digits func(float64) string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None
	}
	if unit == "share" {
		return share(v)
	}
	ladder, known := scales[unit]
	if !known {
		ladder = []scale{{1, " " + unit}}
	}
	if v == 0 {
		return "0" + ladder[len(ladder)-1].name
	}
	if unit == "count" && v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return group(strconv.FormatFloat(v, 'f', 0, 64))
	}
	for i, s := range ladder {
		// 999.7 µs would be rounded to 1000 µs, so it takes the next larger unit.
		if math.Abs(v) >= s.size*0.9995 || i == len(ladder)-1 {
			return digits(v/s.size) + s.name
		}
	}
	return None
}

// significant writes three significant digits, and always all digits before the point.
func significant(v float64) string {
	decimals := 2
	switch a := math.Abs(v); {
	case a >= 99.95:
		decimals = 0
	case a >= 9.995:
		decimals = 1
	case a < 0.0995:
		decimals = 4
	case a < 0.995:
		decimals = 3
	}
	return group(strconv.FormatFloat(v, 'f', decimals, 64))
}

// shortest writes three significant digits, also of a value far below one, without trailing zeros.
func shortest(v float64) string {
	s := significant(v)
	if a := math.Abs(v); a > 0 && a < 0.01 {
		s = strconv.FormatFloat(v, 'f', min(2-int(math.Floor(math.Log10(a))), 9), 64)
	}
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// share writes a share of one as a percentage. Less than all is never rounded to 100 %, and more than nothing never to 0 %.
func share(v float64) string {
	switch {
	case v > 0 && v < 0.0001:
		return "< 0.01 %"
	case v < 1 && v >= 0.9995:
		return strconv.FormatFloat(math.Floor(v*1e4)/100, 'f', 2, 64) + " %"
	}
	return Percent(v)
}

// Count writes a whole number with its thousands separated.
func Count(n int) string { return group(strconv.Itoa(n)) }

// Series joins words as a sentence does: "a", "a and b", "a, b and c".
func Series(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// Many writes a number of things: Many(1, "trial") is "1 trial", Many(1200, "trial") "1,200 trials", and
// Many(2, "reply") "2 replies".
func Many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		return Count(n) + " " + stem + "ies"
	}
	if strings.HasSuffix(thing, "ss") {
		thing += "e"
	}
	return Count(n) + " " + thing + "s"
}

// Percent writes a share of one: Percent(0.031) is "3.1 %".
func Percent(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None
	}
	return shortest(v*100) + " %"
}

// group separates thousands.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if frac != "" {
		frac = "." + frac
	}
	return sign + whole + frac
}
