package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// Every command that a person may type shows how, with flags that it has.
func TestEveryCommandHasExamplesThatParse(t *testing.T) {
	a := &app{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer), registry: servers.All()}
	eachCommand(a.root(), func(c *cobra.Command) {
		if c.Hidden && c.Example == "" {
			return // other processes of this binary start it
		}
		if c.IsAdditionalHelpTopicCommand() {
			return // it is read and does nothing
		}
		t.Run(c.CommandPath(), func(t *testing.T) {
			require.NotEmpty(t, c.Short)
			require.NotEmpty(t, c.Example, "show a call of %s in its Example", c.CommandPath())
			found := 0
			for _, line := range strings.Split(c.Example, "\n") {
				_, call, ok := strings.Cut(line, "socketbench ")
				if !ok {
					continue
				}
				found++
				words := shellWords(call)
				root := a.root()
				named, args, err := root.Find(words)
				require.NoError(t, err, line)
				if c.HasSubCommands() { // the example is one of theirs
					require.True(t, strings.HasPrefix(named.CommandPath(), c.CommandPath()), line)
				} else {
					require.Equal(t, c.CommandPath(), named.CommandPath(), line)
				}
				require.NoError(t, named.ParseFlags(args), line)
				require.NoError(t, named.ValidateArgs(named.Flags().Args()), line)
			}
			require.Positive(t, found, "no line of the Example calls socketbench:\n%s", c.Example)
		})
	})
}

func eachCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, visit)
	}
}

// shellWords cuts a call as a shell does, as far as examples go: quotes hold words together, and the
// command ends at a pipe, a redirection or a comment.
func shellWords(call string) (words []string) {
	word, quote, begun := "", rune(0), false
	flush := func() {
		if begun {
			words = append(words, word)
		}
		word, begun = "", false
	}
	for _, r := range call {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ' || r == '\t':
			flush()
		case strings.ContainsRune("|<>;&)#", r) && !begun, r == ')':
			flush()
			return words
		default:
			word, begun = word+string(r), true
		}
	}
	flush()
	return words
}

// The scripts of all shells are made, and names are completed by the binary itself.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out bytes.Buffer
		require.Equal(t, exitDone, Main([]string{"completion", shell}, strings.NewReader(""), &out, &out))
		require.Contains(t, out.String(), "socketbench")
	}
	complete := func(args ...string) string {
		var out, errs bytes.Buffer
		require.Equal(t, exitDone, Main(append([]string{"__complete"}, args...), strings.NewReader(""), &out, &errs))
		return out.String()
	}
	require.Contains(t, complete("code", "gor"), "goroutine\t")
	require.NotContains(t, complete("code", "goroutine", ""), "goroutine\t")
	require.Contains(t, complete("code", "goroutine", ""), "pool\t")
	require.NotContains(t, complete("code", "goroutine", "pool", ""), "deadline\t")
	require.Contains(t, complete("completion", ""), "zsh")
	require.Contains(t, complete("run", ""), "head-of-line\t")
	require.Contains(t, complete("run", "quick", ""), "goroutine\t")
	require.NotContains(t, complete("run", "quick", ""), "quick\t")
	require.Contains(t, complete("watch", ""), "silent\t")
	require.NotContains(t, complete("watch", "silent", ""), "silent\t")
	require.Contains(t, complete("watch", "silent", "po"), "pool\t")
	require.Contains(t, complete("serve", ""), "deadline\t")
	require.Contains(t, complete("check", ""), "deadline\t")
}

func TestNumbersBelowZeroAreRefused(t *testing.T) {
	for says, args := range map[string][]string{
		"-1 is out of range; workers wants a whole number from 0 to 10000": {"serve", "goroutine", "--workers", "-1"},
		"below zero": {"check", "goroutine", "--patience=-3s"},
	} {
		code, _, stderr := command(args...)
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, says)
	}
}

// A call with the wrong words is answered with the right ones, in one line.
func TestWrongWordsAreAnsweredWithTheRightOnes(t *testing.T) {
	for args, want := range map[string]string{
		"talk":                       "talk: 0 arguments are given; write socketbench talk ADDRESS (socketbench talk --help)",
		"compare a":                  "compare: 1 argument is given; write socketbench compare OLD NEW",
		"rnu --seed 3":               `socketbench: no command "rnu"; did you mean "run"? (socketbench --help)`,
		"--seed 3":                   "socketbench: unknown flag: --seed (socketbench --help)",
		"doctor x":                   "doctor: 1 argument is given; write socketbench doctor",
		"list sevrers":               `list: no "sevrers"; did you mean "servers"?; there are servers, experiments, scenes, patterns, cases, exercises`,
		"completion fsh":             `completion: no "fsh"; did you mean "fish"?; there are bash, zsh, fish`,
		"code":                       "code: 0 names are given; write one, or two to compare",
		"run --blocks 0":             "run: --blocks must be above 0; leave it out for the default",
		"check goroutine --repeat 0": "check: --repeat must be above 0",
		"watch silent --repeat 0":    "watch: --repeat must be above 0",
		"run --seed -1":              "-1 is out of range",
		"run --duration 2":           "run: --duration: 2 is a number without a unit",
		"check x --framing csv":      `check: invalid argument "csv" for "--framing" flag: "csv" is no framing; allowed: raw, line, length`,
		"talk x --framing csv":       `talk: invalid argument "csv" for "--framing" flag: "csv" is no framing; allowed: raw, line, length`,
		"check all":                  "check: all designs are checked with --soak only",
		"check goroutine --pid 1":    "check: --pid is for a server at an ADDRESS; check starts goroutine itself",
	} {
		code, stdout, stderr := command(strings.Fields(args)...)
		require.Equal(t, exitUsage, code, args)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}
