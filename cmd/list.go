package cmd

import (
	"encoding/json"
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"socketbench/experiments/catalog"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/scenes"
	"socketbench/patterns"
	"socketbench/servers"
	"socketbench/servers/servertest"
)

// listed is an entry of a list. Its JSON is for other programs.
type listed struct {
	Name   string          `json:"name"`
	Kind   string          `json:"kind,omitempty"` // a server's family, or an exercise's number
	About  string          `json:"about"`
	After  string          `json:"after,omitempty"`  // a server: the design to read before it
	Needs  string          `json:"needs,omitempty"`  // a server that cannot run here: what it lacks
	Traits *servers.Traits `json:"traits,omitempty"` // a server's promises and needs
}

func (a *app) list() *cobra.Command {
	lists := []struct {
		what string
		list func() ([]listed, error)
	}{
		{"servers", a.listServers},
		{"experiments", a.listExperiments},
		{"scenes", listScenes},
		{"patterns", listPatterns},
		{"cases", listCases},
		{"exercises", listExercises},
	}
	var asJSON bool
	c := &cobra.Command{
		Short:   "list servers, experiments, scenes, patterns, cases and exercises",
		Example: "  socketbench list\n  socketbench list cases",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			args = append(args, lists[0].what)
			for _, l := range lists {
				if l.what != args[0] {
					continue
				}
				rows, err := l.list()
				if err != nil {
					return err
				}
				return writeList(a.stdout, rows, asJSON)
			}
			return nil // what is in no list has been refused
		},
	}
	for _, l := range lists {
		c.ValidArgs = append(c.ValidArgs, l.what)
	}
	c.Use = "list [" + strings.Join(c.ValidArgs, "|") + "]"
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func writeList(w io.Writer, rows []listed, asJSON bool) error {
	if asJSON {
		j := json.NewEncoder(w)
		j.SetIndent("", "  ")
		return j.Encode(rows)
	}
	columns, _ := terminal(w)
	return writeRows(w, rows, columns)
}

// writeRows aligns rows. If columns is above 0, the description of a row is wrapped beside its name.
func writeRows(w io.Writer, rows []listed, columns int) error {
	name, kind := 0, 0
	for _, r := range rows {
		name, kind = max(name, wrap.Width(r.Name)+2), max(kind, wrap.Width(r.Kind)+2)
	}
	if rows[0].Kind == "" {
		kind = 0
	}
	for _, r := range rows {
		about := r.About
		if r.Needs != "" {
			about += " (it " + r.Needs + ")"
		}
		if room := columns - name - kind; room >= narrowest {
			about = lipgloss.NewStyle().Width(room).Render(about)
		}
		lead := wrap.Pad(r.Name, name) + wrap.Pad(r.Kind, kind)
		if _, err := fmt.Fprintln(w, trimmed(lipgloss.JoinHorizontal(lipgloss.Top, lead, about))); err != nil {
			return err
		}
	}
	return nil
}

// narrowest is the least width of folded text that can be read.
const narrowest = 20

func (a *app) listServers() (rows []listed, err error) {
	for _, e := range a.registry {
		row := listed{Name: e.Name, Kind: e.Family, About: e.Idea, After: e.After, Traits: &e.Traits}
		if !e.Available() {
			row.Needs = e.Missing()
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (a *app) listExperiments() (rows []listed, err error) {
	for _, name := range catalog.Names() {
		e, err := catalog.Get(name, a.registry)
		if err != nil {
			return nil, err
		}
		rows = append(rows, listed{Name: name, About: e.Question})
	}
	return rows, nil
}

func listScenes() (rows []listed, err error) {
	for _, name := range scenes.Names() {
		s, err := scenes.Get(name)
		if err != nil {
			return nil, err
		}
		rows = append(rows, listed{Name: name, About: s.Question})
	}
	return rows, nil
}

func listCases() (rows []listed, err error) {
	for _, c := range servertest.Cases() {
		rows = append(rows, listed{Name: c.Name, About: c.Why})
	}
	return rows, nil
}

// listPatterns takes the descriptions from the packages' own documentation.
func listPatterns() (rows []listed, err error) {
	files, err := fs.Glob(patterns.Files, "*/*.go")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		src, err := patterns.Files.ReadFile(file)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if f.Doc == nil {
			continue
		}
		rows = append(rows, listed{Name: path.Dir(file), About: new(doc.Package).Synopsis(f.Doc.Text())})
	}
	return rows, nil
}
