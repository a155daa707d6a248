package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/spec"
	"socketbench/servers"
)

// foreigners are a design in Go and two that are run by a command: one is told of waits, one of nothing.
var foreigners = append(designs("goroutine"),
	servers.Entry{Name: "told", Command: "t {port} {wait} {slots}", Launch: func(string) (string, error) { return "", nil }},
	servers.Entry{Name: "rigid", Command: "d {port}", Launch: func(string) (string, error) { return "", nil }})

func planned(t *testing.T, text string) Plan {
	t.Helper()
	e, err := spec.Parse("t.yaml", []byte("name: t\nquestion: q?\n"+text), foreigners)
	require.NoError(t, err)
	p, err := New(e, 1, foreigners)
	require.NoError(t, err)
	return p
}

func unasked(p Plan) map[string]string {
	why := map[string]string{}
	for _, u := range p.Unasked {
		why[u.Cell.Server()] = u.Why
	}
	return why
}

func TestWhatCannotBeToldIsNotAsked(t *testing.T) {
	p := planned(t, `servers: [goroutine, told, rigid, "a {port}", "b {port} {wait_duration} {slots}"]`+"\nconfig: {wait: 10ms, slots: 20}\n")
	require.Equal(t, map[string]string{
		"rigid":    "rigid cannot be told wait: 10ms and slots: 20",
		"a {port}": "the command is not told wait: 10ms and slots: 20; put {wait} and {slots} in it",
	}, unasked(p))
	require.Len(t, p.Cells, 3)

	p = planned(t, "servers: [goroutine, told]\nvary: {config.cpu: [0, 100]}\n")
	require.Equal(t, map[string]string{"told": "told cannot be told cpu: 100"}, unasked(p))
	require.Len(t, p.Cells, 3)

	p = planned(t, "servers: [goroutine, 'a {port}']\ntransport: unix\n")
	require.Contains(t, unasked(p)["a {port}"], "unix socket")
}

// A server without a pool is not changed by the size of one, unless the cells are told apart by it.
func TestWhatAServerNeedNotHaveIsSaidAndAsked(t *testing.T) {
	p := planned(t, "servers: [goroutine, 'a {port}']\nconfig: {workers: 64}\nvary: {load.idle: [0, 5]}\n")
	require.Empty(t, p.Unasked)
	require.Equal(t, []string{"a {port} with workers: 64: it is not told"}, p.Untold)

	p = planned(t, "servers: [goroutine, 'a {port}']\nvary: {config.workers: [2, 64]}\n")
	require.Len(t, p.Unasked, 2)
	require.Empty(t, p.Untold)
}

// A command that has a name is asked as it would be without: the name is a label.
func TestANamedCommandIsAskedAsWithoutAName(t *testing.T) {
	p := planned(t, `servers: [goroutine, a, b]`+"\ncommands: {a: 'a {port}', b: 'b {port} {wait} {slots}'}\nconfig: {wait: 10ms, slots: 20}\n")
	require.Equal(t, map[string]string{"a": "the command is not told wait: 10ms and slots: 20; put {wait} and {slots} in it"}, unasked(p))
	require.Equal(t, []string{"", "b {port} {wait} {slots}"}, []string{p.Cells[0].Command, p.Cells[1].Command})
	require.Equal(t, "b", p.Cells[1].ID.Server())
	other := planned(t, `servers: [goroutine, a, b]`+"\ncommands: {a: 'a {port}', b: 'c {port} {wait} {slots}'}\nconfig: {wait: 10ms, slots: 20}\n")
	require.NotEqual(t, p.Hash, other.Hash, "a run of another command is not resumed")
}
