package course

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/scenes"
	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// Every lesson has all of its parts, and each of them exists.
func TestEveryLessonIsWhole(t *testing.T) {
	registry := slices.Concat(servers.All(), foreign.Entries())
	tests := testsOf(t, "../../servers")
	seen := map[string]bool{}
	var missing []string
	for _, l := range Lessons() {
		t.Run(l.Name, func(t *testing.T) {
			require.Regexp(t, regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), l.Name)
			require.False(t, seen[l.Name])
			seen[l.Name] = true
			for _, text := range []Text{l.Title, l.Question, l.Answer} {
				require.NotEmpty(t, text.English)
				require.True(t, strings.ContainsFunc(text.Chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || text.Chinese == "select", text.Chinese)
			}
			require.NotEmpty(t, l.Commands)
			require.Contains(t, tests, l.Test)
			for _, name := range slices.Concat(l.Watch, l.Code, []string{l.Go}) {
				_, err := registry.Lookup(name)
				require.NoError(t, err)
			}
			require.Len(t, l.Code, 2)
			require.NotEmpty(t, l.Watch)
			for part, name := range map[string]string{"scene": l.Scene, "exercise": l.Exercise, "program in Python": l.Python} {
				if name == "" {
					missing = append(missing, l.Name+": "+part)
				}
			}
			if l.Python != "" {
				_, err := registry.Lookup(l.Python)
				require.NoError(t, err)
			}
			if l.Scene != "" {
				scene, err := scenes.Get(l.Scene)
				require.NoError(t, err)
				for _, name := range l.Watch { // which the scene is really played to
					e, err := registry.Lookup(name)
					require.NoError(t, err)
					if e.Command != "" {
						must, _ := spec.Untold(e.Command, scene.Config.Config)
						require.Empty(t, must, "%s cannot be told what scene %s is played with", name, l.Scene)
					}
				}
			}
		})
	}
	slices.Sort(missing)
	require.Empty(t, missing, "what is still to be made")
}

// testsOf lists the tests of the package in a directory.
func testsOf(t *testing.T, dir string) (names []string) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Test") {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
}

func TestAnUnknownFieldIsRefused(t *testing.T) {
	_, err := read([]byte("- {name: x, scenery: y}"))
	require.ErrorContains(t, err, "scenery")
}
