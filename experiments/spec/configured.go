package spec

import (
	"fmt"
	"strings"

	"socketbench/servers"
	"socketbench/servers/config"
)

// Configured says in words what c asks of a server beyond the usual, such as "2 workers, 300ms of waiting"; "" if nothing.
func Configured(c servers.Config) string {
	var words []string
	for _, k := range config.Knobs {
		if k.Changes(c) {
			f, _ := fieldByPath("config." + k.Name)
			v, _ := f.get(Experiment{Config: c})
			words = append(words, Phrase(f.path, fmt.Sprint(v)))
		}
	}
	return strings.Join(words, ", ")
}
