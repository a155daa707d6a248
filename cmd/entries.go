package cmd

import (
	"fmt"
	"regexp"
	"slices"

	"socketbench/experiments/catalog"
	"socketbench/experiments/scenes"
	"socketbench/servers"
)

// entryName is what a server may be called: a word that a command line, a file and a table show as it is.
var entryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// addEntries returns the registry with an author's servers behind those that it has. Each name must be one that the
// commands can tell from all other things that they are given.
func addEntries(registry servers.Registry, extra []servers.Entry) (servers.Registry, error) {
	all := slices.Clone(registry)
	for i, e := range extra {
		refused := func(why string) (servers.Registry, error) {
			return nil, fmt.Errorf("socketbench: entry %d given to Main, Name: %q: %s; give it another name", i+1, e.Name, why)
		}
		switch {
		case !entryName.MatchString(e.Name):
			return refused("a name is letters, digits and . _ + -, and begins with a letter or a digit")
		case e.Name == "all":
			return refused("all means every server")
		case slices.Contains(all.Names(), e.Name):
			return refused("there is a server of this name")
		case slices.Contains(catalog.Names(), e.Name):
			return refused("there is an experiment of this name")
		case slices.Contains(scenes.Names(), e.Name):
			return refused("there is a scene of this name")
		case e.New == nil:
			return nil, fmt.Errorf("socketbench: entry %d given to Main, Name: %q: New is nil; it is what makes the server", i+1, e.Name)
		}
		all = append(all, e)
	}
	return all, nil
}
