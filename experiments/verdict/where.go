package verdict

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// words are how the fields of a cell are said. %s is the value, s its plural.
var words = map[string]string{
	"load.mute":        "%s silent client%p",
	"load.idle":        "%s idle client%p",
	"load.slowwriter":  "%s slow writer%p",
	"load.slowreader":  "%s slow reader%p",
	"load.bulk":        "%s bulk client%p",
	"load.churn":       "%s churning client%p",
	"load.reset":       "%s resetting client%p",
	"load.connections": "%s connection%p",
	"load.pipeline":    "%s outstanding",
	"load.requests":    "%s request%p a session",
	"load.rate":        "%s/s offered",
	"load.burst.peak":  "bursts of %s/s",
	"load.size":        "%s byte%p",
	"load.think":       "%s of thinking",
	"config.workers":   "%s worker%p",
	"config.wait":      "%s of waiting",
	"config.slots":     "%s slot%p",
	"config.cpu":       "%s turns of work",
	"config.framing":   "%s framing",
	"load.arrivals":    "%s arrivals",
	"placement":        "placement %s",
	"transport":        "over %s",
	"gomaxprocs":       "GOMAXPROCS %s",
}

// disturbers are the clients beside the measured ones; none of them is "alone".
var disturbers = []string{"load.mute", "load.idle", "load.slowwriter", "load.slowreader", "load.bulk", "load.churn", "load.reset"}

// Where says in words what a cell varies beside its server: "64 bytes, beside 8 silent clients". It is "" where
// nothing is varied.
func Where(c result.Cell) string {
	var beside, rest []string
	alone := false
	for _, f := range slices.Sorted(maps.Keys(c)) {
		phrase := say(f, c[f])
		switch {
		case f == "server":
		case !slices.Contains(disturbers, f):
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
	form, ok := words[name]
	if !ok {
		return name
	}
	return strings.TrimSpace(strings.NewReplacer("%s", "", "%p", "s").Replace(form))
}

func say(field string, value any) string {
	if field == "load.requests" && fmt.Sprint(value) == "0" {
		return "sessions without end"
	}
	written := valueText(field, value)
	form, ok := words[field]
	if !ok {
		return field + " " + written
	}
	plural := "s"
	if written == "1" {
		plural = ""
	}
	return strings.NewReplacer("%s", written, "%p", plural).Replace(form)
}

// valueText writes the value of a field. Times are stored as Go writes them, or in ns.
func valueText(field string, value any) string {
	n, ok := Number(value)
	switch {
	case !ok:
		return fmt.Sprint(value)
	case field == "config.wait" || field == "load.think":
		return time.Duration(n).String()
	}
	return unit.Tick("count", n)
}

// Number returns the value of a field that is one, a time in ns.
func Number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case string:
		if d, err := time.ParseDuration(v); err == nil {
			return float64(d), true
		}
	}
	return 0, false
}

// place is [Where] as it follows the name of a server: " beside 8 silent clients", " with 64 bytes".
func place(c result.Cell) string {
	where := Where(c)
	for _, follows := range []string{"beside ", "alone", "over "} {
		if strings.HasPrefix(where, follows) {
			return " " + where
		}
	}
	if where == "" {
		return ""
	}
	return " with " + where
}
