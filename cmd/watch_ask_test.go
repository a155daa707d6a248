package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/guess"
)

// withLines runs a command with lines on its input.
func withLines(input string, args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = Main(args, strings.NewReader(input), &out, &errs)
	return code, out.String(), errs.String()
}

// Guesses that are lines of the input are asked for, and marked by what was seen.
func TestWatchMarksGuesses(t *testing.T) {
	code, stdout, stderr := withLines("3\n3 3\n1\n-\n3\n", "watch", "--ask", "silent", "sequential", "goroutine")
	require.Equal(t, exitDone, code, stderr)
	for _, want := range []string{"The first client connects and says nothing.", `ann   at 0.3 s connects, sends "hello", waits for the reply, closes`,
		"mute  connects and sends nothing", "Is it answered, and when?", "ann at sequential (1 at once, 2 late, 3 never): ", "cho at goroutine"} {
		require.Contains(t, stderr, want)
	}
	require.NotContains(t, stderr, "mute at", "it waits for nothing, so nothing is asked of it")
	for _, want := range []string{
		`(?m)^sequential: it serves one connection at a time$`,
		`  ✓ ann  3 never: it waited in vain for [\d.]+ s, until the scene ended\n`,
		`(?m)^goroutine: it serves all 4 connections at the same time$`,
		`  [✓✗] ann  .*(1 at once|2 late): it was answered`, // whether it is late depends on the machine
		`  – bob  you left it out; seen: (1 at once|2 late): it was answered`,
		`  ✗ cho  you said 3 never; seen: (1 at once|2 late): it was answered`,
		`[34] of 5 guesses are right`,
	} {
		require.Regexp(t, want, stdout)
	}
}

// What cannot be read is said and asked again; an input that ends too early ends the command before anything is played.
func TestGuessesThatEndTooEarly(t *testing.T) {
	code, stdout, stderr := withLines("4\n33333333\n3\n", "watch", "--ask", "silent", "sequential", "goroutine")
	require.Equal(t, exitUsage, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "'4' is no choice; type 1, 2 or 3 for each client, or - to leave one out\n")
	require.Contains(t, stderr, "8 answers are too many; 6 are left\n")
	require.True(t, strings.HasSuffix(stderr, "\nwatch: the input ended after 1 of 6 answers; each question wants the number of a choice, or - to be left out\n"), stderr)
	for _, args := range [][]string{{"--ask", "--repeat", "2"}, {"--on-key"}, {"--on-key", "--json"}} {
		code, stdout, stderr := withLines("", append([]string{"watch", "silent"}, args...)...)
		require.Equal(t, exitUsage, code, args)
		require.Empty(t, stdout)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

// The votes of a class stand beside what was seen, also for another program.
func TestWatchShowsVotes(t *testing.T) {
	code, stdout, stderr := withLines("1x12 3x5\n\n112\n", "watch", "--votes", "silent", "goroutine")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "  ▶ ")
	require.Contains(t, stdout, "█ 12\n")
	require.Contains(t, stdout, "    3 never    ")
	require.Regexp(t, `\d+ of 20 votes are right`, stdout)

	code, stdout, stderr = withLines("1\n2\n3\n", "watch", "--ask", "--json", "silent", "goroutine")
	require.Equal(t, exitDone, code, stderr)
	var told struct {
		Guesses []struct {
			Name  string
			Votes guess.Votes
			Seen  guess.Truth
		}
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &told))
	require.Len(t, told.Guesses, 3)
	require.Equal(t, "bob", told.Guesses[1].Name)
	require.Equal(t, guess.Votes{0, 1, 0}, told.Guesses[1].Votes)
}

// asker is the screen of a viewer who is asked about so many clients at so many servers.
func asker(clients, servers, size, rows int, class bool) askModel {
	var lines []guess.Line
	for s := range servers {
		for c := range clients {
			lines = append(lines, guess.Line{Server: s, Client: c, At: fmt.Sprintf("design-%d", s), Name: fmt.Sprintf("客户 %d", c),
				Asks: guess.When.Asks, Choices: guess.When.Choices[:]})
		}
	}
	q := newQuestions("watch", "left", lines, class)
	return askModel{questions: &q, size: size, rows: rows}
}

func (m askModel) typed(keys ...string) askModel {
	for _, key := range keys {
		if m.class {
			m = m.raised(key)
		} else {
			m = m.answered(key)
		}
	}
	return m
}

func TestTheQuestionsFitTheirTerminal(t *testing.T) {
	for _, c := range []struct{ clients, servers, size, rows int }{{3, 2, 80, 24}, {12, 4, 80, 24}, {12, 4, 40, 12}, {5, 2, 20, 10}} {
		for at := range c.clients * c.servers {
			m := asker(c.clients, c.servers, c.size, c.rows, false)
			m.at = at
			view := m.View().Content
			require.LessOrEqual(t, lipgloss.Height(view), c.rows, view)
			require.LessOrEqual(t, lipgloss.Width(view), c.size, view)
			require.Contains(t, view, paint("title", "?"), "the question that is asked is seen")
			m = asker(c.clients, c.servers, c.size, c.rows, true)
			m.at = at
			require.LessOrEqual(t, lipgloss.Width(m.View().Content), c.size)
		}
	}
}

func TestKeysAnswer(t *testing.T) {
	m := asker(2, 1, 80, 24, false).typed("3", "x", "9", "backspace", "2", "1")
	require.Equal(t, []guess.Votes{{0, 1, 0}, {1, 0, 0}}, m.votes)
	require.Equal(t, 2, m.at)

	m = asker(2, 1, 80, 24, true).typed("1", "1", "3", "x", "1", "2", "space", "2", "backspace", "2", "x", "5")
	require.Contains(t, m.View().Content, "2x5")
	m = m.turned(1)
	require.Equal(t, guess.Votes{2, 5, 12}, m.votes[0])
	require.Equal(t, 1, m.at)
	m = m.typed("x", "backspace", "9", "0")
	require.Equal(t, guess.Votes{}, m.votes[1])
}
