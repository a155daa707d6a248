package report

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// awkward are names of servers that are hard to write.
var awkward = []string{
	"upper.py {port}", "upper.py {port} mode=a,b", "upper.py {port} mode_a,b", "upper.py {port} mode a,b", "upper.py {port} mode%3Da,b",
	"upper.py {port} mode/a,b", "upper.py {port} -2", "upper.py {port}_-2", "upper.py {port} \x1b[31mred", "upper.py {port} \u202ertl", "upper.py {port} 你好",
	"upper.py {port} | cat", "upper.py {port} \u00a0", "upper.py {port} <b>]]>",
}

func TestNamesStayApartInBenchmarks(t *testing.T) {
	seen := map[string]string{}
	for _, name := range append([]string{"goroutine", "my_server", "my-server", "server-2"}, awkward...) {
		word := benchWord(name)
		require.Empty(t, seen[word], "%q", name)
		seen[word] = name
		require.Regexp(t, `^[^\s/=\x1b]+$`, word, "%q", name)
		require.NotRegexp(t, `-\d+$`, word, "%q: its end is read as GOMAXPROCS", name)
	}
	require.Equal(t, "my_server", benchWord("my_server"), "a plain name stays as it is")
	require.Equal(t, "upper.py_{port}_-x", benchWord("upper.py {port} -x"))
}

// Formats for people quote the names of servers. The CSV file, which is for programs, has the exact name.
func TestNamesAreQuotedInEveryFormat(t *testing.T) {
	in := copied(t, func(_ string, text []byte) []byte {
		return bytes.ReplaceAll(text, []byte(`"epoll"`), []byte(`"upper.py {port} \u001b[31m\u202e|<b>"`))
	})
	for _, format := range []string{"text", "md", "html", "bench"} {
		var b bytes.Buffer
		require.NoError(t, Write(format, &b, in))
		require.False(t, strings.ContainsAny(b.String(), "\x1b\u202e"), format)
		written := `x1b[31m\u202e|`
		switch format {
		case "md":
			written = `x1b[31m\\u202e\|`
		case "bench":
			written = "%1B[31m%E2%80%AE|"
		}
		require.True(t, strings.Contains(b.String(), written), format)
	}
	var b bytes.Buffer
	require.NoError(t, Write("csv", &b, in))
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	require.NoError(t, err)
	require.True(t, strings.Contains(b.String(), "\x1b[31m\u202e|<b>"), "a table for programs has the exact text")
	require.NotEmpty(t, rows)
}

// copied is the fixture with its files changed, loaded and judged.
func copied(t *testing.T, change func(file string, text []byte) []byte) Input {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{"manifest.json", "trials.jsonl"} {
		text, err := os.ReadFile(filepath.Join("testdata/quick", file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), change(file, text), 0o644))
	}
	run, err := result.Load(dir)
	require.NoError(t, err)
	in := Input{Run: run, Registry: registry(), WithoutCode: true}
	in.Analysis, err = verdict.Judge(run)
	require.NoError(t, err)
	return in
}

// A table shows one blank for two, and an ESC as four letters; the servers in it stay two all the same.
func TestNamesThatLookAlikeStayApartInTables(t *testing.T) {
	in := copied(t, func(_ string, text []byte) []byte {
		text = bytes.ReplaceAll(text, []byte(`"epoll"`), []byte(`"a {port}  \u001b"`))
		text = bytes.ReplaceAll(text, []byte(`\"epoll\"`), []byte(`\"a {port}  \\u001b\"`))
		text = bytes.ReplaceAll(text, []byte(`"pool"`), []byte(`"a {port} \\x1b"`))
		return bytes.ReplaceAll(text, []byte(`\"pool\"`), []byte(`\"a {port} \\\\x1b\"`))
	})
	for _, format := range []string{"text", "md", "html"} {
		var b bytes.Buffer
		require.NoError(t, Write(format, &b, in))
		said := strings.ReplaceAll(b.String(), `\\`, `\`) // Markdown doubles them
		require.Contains(t, said, `a {port} \x20\x1b`, format)
		require.Contains(t, said, `a {port} \x5cx1b`, format)
	}
}

// What bench.txt has no line of it names with the reason, where benchstat reads on.
func TestBenchmarksSayWhoIsMissing(t *testing.T) {
	valid := regexp.MustCompile(`"valid":true,("reasons":(\[[^]]*\]|null),)?`)
	in := copied(t, func(file string, text []byte) []byte {
		var lines []string
		for line := range strings.Lines(string(text)) {
			if file == "trials.jsonl" && strings.Contains(line, `"server":"epoll"`) {
				line = valid.ReplaceAllString(line, `"valid":false,"reasons":["the machine stood still: twice"],`)
			}
			lines = append(lines, line)
		}
		return []byte(strings.Join(lines, ""))
	})
	var b bytes.Buffer
	require.NoError(t, Write("bench", &b, in))
	require.Contains(t, b.String(), "\n# Quick/server=epoll/load.mute=8: no valid trial: the machine stood still: twice\n")
	require.NotContains(t, b.String(), "no valid trial\n")
	results := 0
	for reader := benchfmt.NewReader(&b, "bench.txt"); reader.Scan(); {
		switch line := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Errorf("benchstat does not read %v", line)
		case *benchfmt.Result:
			results++
			require.NotContains(t, string(line.Name), "epoll")
		}
	}
	require.Positive(t, results)
}
