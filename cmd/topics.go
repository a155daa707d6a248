package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"socketbench/experiments"
	"socketbench/experiments/catalog"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/spec"
)

// helpWidth is the columns of a help topic: what every terminal shows.
const helpWidth = 80

// evidenceTopic is the help topic on the words and the rules: the documentation of package experiments.
func (a *app) evidenceTopic() *cobra.Command {
	text, err := experiments.Evidence(helpWidth)
	if err != nil {
		text = err.Error()
	}
	return &cobra.Command{
		Use:   "evidence",
		Short: "explain the terms and the rules: what is measured, and how a verdict is reached",
		Long:  strings.TrimSpace(text),
	}
}

// experimentTopic is the help topic on the experiment file.
func (a *app) experimentTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "experiment",
		Short: "explain the fields of an experiment file",
		Long:  experimentReference(),
	}
}

// example is the built-in experiment that the reference shows.
const example = "backlog"

func experimentReference() string {
	var b strings.Builder
	b.WriteString("An experiment is a YAML file with a question, the servers to measure, the load,\n" +
		"and predictions. `run FILE.yaml` runs it; with --dry-run it only prints the\n" +
		"plan. Numbers are decimal: 2k is 2000, and 1M is 1000000. A size may end in KiB\n" +
		"or MiB, and a time needs a unit, such as 300ms. Only name, question and servers\n" +
		"are required.\n\n" +
		"The built-in experiment " + example + " as such a file:\n\n")
	if text, err := catalog.Source(example); err == nil {
		for line := range strings.Lines(string(text)) {
			b.WriteString("    " + line)
		}
	}
	b.WriteString("\nThese are the fields. Those marked * can be varied (block vary).\n")
	block := ""
	for _, f := range spec.Reference() {
		if parent, _, nested := strings.Cut(f.Path, "."); nested && parent != block || !nested && block != "" {
			b.WriteByte('\n')
			block = map[bool]string{true: parent}[nested]
		}
		mark := " "
		if f.Vary {
			mark = "*"
		}
		b.WriteString("\n" + mark + " " + f.Path + "\n")
		for _, text := range []string{f.About, f.Allowed} {
			for _, line := range wrap.Words(text, helpWidth-6) {
				b.WriteString("      " + line + "\n")
			}
		}
	}
	return strings.TrimSpace(b.String())
}
