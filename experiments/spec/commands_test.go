package spec

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const named = `
name: x
question: q
servers: [goroutine, gnet, "./raw {port}"]
commands: {gnet: "./gnet.bin {port}"}
baseline: gnet
predict:
  - {claim: a, metric: served, of: {server: gnet}, expect: "> 1"}
`

// A name stands for its command wherever a server is named, and both are written back as they were read.
func TestACommandHasAName(t *testing.T) {
	e, err := Parse("x.yaml", []byte(named), registry())
	require.NoError(t, err)
	for server, want := range map[string]string{"gnet": "./gnet.bin {port}", "./raw {port}": "./raw {port}", "goroutine": ""} {
		command, ok := e.Commands.Of(server)
		require.Equal(t, want, command)
		require.Equal(t, want != "", ok)
	}
	require.Equal(t, "gnet", e.Baseline)
	again, err := Parse("again.yaml", e.YAML(), nil)
	require.NoError(t, err, string(e.YAML()))
	require.Equal(t, e, again)

	require.Empty(t, e.WithServers([]string{"goroutine"}).Commands, "whose server is gone is left out")
	require.Equal(t, Commands{"gnet": "./other {port}"}, e.Named(Commands{"gnet": "./other {port}", "evio": "./evio {port}"}).Commands)
	require.Equal(t, "./gnet.bin {port}", e.Commands["gnet"], "and e stays as it was")
}

func TestNamesThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{goroutine: "./x {port}"}`:                `x.yaml:4:12: commands: "goroutine": there is a server of this name; choose another name`,
		`{all: "./x {port}"}`:                      `x.yaml:4:12: commands: "all": all means every server`,
		`{"": "./x {port}"}`:                       "letters, digits",
		`{"a b": "./x {port}"}`:                    "letters, digits",
		`{"a{port}": "./x {port}"}`:                "letters, digits",
		`{a.yaml: "./x {port}"}`:                   "what ends in .yaml is a file",
		`{gnet: "./gnet.bin"}`:                     `x.yaml:4:12: commands: gnet: "./gnet.bin" has no {port}; say where the port goes, such as "./mine {port}"`,
		`{gnet: 9}`:                                "commands.gnet wants a command",
		`{gnet: "./x {port}", evio: "./y {port}"}`: `x.yaml:4:32: "evio" is a command that no server is run by; list evio under servers, or leave it out`,
		`{gnet: "./x {port}", gnet: "./y {port}"}`: "stands twice",
		`[gnet]`:                "commands is a block of fields",
		`{gnett: "./x {port}"}`: "list gnett under servers",
	} {
		servers := "[goroutine, gnet, all, '', 'a b', a.yaml, 'a{port}']"
		_, err := Parse("x.yaml", []byte("name: x\nquestion: q\nservers: "+servers+"\ncommands: "+text+"\n"), registry())
		require.ErrorContains(t, err, want, text)
	}
	_, err := Parse("x.yaml", []byte("name: x\nquestion: q\nservers: [gnett, gnet]\ncommands: {gnet: './x {port}'}\n"), registry())
	require.ErrorContains(t, err, `no server "gnett"; did you mean "gnet"?`)
}

// A file may call its servers by names that the caller knows.
func TestAFileWithNamesOfTheCaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.yaml")
	require.NoError(t, os.WriteFile(path, []byte("name: x\nquestion: q\nservers: [goroutine, mine]\n"), 0o600))
	_, err := ReadFile(path, registry(), nil)
	require.ErrorContains(t, err, `no server "mine"`)
	e, err := ReadFile(path, registry(), Commands{"mine": "./mine {port}"})
	require.NoError(t, err)
	require.NoError(t, e.Named(Commands{"mine": "./mine {port}"}).Check(registry()))
}
