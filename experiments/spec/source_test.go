package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// How an editor ends lines, marks the encoding or sets tabs between words changes nothing.
func TestEditorsHabitsChangeNothing(t *testing.T) {
	text := "name: x\nquestion: >-\n  Is it\n  read?\nservers: [epoll]\nblocks: 3\n"
	want, err := Parse("x.yaml", []byte(text), registry())
	require.NoError(t, err)
	require.Equal(t, "Is it read?", want.Question)
	for name, src := range map[string]string{
		"byte order mark": "\ufeff" + text,
		"CRLF":            strings.ReplaceAll(text, "\n", "\r\n"),
		"both":            "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(text, "\n", "\r"),
		"tabs":            strings.ReplaceAll(text, ": [", ":\t["),
		"tabs at the end": strings.ReplaceAll(text, "]\n", "]\t# all\t\n"),
		"no last newline": strings.TrimSuffix(text, "\n"),
	} {
		got, err := Parse("x.yaml", []byte(src), registry())
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.yaml")
	text := "name: x\nquestion: q\nservers: [epoll]\n"
	require.NoError(t, os.WriteFile(path, []byte(text+"blocks: 0\n"), 0o600))
	_, err := ReadFile(path, registry(), nil)
	require.EqualError(t, err, path+":4:9: 0 is out of range; blocks wants a whole number from 1 to 1000")

	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	_, err = ReadFile(path, registry(), nil)
	require.NoError(t, err)

	// Of a sparse file of 100 MB nothing is read but its beginning.
	require.NoError(t, os.Truncate(path, 100<<20))
	_, err = ReadFile(path, registry(), nil)
	require.EqualError(t, err, path+":1:1: the file is larger than 64 KiB, which no experiment is; is it the right file?")

	_, err = ReadFile(dir, registry(), nil)
	require.EqualError(t, err, "experiment file: "+dir+" is a directory; name a file in it")
	_, err = ReadFile(filepath.Join(dir, "missing.yaml"), registry(), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ReadFile(os.DevNull, registry(), nil)
	require.ErrorContains(t, err, "is a pipe or a device; name a file")
}

// What a file predicts can come out otherwise; a run that was finished before that was asked for is read.
func TestPredictionsCanFail(t *testing.T) {
	ask := func(metric, against, expect string) string {
		return "name: x\nquestion: q\nservers: [epoll, pool]\nload: {connections: 8}\npredict:\n  - claim: c\n    metric: " + metric +
			"\n    of: {server: epoll}\n" + against + "    expect: \"" + expect + "\"\n"
	}
	const other = "    against: {server: pool}\n"
	for _, c := range []struct{ metric, against, can, cannot string }{
		{"served", "", "> 0", ">= 0"},
		{"unserved", "", "< 8", "<= 8"},
		{"served", "", "~ 8 ±10%", "<= 8k"},
		{"wrong", "", "<= 0", ">= 0"},
		{"errors.reset", "", "> 0", ">= 0"},
		{"gc_pause", "", "> 0ns", ">= 0ns"},
		{"latency.p99", "", "> 1ns", "> 0ns"},
		{"cpu_per_request", "", "> 1us", ">= 0us"},
		{"fairness", "", "< 1", "<= 1"},
		{"fairness", "", "> 0.9", "> 0"},
		{"latency.p99", other, "> 0.1x", ">= 0x"},
		{"latency.p99", other, "< 9x", "> 0x"},
	} {
		_, err := Parse("x.yaml", []byte(ask(c.metric, c.against, c.can)), registry())
		require.NoError(t, err, "%s %s", c.metric, c.can)
		text := []byte(ask(c.metric, c.against, c.cannot))
		_, err = Parse("x.yaml", text, registry())
		require.ErrorContains(t, err, "cannot fail", "%s %s", c.metric, c.cannot)
		_, err = Parse("x.yaml", text, nil)
		require.NoError(t, err, "%s %s", c.metric, c.cannot)
	}
}
