package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every value in force is listed in plain decimal with its unit, and where it was said.
func TestSettingsSayWhereAValueComesFrom(t *testing.T) {
	const text = "name: x\nquestion: q\nservers: [goroutine, epoll]\nload: {utilization: 50%, size: 4KiB}\nvary: {load.mute: [0, 8], config.wait: [0s, 5ms]}\n"
	e, err := Parse("x.yaml", []byte(text), registry(), Change{Path: "load.pipeline", Value: "2"}, Change{Path: "config.framing", Value: "line"})
	require.NoError(t, err)
	require.Equal(t, []string{"config.wait", "load.mute", "load.size", "load.utilization", "name", "question", "servers", "vary"}, Said([]byte(text)))
	origin := map[string]string{"load.pipeline": "command line"}
	for _, path := range Said([]byte(text)) {
		origin[path] = "file"
	}
	got := map[string]Setting{}
	for _, s := range e.Settings(origin) {
		got[s.Path] = s
	}
	for path, want := range map[string][2]string{
		"servers":          {"goroutine, epoll", "file"},
		"baseline":         {"goroutine", "default"},
		"load.utilization": {"0.5 of what goroutine carries here, found before block 0", "file"},
		"load.arrivals":    {"poisson", "default"},
		"load.size":        {"4096 bytes", "file"},
		"load.mute":        {"0, 8", "file"},
		"load.pipeline":    {"2", "command line"},
		"load.connections": {"64", "default"},
		"load.warmup":      {"300ms", "default"},
		"config.wait":      {"0s, 5ms", "file"},
		"config.read_size": {"16384 bytes", "default"},
		"config.linger":    {"500ms", "default"},
	} {
		require.Equal(t, Setting{path, want[0], want[1]}, got[path])
	}
	for _, none := range []string{"name", "load.rate", "load.think", "load.idle", "vary", "utilization_of", "predict"} {
		require.NotContains(t, got, none)
	}
}
