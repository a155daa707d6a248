// Package chinese says in Chinese what the pages of the book say in English: the questions of the scenes, the exercises, what was
// measured, what stands around the code of a design, and what a play says: its legend and notes, how each client fared, what a
// client does, what is asked of it, and the sentence on each server. Sentences that are built from what was seen have patterns,
// whose places stand for names, numbers and times.
package chinese

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

var (
	//go:embed sentences.yaml
	sentencesText []byte
	//go:embed facts.yaml
	factsText []byte
	//go:embed plays.yaml
	playsText []byte
)

// pattern is a sentence with places. A place such as {n} is named by what stands in it; a digit behind the name tells two of a kind
// apart. "[s]" in the English is an s that may be missing.
type pattern struct {
	English string `yaml:"en"`
	Chinese string `yaml:"zh"`

	whole  *regexp.Regexp
	places []string // in the order of the English
}

// fits is what stands in each kind of place.
var fits = map[string]string{
	"n":       `[0-9][0-9,]*`,
	"t":       `[0-9.]+ ?(?:ns|µs|ms|s)`,
	"sizes":   `[0-9]+(?:, (?:[0-9]+|\.\.\.))*`,
	"numbers": `[0-9]+(?:(?:, | and | to )[0-9]+)*`,
	"figure":  `[0-9≥≤–][0-9.,≥≤– x%()KMGiBµnms/-]*`, // with its interval
	"quoted":  `"(?:[^"\\]|\\.)*"`,
	"name":    `[^,;]+?`,                 // of a client, of a server, or a text of the system: the same in Chinese
	"who":     `[^;]+?`,                  // a series of names
	"file":    `[\w./-]+(?:, [\w./-]+)*`, // one or several
	"rest":    `.+?`,                     // is translated too
}

// write is what stands in a place, in Chinese.
func write(kind, english string) (chinese string, ok bool) {
	switch kind {
	case "t":
		return units.Replace(english), true
	case "who", "sizes", "file":
		return series(english), true
	case "numbers":
		return strings.ReplaceAll(series(english), " to ", " 到 "), true
	case "rest":
		return Of(english)
	}
	return english, true
}

var place = regexp.MustCompile(`\\\{([a-z]+)[0-9]*\\\}`)

// table reads the patterns, of which the first that fits counts.
var table = sync.OnceValue(func() (list []pattern) {
	for _, text := range [][]byte{sentencesText, factsText, playsText} {
		var part []pattern
		if err := yaml.UnmarshalWithOptions(text, &part, yaml.Strict()); err != nil {
			panic(err) // the file is part of the program, and a test reads it
		}
		list = append(list, part...)
	}
	for i := range list {
		p := &list[i]
		text := strings.ReplaceAll(regexp.QuoteMeta(p.English), `\[s\]`, "s?")
		for _, m := range place.FindAllStringSubmatch(text, -1) {
			p.places = append(p.places, m[0])
			text = strings.Replace(text, m[0], "("+fits[m[1]]+")", 1)
		}
		p.whole = regexp.MustCompile("^" + text + "$")
	}
	return list
})

// Of is a word or a sentence in Chinese. ok is false if the table lacks a part of it, which stays English then. Parts
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
		return strings.ReplaceAll(english, ", ", "、")
	}
	return fmt.Sprintf("%s 和 %s", strings.ReplaceAll(english[:i], ", ", "、"), english[i+len(" and "):])
}
