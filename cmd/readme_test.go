package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/report"
	"socketbench/servers"
)

// readmeCommands are the calls of socketbench in the README: lines of its console blocks, and code within
// a sentence or a table.
func readmeCommands(t *testing.T) (calls []string) {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?m)^\\$ (?:go run \\./cmd/)?socketbench (.*)$|`socketbench ([^`]+)`").FindAllStringSubmatch(string(text), -1) {
		calls = append(calls, m[1]+m[2])
	}
	require.Greater(t, len(calls), 12)
	return calls
}

// brief is what is added to a command so that a test of it ends soon. Commands that are not here are only
// parsed: they measure, or want a server or results that the README's reader has made before.
var brief = map[string][]string{
	"exercise": {},
	"run":      {"--dry-run"},
	"check":    {"--list"},
	"watch":    {},
	"code":     {},
}

// Every command of the README is one that this binary understands, and those that show something show it.
func TestReadmeCommands(t *testing.T) {
	var running sync.WaitGroup
	defer running.Wait()
	seen := map[string]bool{}
	for _, call := range readmeCommands(t) {
		words := shellWords(call)
		if line := strings.Join(words, " "); seen[line] {
			continue
		} else {
			seen[line] = true
		}
		a := &app{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer), registry: servers.All()}
		root := a.root()
		root.InitDefaultHelpCmd()
		named, args, err := root.Find(words)
		require.NoError(t, err, call)
		require.NoError(t, named.ParseFlags(args), call)
		if len(named.Flags().Args()) > 0 || !strings.Contains(call, "--resume") {
			require.NoError(t, named.ValidateArgs(named.Flags().Args()), call)
		}
		extra, ok := brief[words[0]]
		if !ok || strings.Contains(call, "mine.py") || strings.Contains(call, "--resume") || strings.Contains(call, "--ask") {
			continue
		}
		running.Go(func() {
			code, stdout, stderr := command(append(words, extra...)...)
			if code != exitDone || stdout == "" {
				t.Errorf("socketbench %s: exit code %d\n%s%s", call, code, stdout, stderr)
			}
		})
	}
}

// The first lines that a reader types measure something and test everything. The checks of a change read the second one here, too.
func TestReadmeMeasuresAndTests(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^\$ go run \./cmd/socketbench run$`, string(text))
	require.Regexp(t, `(?m)^\$ go test \./\.\.\.$`, string(text))
}

// The README's picture is a scene's final frame, made by watch --svg.
func TestReadmePictureIsThere(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`!\[[^]]+\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		picture, err := os.ReadFile(filepath.Join("..", m[1]))
		require.NoError(t, err)
		require.Contains(t, string(picture), "<svg")
	}
}

// The table of designs is that of the registry, and every line of advice names a run that measured it.
func TestReadmeTables(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	text := string(b)
	rows := regexp.MustCompile("(?m)^\\| \\[`([a-z]+)`\\]\\((servers/[a-z]+\\.go)\\) \\|[^|]+\\| ([a-z]*) ?\\|[^|]+\\| ([^|]+) \\|$").FindAllStringSubmatch(text, -1)
	after := map[string]string{}
	for _, row := range rows {
		after[row[1]] = row[3]
		require.FileExists(t, filepath.Join("..", row[2]))
		require.NotEmpty(t, row[4])
	}
	for _, e := range servers.All() {
		if e.Launch != nil { // a program of its own
			continue
		}
		got, ok := after[e.Name]
		require.True(t, ok, "the README has no row for %s", e.Name)
		require.Equal(t, e.After, got, e.Name)
	}
	_, rest, _ := strings.Cut(text, "<!-- choices -->\n")
	advice, _, ok := strings.Cut(rest, "<!-- /choices -->")
	require.True(t, ok)
	lines := strings.Split(strings.TrimSpace(advice), "\n")
	require.Len(t, lines, len(report.Choices))
	for i, c := range report.Choices {
		require.True(t, strings.HasPrefix(lines[i], "- **"+c.When+":** "), lines[i])
		require.Contains(t, lines[i], "`socketbench run "+c.Experiment+"`")
	}
}

// The lessons that the README names are tests of package servers.
func TestReadmeLessonsAreTests(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	files, err := filepath.Glob("../servers/*_test.go")
	require.NoError(t, err)
	var tests strings.Builder
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		tests.Write(b)
	}
	named := regexp.MustCompile("`(?:go test ./servers -v -run )?(Test[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(named), 12)
	for _, m := range named {
		require.Contains(t, tests.String(), "func "+m[1]+"(t *testing.T)")
	}
}

// served runs serve until the test ends and returns the address that it printed.
func served(t *testing.T, args ...string) (address string, out *printed) {
	t.Helper()
	out = new(printed)
	a := &app{stdin: strings.NewReader(""), stdout: out, stderr: out, registry: servers.All()}
	ctx, stop := context.WithCancel(context.Background())
	root := a.root()
	root.SetArgs(append([]string{"serve"}, args...))
	done := make(chan error, 1)
	go func() { done <- root.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		require.Contains(t, out.String(), "bytes written")
	})
	listening := regexp.MustCompile(`listening on (\S+),`)
	out.is(t, "listening on", listening.MatchString)
	return listening.FindStringSubmatch(out.String())[1], out
}

