package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// Every format says what a utilization came to.
func TestEveryFormatSaysTheLoadInForce(t *testing.T) {
	in := small(t)
	in.Run.Manifest.Spec = strings.Replace(in.Run.Manifest.Spec, "connections: 16", "utilization: 0.5, connections: 16", 1)
	in.Run.Manifest.Capacities = []result.Capacity{{Cell: result.Cell{"server": "goroutine", "load.mute": 8}, Connections: 16, Rate: 182_000}}
	in.Run.Manifest.Loads = []result.Frozen{{Condition: result.Cell{"load.mute": 8}, Utilization: 0.5, Rate: 91_000}}
	var err error
	in.Analysis, err = verdict.Judge(in.Run)
	require.NoError(t, err)
	const said = "goroutine carries 182,000/s here with 16 connections beside 8 silent clients; utilization 0.5 is 91,000/s."
	write := func(format string) string {
		var b bytes.Buffer
		require.NoError(t, Write(format, &b, in))
		return b.String()
	}
	in.Width = 200
	for _, format := range []string{"text", "md", "html"} {
		require.Contains(t, write(format), said, format)
	}
	require.Contains(t, write("text"), "\nat the same rates: with --rates testdata/quick\n")

	var doc reportJSON
	require.NoError(t, json.Unmarshal([]byte(write("json")), &doc))
	require.Equal(t, 91_000.0, doc.Loads[0].Rate)
	require.Equal(t, 182_000.0, doc.Capacities[0].Rate)

	rows, err := csv.NewReader(strings.NewReader(write("csv"))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"load.mute", "load.rate", "label"}, rows[0][2:5])
	require.Equal(t, []string{"8", "91000"}, rows[1][2:4])
}

// A load that is the same under all conditions is no part of their names.
func TestALoadThatDoesNotVaryIsSaidOnce(t *testing.T) {
	cells := []verdict.Cell{
		{ID: result.Cell{"server": "goroutine", "load.mute": 0}, InForce: "91,000/s"},
		{ID: result.Cell{"server": "goroutine", "load.mute": 8}, InForce: "91,000/s"},
	}
	require.Equal(t, "beside 8 silent clients", newGrid(cells, nil).conditions[1].Label)
	cells[1].InForce = "45,000/s"
	require.Equal(t, "beside 8 silent clients, 45,000/s", newGrid(cells, nil).conditions[1].Label)
}
