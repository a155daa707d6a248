package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README's main builds in a module of its own, by the commands that stand below it.
func TestAnAuthorsModuleBuildsAsTheReadmeHasIt(t *testing.T) {
	if underRaceDetector() {
		return // Go's tool does the work
	}
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	program := regexp.MustCompile("(?s)```go\n(package main.*?)```").FindSubmatch(text)
	require.NotNil(t, program, "the README has a program")
	house, err := filepath.Abs("..")
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("main.go", string(program[1]))
	write("mine.go", "package main\n\nimport \"socketbench/servers\"\n\nfunc NewMine(cfg servers.Config) servers.Server { return servers.NewGoroutine(cfg) }\n")
	sums, err := os.ReadFile("../go.sum")
	require.NoError(t, err)
	write("go.sum", string(sums)) // go mod tidy would fetch what tests of others' modules need
	run := func(line ...string) string {
		c := exec.Command(line[0], line[1:]...)
		c.Dir = dir
		c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off")
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%s\n%s", strings.Join(line, " "), out)
		return string(out)
	}
	commands := regexp.MustCompile(`(?m)^\$ (go mod (?:init|edit) .*)$`).FindAllSubmatch(text, -1)
	require.Len(t, commands, 2)
	for _, c := range commands {
		run(strings.Fields(strings.ReplaceAll(string(c[1]), "../socketbench", house))...)
	}
	run("go", "build", "-o", "mine", ".")
	require.Regexp(t, `(?m)^mine\s+goroutines`, run("./mine", "list", "servers"))
}
