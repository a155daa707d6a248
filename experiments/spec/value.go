package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"socketbench/servers"
)

// canonical turns a value as written into the one form in which it is compared, stored and printed: an
// int, a float64, a string or a bool.
func (f field) canonical(v any) (any, error) {
	wrong := func() (any, error) {
		return nil, fmt.Errorf("%s wants %s; %s is %s", f.path, f.allowed(), show(v), sort(v))
	}
	s, isText := v.(string)
	switch f.kind {
	case text:
		if !isText {
			return wrong()
		}
		return s, nil
	case word:
		if !isText {
			return wrong()
		}
		for _, w := range f.words {
			if w == s {
				return s, nil
			}
		}
		return nil, fmt.Errorf("%s is no %s%s; allowed: %s", show(v), last(f.path), servers.DidYouMean(s, f.words), strings.Join(f.words, ", "))
	case truth:
		if _, ok := v.(bool); !ok {
			return wrong()
		}
		return v, nil
	case duration:
		if !isText {
			if n, ok := asNumber(v); ok && n == 0 {
				return "0s", nil
			}
			if _, ok := asNumber(v); ok {
				return nil, fmt.Errorf("%s is a number without a unit; %s wants %s", show(v), f.path, f.allowed())
			}
			return wrong()
		}
		d, err := time.ParseDuration(s)
		if err != nil {
			return nil, fmt.Errorf("%s is no time; %s wants %s", show(v), f.path, f.allowed())
		}
		if f.outside(float64(d)) {
			return nil, fmt.Errorf("%s is out of range; %s wants %s", show(v), f.path, f.allowed())
		}
		return d.String(), nil
	}
	n, ok := asNumber(v)
	if !ok && isText {
		n, ok = suffixed(s, f.kind)
	}
	if !ok {
		return wrong()
	}
	if f.outside(n) {
		return nil, fmt.Errorf("%s is out of range; %s wants %s", show(v), f.path, f.allowed())
	}
	if f.kind == rate && n != math.Trunc(n) {
		return n, nil
	}
	if n != math.Trunc(n) {
		return wrong()
	}
	return int(n), nil
}

func (f field) outside(n float64) bool {
	return math.IsNaN(n) || (f.min != 0 || f.max != 0) && (n < f.min || n > f.max)
}

// show prints a value as it would stand in a file.
func show(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}

// sort names what kind of value v is.
func sort(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "a truth value"
	case []any:
		return "a list"
	case map[string]any:
		return "a block of fields"
	}
	return "a number"
}

func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

var suffixes = map[kind][]struct {
	name   string
	factor float64
}{
	size: {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}},
	rate: {{"k", 1e3}, {"M", 1e6}},
}

// suffixed reads numbers such as 16KiB and 10k.
func suffixed(s string, k kind) (float64, bool) {
	factor := 1.0
	for _, u := range suffixes[k] {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			s, factor = strings.TrimSpace(digits), u.factor
			break
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n * factor, err == nil
}

// scalar reads a command line's word as YAML would.
func scalar(s string) any {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(s); err == nil {
		return b
	}
	return s
}
