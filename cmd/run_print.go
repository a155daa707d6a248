package cmd

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"socketbench/experiments/catalog"
	"socketbench/servers/suggest"
)

// experimentText is the text of an experiment of the catalogue, or of a file.
func experimentText(name string) ([]byte, error) {
	if catalog.Has(name) {
		return catalog.Source(name)
	}
	return os.ReadFile(name)
}

// printExperiment writes one experiment as a file: as it stands, with its comments, or as the flags have changed it.
func (a *app) printExperiment(args []string, f runFlags) error {
	if len(args) == 0 {
		args = []string{"quick"}
	}
	if len(args) > 1 {
		return fmt.Errorf("run: --print writes one experiment; name one of %s", strings.Join(args, ", "))
	}
	e, known, err := a.experiment(args[0], f.set...)
	switch {
	case err != nil:
		return err
	case !known:
		return fmt.Errorf("run: --print: %q is neither an experiment nor a .yaml file%s (socketbench list experiments)",
			args[0], suggest.DidYouMean(args[0], catalog.Names()))
	}
	changed, err := a.adjusted(e, f.servers, f)
	if err == nil {
		err = a.allUsed("run", changed.Servers)
	}
	if err != nil {
		return err
	}
	text := changed.YAML()
	if len(f.set) == 0 && bytes.Equal(text, e.YAML()) { // no flag changes it
		text, err = experimentText(args[0])
	}
	if err == nil {
		_, err = a.stdout.Write(text)
	}
	return err
}
