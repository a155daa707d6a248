// Package scenes holds the built-in scenes of `watch`, one YAML file each. Adding one is adding a file.
package scenes

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"socketbench/experiments/watch"
	"socketbench/servers/suggest"
)

//go:embed *.yaml
var files embed.FS

// teaching lists the scenes in the order in which they are best watched; others follow by name.
var teaching = []string{
	"in-turn", "silent", "five-clients", "cut-off", "slow-handler", "starvation", "sticky", "half-close", "empty-send", "vanish", "datagrams",
}

// Names returns the scenes in teaching order.
func Names() []string {
	found, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil // the pattern is constant and right
	}
	for i, f := range found {
		found[i] = strings.TrimSuffix(f, ".yaml")
	}
	rank := func(name string) int {
		if i := slices.Index(teaching, name); i >= 0 {
			return i
		}
		return len(teaching)
	}
	slices.SortStableFunc(found, func(a, b string) int { return rank(a) - rank(b) })
	return found
}

// Get parses a built-in scene, or the file at a path that ends in .yaml or .yml.
func Get(name string) (watch.Scene, error) {
	if ext := path.Ext(name); ext == ".yaml" || ext == ".yml" {
		return watch.ReadFile(name)
	}
	src, err := Source(name)
	if err != nil {
		return watch.Scene{}, err
	}
	return watch.Parse(name+".yaml", src)
}

// Source is the file of a built-in scene, with its comments.
func Source(name string) ([]byte, error) {
	src, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("scenes: no scene %q%s (socketbench list scenes)", name, suggest.DidYouMean(name, Names()))
	}
	return src, nil
}
