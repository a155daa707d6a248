package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
	"socketbench/experiments/yamlfile"
	"socketbench/servers/suggest"
)

// canonical turns a value as written into the one form in which it is compared, stored and printed: an
// int, a float64, a Span, a string or a bool.
func (f field) canonical(v any) (any, error) {
	wrong := func() (any, error) {
		return nil, fmt.Errorf("%s wants %s; %s", f.path, f.allowed(), instead(v))
	}
	s, isText := v.(string)
	switch f.kind {
	case text:
		if !isText {
			_, err := wrong()
			return nil, fmt.Errorf("%w; text that looks like that stands in quotes", err)
		}
		return s, nil
	case quoted:
		if s == "" {
			return wrong()
		}
		return s, nil
	case word:
		if !isText {
			return wrong()
		}
		if slices.Contains(f.words, s) {
			return s, nil
		}
		return nil, fmt.Errorf("%s is no %s%s; allowed: %s", show(v), last(f.path), suggest.DidYouMean(s, f.words), strings.Join(f.words, ", "))
	case truth:
		if _, ok := v.(bool); ok {
			return v, nil
		}
		return wrong()
	}
	written, isNumber := v.(yamlfile.Digits)
	if isText {
		written = yamlfile.Digits(s)
	} else if !isNumber {
		return wrong()
	}
	if f.kind == duration {
		d, err := unit.ParseTime(string(written))
		if err != nil {
			return nil, fmt.Errorf("%w; %s wants %s", err, f.path, f.allowed())
		}
		if f.outside(float64(d)) {
			return nil, f.outOfRange(v)
		}
		return Span(d), nil
	}
	n, err := map[kind]func(string) (float64, error){count: unit.ParseCount, size: unit.ParseSize, rate: unit.ParseRate, share: unit.ParseShare}[f.kind](string(written))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w; %s wants %s", err, f.path, f.allowed())
	case f.outside(n):
		return nil, f.outOfRange(v)
	case n != math.Trunc(n):
		return n, nil
	}
	return int(n), nil
}

func (f field) outOfRange(v any) error {
	return fmt.Errorf("%s is out of range; %s wants %s", show(v), f.path, f.allowed())
}

func (f field) outside(n float64) bool {
	return math.IsNaN(n) || (f.min != 0 || f.max != 0) && (n < f.min || n > f.max)
}

// instead says what stands in the place of what was wanted. Of a list and of a block only the kind is known.
func instead(v any) string {
	switch v.(type) {
	case nil, []any, map[string]any:
		return "this is " + yamlfile.KindOf(v)
	}
	return show(v) + " is " + yamlfile.KindOf(v)
}

// show prints a value as it would stand in a file.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case Span:
		return `"` + v.String() + `"`
	case string:
		return `"` + quote.Text(v) + `"`
	}
	return fmt.Sprint(v)
}
