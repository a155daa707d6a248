package cmd

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
)

// repeat is the command that measures the same again.
func (a *app) repeat(args []string, f runFlags) []string {
	if f.fit != nil {
		return append(slices.Clone(f.fit), "--seed", strconv.FormatUint(f.seed, 10))
	}
	c := append([]string{"socketbench", "run"}, args...)
	for _, name := range a.commands.Names() {
		c = append(c, "--name", name+"="+a.commands[name])
	}
	c = append(c, "--seed", strconv.FormatUint(f.seed, 10))
	if f.blocks > 0 {
		c = append(c, "--blocks", strconv.Itoa(f.blocks))
	}
	if f.duration != "" {
		c = append(c, "--duration", f.duration)
	}
	if f.placement != "" {
		c = append(c, "--placement", f.placement)
	}
	if f.rates != "" {
		c = append(c, "--rates", f.rates)
	}
	c = append(c, f.places()...)
	for _, text := range f.sets {
		c = append(c, "--set", text)
	}
	for _, text := range f.require {
		c = append(c, "--require", text)
	}
	if f.headroom {
		c = append(c, "--headroom")
	}
	if len(f.servers) > 0 {
		var list strings.Builder // as the flag reads it: a name with a comma is quoted
		w := csv.NewWriter(&list)
		w.Write(f.servers)
		w.Flush()
		c = append(c, "--servers", strings.TrimSpace(list.String()))
	}
	return c
}
