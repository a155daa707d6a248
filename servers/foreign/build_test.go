package foreign

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What cannot be compiled is said in one line, and leaves nothing.
func TestAProgramThatDoesNotCompile(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	p := program{name: "broken", file: "broken.c", build: "cat {file} >{out}; echo '# broken'; echo 'line 1: no such word'; echo more; false"}
	path, err := p.compile("source")
	require.Empty(t, path)
	require.EqualError(t, err, "foreign: broken cannot be built: line 1: no such word; the whole message: "+p.build)
	left, err := filepath.Glob(filepath.Join(cache, "socketbench", "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// A program is compiled once for each source.
func TestAProgramIsCompiledOnce(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	count := filepath.Join(cache, "count")
	p := program{name: "once", file: "once.c", build: "cp {file} {out} && echo built >>" + ShellLine(count)}
	first, err := p.compile("source")
	require.NoError(t, err)
	again, err := p.compile("source")
	require.NoError(t, err)
	require.Equal(t, first, again)
	other, err := p.compile("changed")
	require.NoError(t, err)
	require.NotEqual(t, first, other)
	text, err := os.ReadFile(other)
	require.NoError(t, err)
	require.Equal(t, "changed", string(text))
	built, err := os.ReadFile(count)
	require.NoError(t, err)
	require.Equal(t, "built\nbuilt\n", string(built))
}
