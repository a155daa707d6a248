package findings

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"socketbench/experiments/catalog"
	"socketbench/servers"
)

// essays are the texts whose sentences are checked, in one line each: what a file of servers/ says before its package
// clause, what README says outside code and measured regions, and what an experiment teaches.
func essays(root string) (map[string]string, error) {
	texts := map[string]string{}
	found, err := filepath.Glob(filepath.Join(root, "servers", "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range found {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("findings: %w", err)
		}
		texts["servers/"+filepath.Base(path)] = essay(string(b))
	}
	b, err := os.ReadFile(filepath.Join(root, readmeFile))
	if err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	texts[readmeFile] = prose(string(b))
	for _, name := range catalog.Names() {
		e, err := catalog.Get(name, nil)
		if err != nil {
			return nil, err
		}
		texts["experiments/catalog/"+name+".yaml"] = plain(e.Teaches)
	}
	return texts, nil
}

// essay is the comment at the top of a Go file, without what is indented in it, such as tables.
func essay(source string) string {
	var words []string
	for line := range strings.Lines(source) {
		text, comment := strings.CutPrefix(strings.TrimSpace(line), "//")
		if !comment && strings.TrimSpace(line) != "" {
			break
		}
		if !strings.HasPrefix(text, "\t") {
			words = append(words, text)
		}
		if strings.TrimSpace(text) == "" {
			words = append(words, paragraph)
		}
	}
	return plain(strings.Join(words, " "))
}

// paragraph stands between two paragraphs of a text that is one line.
const paragraph = "¶"

// prose is what a Markdown file says outside code blocks, tables and the regions that are written from summaries.
func prose(markdown string) string {
	for _, region := range []string{"choices", "designs"} {
		head, rest, _ := strings.Cut(markdown, "<!-- "+region+" -->")
		_, tail, _ := strings.Cut(rest, "<!-- /"+region+" -->")
		markdown = head + tail
	}
	var words []string
	code := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			code = !code
			continue
		}
		switch {
		case code, strings.HasPrefix(line, "|"):
		case line == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, "!["):
			words = append(words, paragraph)
		case strings.HasPrefix(line, "- "):
			words = append(words, paragraph, strings.TrimPrefix(line, "- "))
		default:
			words = append(words, line)
		}
	}
	return plain(strings.Join(words, " "))
}

// plain is a text in one line.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// sentences splits a text in one line.
func sentences(text string) (list []string) {
	for part := range strings.SplitSeq(text, paragraph) {
		from := 0
		for _, at := range ends().FindAllStringIndex(part, -1) {
			list = append(list, strings.TrimSpace(part[from:at[0]+1]))
			from = at[0] + 1
		}
		if rest := strings.TrimSpace(part[from:]); rest != "" {
			list = append(list, rest)
		}
	}
	return list
}

// ends matches the end of a sentence, or of a part of one, and the space after it.
var ends = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("[.?!:;] ") })

// measured matches what looks like a measurement or a comparison of two.
var measured = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(twice|thrice|half|(two )?thirds?|quarters?|fifths?|tenth|\w+fold)\b|\d+(\.\d+)? ?(x|%|µs|ns|ms|[KMG]i?B|bytes)(\W|$)|` +
		`\b(micro|milli)seconds?\b|\b(a|one|two|three|four|five|ten|several|hundreds of|many) times\b|` +
		`\b(faster|slower|cheaper|costlier)\b|\bas (fast|slow|cheap|expensive|much|little) as\b|\bas much (CPU|memory)\b|` +
		`\b(more|less|fewer) (CPU|memory|than)\b|\b(costs?|takes?|saves?) (more|less|most|least)\b|\d+ of (every )?\d+\b`)
})

// aDesign matches what says something of a design. Most of README is about the workbench; an essay is about a design
// throughout.
var aDesign = sync.OnceValue(func() *regexp.Regexp {
	names := strings.Join(servers.All().Names(), "|")
	return regexp.MustCompile(`(?i)\b(` + names + `|designs?|servers?|connections?|event loops?|reactors?|workers?|threads?|wake-ups?|comparisons)\b`)
})
