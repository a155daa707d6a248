// Package chinese says in Chinese what a play says in English: the legend and the notes of its picture, how each client fared,
// what a client does, what is asked of it, and the sentence on each server. The English sentences are built elsewhere from what was
// seen, so the table holds patterns, whose places stand for names, numbers and times.
package chinese

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed table.yaml
var tableText []byte

// pattern is a sentence with places. A place such as {n} is named by what stands in it; a digit behind the name tells two of a kind
// apart. "(s)" in the English is an s that may be missing.
type pattern struct {
	English string `yaml:"en"`
	Chinese string `yaml:"zh"`

	whole  *regexp.Regexp
	places []string // in the order of the English
}

// fits is what stands in each kind of place.
var fits = map[string]string{
	"n":      `[0-9][0-9,]*`,
	"t":      `[0-9.]+ ?(?:ns|µs|ms|s)`,
	"quoted": `"(?:[^"\\]|\\.)*"`,
	"name":   `.+?`, // of a client, of a server, or a text of the system: the same in Chinese
	"who":    `.+?`, // a series of names
	"rest":   `.+?`, // is translated too
}

// write is what stands in a place, in Chinese.
func write(kind, english string) (chinese string, ok bool) {
	switch kind {
	case "t":
		return units.Replace(english), true
	case "who":
		return series(english), true
	case "rest":
		return Of(english)
	}
	return english, true
}

var place = regexp.MustCompile(`\\\{([a-z]+)[0-9]*\\\}`)

// table reads the patterns, of which the first that fits counts.
var table = sync.OnceValue(func() (list []pattern) {
	if err := yaml.UnmarshalWithOptions(tableText, &list, yaml.Strict()); err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	for i := range list {
		p := &list[i]
		text := strings.ReplaceAll(regexp.QuoteMeta(p.English), `\(s\)`, "s?")
		for _, m := range place.FindAllStringSubmatch(text, -1) {
			p.places = append(p.places, m[0])
			text = strings.Replace(text, m[0], "("+fits[m[1]]+")", 1)
		}
		p.whole = regexp.MustCompile("^" + text + "$")
	}
	return list
})

// Of is a word or a sentence of a play in Chinese. ok is false if the table lacks a part of it, which stays English then. Parts
// that "; " or ", " divides are translated one by one.
func Of(english string) (chinese string, ok bool) {
	if english == "" {
		return "", true
	}
	for _, p := range table() {
		if chinese, ok := p.of(english); ok {
			return chinese, true
		}
	}
	for _, between := range []struct{ english, chinese string }{{"; ", "；"}, {", ", "，"}} {
		parts := split(english, between.english)
		if len(parts) == 1 {
			continue
		}
		ok := true
		for i, part := range parts {
			chinese, known := Of(part)
			parts[i], ok = chinese, ok && known
		}
		return strings.Join(parts, between.chinese), ok
	}
	return english, false
}

// of fills the pattern's Chinese with what stands in the places of the English.
func (p pattern) of(english string) (chinese string, ok bool) {
	found := p.whole.FindStringSubmatch(english)
	if found == nil {
		return "", false
	}
	chinese = p.Chinese
	for i, name := range p.places {
		plain := strings.NewReplacer(`\{`, "{", `\}`, "}").Replace(name)
		text, ok := write(place.FindStringSubmatch(name)[1], found[i+1])
		if !ok {
			return "", false
		}
		chinese = strings.Replace(chinese, plain, text, 1)
	}
	return chinese, true
}

// split divides a text at a separator, but not within quotation marks or brackets.
func split(text, separator string) (parts []string) {
	from, quoted, depth := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], separator):
			parts = append(parts, text[from:i])
			from = i + len(separator)
		}
	}
	return append(parts, text[from:])
}

var units = strings.NewReplacer("ns", " 纳秒", "µs", " 微秒", "ms", " 毫秒", "s", " 秒", " ", "")

// series writes "ann, bob and cho".
func series(english string) string {
	i := strings.LastIndex(english, " and ")
	if i < 0 {
		return english
	}
	return fmt.Sprintf("%s 和 %s", strings.ReplaceAll(english[:i], ", ", "、"), english[i+len(" and "):])
}