func TestServeSaysWhatToTypeNext(t *testing.T) {
	address, out := served(t, "goroutine", "--listen", "tcp://127.0.0.1:0")
	for _, next := range []string{"socketbench talk " + address, "nc 127.0.0.1", "socketbench check", "servers/goroutine.go",
		"socketbench code sequential goroutine"} {
		out.has(t, next)
	}
}

// serve --show prints what a client does, whichever way the design reads.
func TestServeShowsItsClients(t *testing.T) {
	for design, want := range map[string]string{
		"sequential": `^(\S+) +has connected\n(\S+) +sent 5 bytes: "hello"\n(\S+) +has sent everything: a read returned no bytes\n(\S+) +is closed\n`,
		"goroutine":  `^(\S+) +has connected\n(\S+) +sent 5 bytes: "hello"\n`,
		"tryread":    `(\S+) +has connected\na client +sent 5 bytes: "hello"\n(\S+) +is closed\n`,
		"epoll":      `^a client +sent 5 bytes: "hello"\n`,
	} {
		e, err := servers.All().Lookup(design)
		if err != nil {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			address, shown := served(t, design, "--listen", "tcp://127.0.0.1:0", "--show")
			out, stderr := new(bytes.Buffer), new(bytes.Buffer)
			code := Main([]string{"talk", address}, strings.NewReader("hello"), out, stderr)
			require.Equal(t, exitDone, code, stderr.String())
			require.Equal(t, "HELLO", out.String())
			lines := regexp.MustCompile(`(?m)^(127|a client).*\n`)
			shown.is(t, want, func(text string) bool {
				return regexp.MustCompile(want).MatchString(strings.Join(lines.FindAllString(text, -1), ""))
			})
		})
	}
}

func TestServeRefuses(t *testing.T) {
	taken, _ := served(t, "sequential", "--listen", "tcp://127.0.0.1:0")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "pol"}, `servers: no server "pol"; did you mean "poll"? (socketbench list servers)`},
		{[]string{"serve", "goroutine", "--listen", taken}, "the port is taken"},
		{[]string{"serve", "goroutine", "--listen", "ftp://x"}, "use tcp://host:port, unix:///path or udp://host:port"},
		{[]string{"serve", "goroutine", "--listen", "tcp://127.0.0.1"}, "missing port"},
		{[]string{"serve", "goroutine", "--listen", "udp://127.0.0.1:0"}, "answers streams"},
		{[]string{"serve", "goroutine", "--framing", "csv"}, "raw, line, length"},
		{[]string{"serve", "goroutine", "--listen", "unix:///no/such/place/s"}, "choose another with --listen"},
		{[]string{"serve", "python-once"}, "a program of its own: run it by hand (servers/foreign/programs/python-once.py)"},
		{[]string{"serve"}, "serve: no design is named; there are sequential, goroutine, pool, deadline, timeout"},
		{[]string{"serve", "prefork", "--show"}, `serve: --show cannot look into the child processes of "prefork"`},
	} {
		code, stdout, stderr := command(c.args...)
		require.Equal(t, exitUsage, code, c.args)
		require.Contains(t, stderr, c.want)
		require.Empty(t, stdout)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}
