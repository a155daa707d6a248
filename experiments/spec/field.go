package spec

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/servers/upper"
)

// kind says how a field is written.
type kind int

const (
	count    kind = iota // a whole number
	rate                 // requests/s: a number, or with k or M
	share                // of what a server carries: a number, or a percentage
	size                 // bytes: a number, or with KiB or MiB
	duration             // a time with its unit
	word                 // one of a few
	truth                // true or false
	text                 // a sentence or a name; what stands before it is one of a few words or figures, and can be varied
	names                // a list of text
	commands             // names, and what each stands for
	factors              // fields and lists of values
	quoted               // bytes, as text in double quotes
	needs                // resources and their bounds
	claims               // a list of predictions
	cell                 // of a prediction: a server, and values of varied fields
)

// field describes one field of the file: the only place that knows what it may be. Parsing, writing, the cross product,
// flags, the reference and the schema for editors all follow this table.
type field struct {
	path     string
	kind     kind
	min, max float64 // of numbers; of durations in ns; both 0: any
	words    []string
	clients  bool   // counts clients, each with a connection
	once     bool   // has one value in an experiment, and cannot be varied
	label    string // how a report says it, see config.Knob
	about    string
	wants    string // what may be written, where the kind does not say it
	usual    string // the default in words; "": none, or about says it
	instead  string // the field that says the same thing in another unit, and cannot be given beside this one

	at func(*Experiment) any // where it is kept; nil: in the Go field whose yaml tag is the path
}

func fieldByPath(path string) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.path == path })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// varied lists the fields that may stand under vary.
func varied() (paths []string) {
	for _, f := range fields {
		if !f.once {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// Disturbers lists the fields that count clients beside those that are measured.
func Disturbers() (paths []string) {
	for _, f := range fields {
		if f.clients && f.path != "load.connections" {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// Phrase says a field with a value, which is written already: "8 idle clients". A field that no report varies is said as
// it stands in the file.
func Phrase(path, value string) string {
	f, _ := fieldByPath(path)
	plural := "s"
	if value == "1" {
		plural = ""
	}
	return strings.NewReplacer("%s", value, "%p", plural).Replace(cmp.Or(f.label, path+" %s"))
}

// allowed says in words what may be written.
func (f field) allowed() string {
	if f.wants != "" {
		return f.wants
	}
	switch f.kind {
	case word:
		return "one of " + strings.Join(f.words, ", ")
	case truth:
		return "true or false"
	case duration:
		return fmt.Sprintf("a time with its unit from %v to %v, such as 300ms or 2s", time.Duration(f.min), time.Duration(f.max))
	case size:
		return "bytes from " + number(f.min) + " to " + number(f.max) + ", such as 64, 16KiB or 1MiB"
	case rate:
		return "requests/s from " + number(f.min) + " to " + number(f.max) + ", such as 4000 or 10k"
	case share:
		return "a share from " + number(f.min) + " to " + number(f.max) + ", such as 0.5 or 50%"
	case count:
		return "a whole number from " + number(f.min) + " to " + number(f.max)
	case quoted:
		return `text in double quotes, such as "PING\r\n"`
	case names:
		return "a list, such as [a, b]" + map[bool]string{true: ", of " + strings.Join(f.words, ", ")}[len(f.words) > 0]
	case commands:
		return `names and commands, such as {mine: "./mine {port}"}`
	case needs:
		return `resources and bounds, such as server_cpus: ">=2"; resources are ` + strings.Join(Resources, ", ")
	case cell:
		return "a cell: {server: NAME, FIELD: VALUE}"
	case factors:
		return "a field and a list of values, line by line"
	case claims:
		return "a list of claims, each with the fields below"
	}
	return "text"
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// target is where the value of a field is kept, as a pointer.
func (f field) target(e *Experiment) any {
	if f.at != nil {
		return f.at(e)
	}
	v := reflect.ValueOf(e).Elem()
	for name := range strings.SplitSeq(f.path, ".") {
		i := 0
		for v.Type().Field(i).Tag.Get("yaml") != name {
			i++
		}
		v = v.Field(i)
	}
	return v.Addr().Interface()
}

// put stores a canonical value where at points.
func put(at, value any) {
	switch p := at.(type) {
	case *upper.Framing:
		*p, _ = upper.ParseFraming(value.(string)) // canonical knows the word
	case **bool:
		b := value.(bool)
		*p = &b
	default:
		v := reflect.ValueOf(at).Elem()
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
	}
}

// get returns the canonical value that at points to, and whether it is other than zero.
func get(at any) (value any, set bool) {
	switch p := at.(type) {
	case *time.Duration:
		return Span(*p), *p != 0
	case *upper.Framing:
		return p.String(), *p != upper.Raw
	case *[]byte:
		return string(*p), len(*p) > 0
	case *Needs:
		return *p, len(*p) > 0
	case **bool:
		return *p != nil && **p, *p != nil
	case *float64:
		if *p == math.Trunc(*p) {
			return int(*p), *p != 0
		}
		return *p, true
	}
	v := reflect.ValueOf(at).Elem()
	return v.Interface(), !v.IsZero()
}

// get is the value of the field in e, and whether it is set.
func (f field) get(e Experiment) (value any, set bool) {
	if e.Load.Conversation == nil && strings.HasPrefix(f.path, "conversation.") {
		return nil, false
	}
	return get(f.target(&e))
}

// Apply returns e with one varied field set to one of its values, as plan makes cells.
func (e Experiment) Apply(path string, value any) Experiment {
	if f, ok := fieldByPath(path); ok {
		put(f.target(&e), value)
	}
	e.Load.Framing = e.Config.Protocol.Framing
	return e
}
