package unit

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/quote"
)

// All numbers in files and flags are read here, so that the same text always has the same meaning. Digits are decimal.
// Text that another program would read as another number is refused: 010 is 8 in some languages, and 1_000 is no number
// in others.

// NotDecimal is the error about a number that is not written in plain decimal digits.
type NotDecimal struct {
	Text  string
	Plain string // the number that was probably meant; "": it cannot be guessed
}

func (e *NotDecimal) Error() string {
	if e.Plain == "" && e.Text != strings.Trim(e.Text, " ") || e.Text == "" {
		return fmt.Sprintf("%q is no number in plain decimal digits", e.Text) // the blanks would not be seen
	}
	if e.Plain == "" {
		return fmt.Sprintf("%s is no number in plain decimal digits", quote.Text(e.Text))
	}
	return fmt.Sprintf("%s is not in plain decimal digits; write %s if that is meant", e.Text, e.Plain)
}

var (
	decimal   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)?(\.[0-9]+)?$`)
	thousands = regexp.MustCompile(`^[0-9]{1,3}([,'_][0-9]{3})+$`)
)

// Decimal reads decimal digits with an optional point and an optional minus sign: 10, 8.0, .5, -1.
func Decimal(s string) (float64, error) {
	if strings.ContainsAny(s, "0123456789") && decimal.MatchString(s) {
		return strconv.ParseFloat(s, 64)
	}
	e := &NotDecimal{Text: s}
	bare := strings.TrimPrefix(s, "+")
	switch v, err := strconv.ParseInt(bare, 0, 64); {
	case thousands.MatchString(s):
		e.Plain = strings.NewReplacer(",", "", "'", "", "_", "").Replace(s)
	case strings.Trim(bare, "0123456789") == "" && bare != "": // 010 means ten
		e.Plain = strings.TrimLeft(bare[:len(bare)-1], "0") + bare[len(bare)-1:]
	case err == nil: // hexadecimal, octal, binary
		e.Plain = strconv.FormatInt(v, 10)
	default:
		if v, err := strconv.ParseFloat(bare, 64); err == nil && math.Abs(v) < 1e15 {
			e.Plain = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return 0, e
}

// ParseCount reads a whole number: 64, 2k, 1.5M.
func ParseCount(s string) (float64, error) {
	v, err := scaled(s, thousandsOf)
	if err == nil && v != math.Trunc(v) {
		err = fmt.Errorf("%s is no whole number", s)
	}
	return v, err
}

// ParseSize reads bytes: 64, 16KiB, 1MiB, 0.5 GiB.
func ParseSize(s string) (float64, error) {
	v, err := scaled(s, []scale{{1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}, {1, "B"}})
	if err == nil && v != math.Trunc(v) {
		err = fmt.Errorf("%s is no whole number of bytes", s)
	}
	return v, err
}

// ParseRate reads requests/s: 4000, 10k, 1.5M.
func ParseRate(s string) (float64, error) { return scaled(s, thousandsOf) }

// thousandsOf are what a number may count in that has no unit of its own.
var thousandsOf = []scale{{1e3, "k"}, {1e6, "M"}}

// ParseShare reads a share of something: 0.5 or 50%.
func ParseShare(s string) (float64, error) {
	digits, percent := strings.CutSuffix(s, "%")
	if !percent {
		return Decimal(s)
	}
	digits = strings.TrimSuffix(digits, " ")
	if _, err := Decimal(digits); err != nil {
		odd := err.(*NotDecimal)
		if odd.Text = s; odd.Plain != "" {
			odd.Plain += "%"
		}
		return 0, odd
	}
	return strconv.ParseFloat(digits+"e-2", 64) // the same number as 0.333, where 33.3/100 may be its neighbour
}

// scaled reads a number that may be followed by one of the units, with or without a blank between them.
func scaled(s string, units []scale) (float64, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		v, err := Decimal(strings.TrimSuffix(digits, " "))
		odd, is := err.(*NotDecimal)
		switch {
		case !is:
			return v * u.size, err
		case odd.Plain != "":
			return 0, &NotDecimal{s, odd.Plain + u.name}
		}
	}
	v, err := Decimal(s)
	if unknown := unitOf(s); err != nil && unknown != "" {
		names := make([]string, len(units))
		for i, u := range units {
			names[i] = u.name
		}
		return 0, fmt.Errorf("%q is no unit of %s: %s", unknown, quote.Text(s), strings.Join(names, ", "))
	}
	return v, err
}

// times are the units of a time in nanoseconds. "s" is the end of others, so that it comes after them.
var times = []scale{{1, "ns"}, {1e3, "us"}, {1e3, "µs"}, {1e3, "μs"}, {1e6, "ms"}, {1e9, "s"}, {60e9, "m"}, {3600e9, "h"}}

var (
	part    = regexp.MustCompile(`^([0-9]*\.?[0-9]+) ?(ns|us|µs|μs|ms|s|m|h)`)
	letters = regexp.MustCompile(`^-?[0-9]*\.?[0-9]+ ?([^0-9\s.,:'_+-][^0-9]*)$`)
)

// unitOf is the word after the digits of s, or "".
func unitOf(s string) string {
	if m := letters.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// ParseTime reads a time with its unit, or with several units: 300ms, 1.5s, 1m30s. Only 0 needs no unit.
func ParseTime(s string) (time.Duration, error) {
	if v, err := Decimal(s); err == nil {
		if v == 0 {
			return 0, nil
		}
		return 0, fmt.Errorf("%s is a number without a unit", s)
	}
	rest, sign := strings.CutPrefix(s, "-")
	bare := ""
	for i := 0; rest != ""; i++ {
		m := part.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		if i == 0 { // the 05 of 1h05m is clear
			if _, err := Decimal(m[1]); err != nil {
				// These are digits and a point, so the fault is a leading zero.
				plain := strings.TrimLeft(m[1][:len(m[1])-1], "0") + m[1][len(m[1])-1:]
				return 0, &NotDecimal{s, plain + rest[len(m[1]):]}
			}
		}
		bare += m[1] + m[2]
		rest = rest[len(m[0]):]
	}
	if rest != "" || bare == "" {
		var odd *NotDecimal
		if _, err := scaled(s, times); errors.As(err, &odd) && odd.Plain != "" {
			return 0, odd
		}
		if u := unitOf(s); u != "" {
			return 0, fmt.Errorf("%q is no unit of time in %s: ns, us, ms, s, m, h", u, quote.Text(s))
		}
		return 0, fmt.Errorf("%q is no time", s)
	}
	if sign {
		bare = "-" + bare
	}
	d, err := time.ParseDuration(bare)
	if err != nil { // too long for 64 bits
		return 0, fmt.Errorf("%q is no time that can be counted", s)
	}
	// 0.4ns would be none. A product of two floats may miss a whole number by little.
	if v, err := scaled(s, times); err == nil && (math.Abs(v-math.Round(v)) > 1e-3 || v != 0 && d == 0) {
		return 0, fmt.Errorf("%s is no whole number of nanoseconds", s)
	}
	return d, nil
}
