package cmd

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAFactIsDeclaredOnce adds a knob, a metric and a design to a copy of the house, builds it, and looks for them in all
// that is said and done. A knob is two edits: a field and a line; a metric is one line; a design is one file and one entry.
func TestAFactIsDeclaredOnce(t *testing.T) {
	if underRaceDetector() {
		return // the copy is built and run in other processes, where the detector sees nothing
	}
	t.Parallel()
	house := t.TempDir()
	copyHouse(t, house)
	edit := func(file, find, put string) {
		path := filepath.Join(house, file)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		at := regexp.MustCompile(find).FindStringIndex(string(text))
		require.NotNil(t, at, "%s has no %s", file, find)
		require.NoError(t, os.WriteFile(path, []byte(string(text[:at[0]])+put+string(text[at[0]:])), 0o600))
	}

	// The knob.
	edit("servers/config/config.go", `\n\tLinger +time\.Duration`, "\n\tNap time.Duration // how long the server sleeps before it begins")
	edit("servers/config/knob.go", `\t\{Name: "linger"`, "\t{Name: \"nap\", About: \"how long the server sleeps before it begins\", Label: \"%s of sleep\", Max: int64(time.Second), Usual: int64(time.Millisecond), Own: true,\n"+
		"\t\tAt: func(c *Config) any { return &c.Nap }},\n")

	// The metric: a line as another has it, under a name of its own.
	table, err := os.ReadFile("../experiments/metric/metric.go")
	require.NoError(t, err)
	line := regexp.MustCompile(`\t*\{ThreadsPeak,.*\n`).FindString(string(table))
	require.NotEmpty(t, line)
	edit("experiments/metric/metric.go", `\t*\{ThreadsPeak,`, strings.Replace(line, "ThreadsPeak", `"fibres_peak"`, 1))

	// The design: that of goroutine, but it never begins. It says what it was told.
	text, err := os.ReadFile("../servers/goroutine.go")
	require.NoError(t, err)
	design := strings.NewReplacer("Goroutine", "Napping", "goroutine:", "napping:").Replace(string(text))
	design = strings.Replace(design, "\t// region listen\n", "\tif s.cfg.Nap > 0 {\n\t\treturn errors.New(\"told to sleep \" + s.cfg.Nap.String())\n\t}\n\t// region listen\n", 1)
	require.NoError(t, os.WriteFile(filepath.Join(house, "servers", "napping.go"), []byte(design), 0o600))
	edit("servers/registry.go", `\t\{Name: "limited"`, "\t{Name: \"napping\", Idea: \"it sleeps first\", Family: \"goroutines\", After: \"goroutine\", New: NewNapping},\n")

	built := exec.Command("go", "build", "-ldflags=-s -w", "-o", "socketbench", "./cmd/socketbench")
	built.Dir = house
	out, err := built.CombinedOutput()
	require.NoError(t, err, "%s", out)
	run := func(args ...string) (string, error) {
		c := exec.Command("./socketbench", args...)
		c.Dir = house
		out, err := c.CombinedOutput()
		return string(out), err
	}
	says := func(want string, args ...string) {
		t.Helper()
		out, err := run(args...)
		require.NoError(t, err, out)
		require.Regexp(t, want, out)
	}
	ask := "name: nap\nquestion: Does sleep help?\nservers: [napping, './mine {port}']\nblocks: 1\nprimary: fibres_peak\nvary: {config.nap: [1ms, 20ms]}\n" +
		"predict: [{claim: c, metric: fibres_peak, of: {server: napping, config.nap: 20ms}, expect: '> 1'}]\n"
	require.NoError(t, os.WriteFile(filepath.Join(house, "nap.yaml"), []byte(ask), 0o600))

	says(`--nap time +how long the server sleeps before it begins \(default 1ms\)`, "serve", "--help")
	says(`\{nap\} +how long the server sleeps before it begins, in seconds`, "check", "--help")
	says(`(?s)\* config\.nap\n +how long the server sleeps before it begins \(default 1ms\)\n +a time with its unit from 0s to 1s`, "help", "experiment")
	says(`"config\.nap": \{`, "schema")
	says(`"fibres_peak"`, "schema")
	says(`(?s)config\.nap +1ms, 20ms.*napping config\.nap=1ms`, "run", "nap.yaml", "--dry-run")
	says(`the command is not told nap: 20ms; put \{nap\} in it`, "run", "nap.yaml", "--dry-run")
	says(`4 trials`, "run", "nap.yaml", "--dry-run", "--fail-on", "fibres_peak<1")
	says(`napping +goroutines`, "list")
	says(`it sleeps first`, "list")
	says(`told to sleep`, "code", "napping", "--full")

	// The setting reaches the process of the server, by a flag and from a file.
	said, err := run("serve", "napping", "--listen", "tcp://127.0.0.1:0", "--nap", "30ms")
	require.Error(t, err)
	require.Contains(t, said, "told to sleep 30ms")
	said, err = run("run", "nap.yaml", "--servers", "napping", "--out", "results")
	require.Error(t, err)
	require.Regexp(t, "told to sleep (1ms|20ms)", said)
}

// copyHouse copies what the binary is built of.
func copyHouse(t *testing.T, to string) {
	from := os.DirFS("..")
	require.NoError(t, fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (d.Name()[0] == '.' || d.Name() == "testdata" || d.Name() == "results"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, path), 0o700)
		case strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, path), text, 0o600)
	}))
}
