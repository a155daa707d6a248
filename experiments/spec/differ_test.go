package spec

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What changes no figure is no difference; what a server is asked or told is one.
func TestDifferingIsWhatAServerIsAsked(t *testing.T) {
	a := Experiment{Name: "a", Question: "q", Blocks: 4, Servers: []string{"epoll"}}.WithDefaults()
	b := a
	b.Name, b.Question, b.Blocks, b.MaxBlocks, b.Servers = "b", "other", 8, 20, []string{"pool"}
	b.Predict = []Prediction{{Claim: "c"}}
	require.Empty(t, Differing(a, b))
	b.Load.Connections, b.Config.Workers, b.Placement, b.Load.Duration = 32, 4, "same", 2*time.Second
	var fields []string
	for _, d := range Differing(a, b) {
		fields = append(fields, d.Field)
	}
	require.ElementsMatch(t, []string{"load.connections", "config.workers", "placement", "load.duration"}, fields)
}

func TestParseCell(t *testing.T) {
	for text, want := range map[string]map[string]any{
		"server=epoll":               {"server": "epoll"},
		"server=epoll, load.rate=1k": {"server": "epoll", "load.rate": 1000},
		"load.idle=10":               {"load.idle": 10},
		"server=./mine -a=1,b {port}, placement=same": {"server": "./mine -a=1,b {port}", "placement": "same"},
	} {
		got, err := ParseCell(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"epoll":          "names no cell",
		"server=":        "names no cell",
		"load.idel=3":    `did you mean "load.idle"?`,
		"load.idle=many": "load.idle wants",
	} {
		_, err := ParseCell(text)
		require.ErrorContains(t, err, want, text)
	}
}
