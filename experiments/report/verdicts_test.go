package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/verdict"
)

// A reader who sees that something was not askable is told why, once.
func TestANoteSaysWhyNothingWasAsked(t *testing.T) {
	one := verdict.Comparison{Word: verdict.NotAsked, Why: "the server had one CPU"}
	row := func(word string) []cell { return []cell{plain("epoll"), plain("alone"), plain(word)} }
	long := table{Rows: [][]cell{row("– not askable here"), row("▼ slower"), row("– not askable here")}}
	note := signs(long, []verdict.Family{{Comparisons: []verdict.Comparison{one, {Word: verdict.Slower}}}, {Comparisons: []verdict.Comparison{one}}})
	require.Equal(t, "– not askable here, ▼ slower. Not askable here: the server had one CPU.", note)
}
