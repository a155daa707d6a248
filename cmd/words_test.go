package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// gone are words and phrases that a reader had to read twice, and what is written instead. None comes back, in
// code, comments, messages, pages or documents.
var gone = []struct{ pattern, use string }{
	{`(?i)\btwins?\b`, "A/A pair; the second of an A/A pair"},
	{`(?i)mourn`, "report, as in reportChildExit"},
	{`\bMind\b|\bmind:`, "warning"},
	{`full hour`, "a temporary shortage of descriptors"},
	{`done by somebody else`, "handing a task to another goroutine"},
	{`chance wants`, "random arrivals offer each trial a different number of requests"},
	{`at the latest when it is tried again`, "the case that fails because of it, perhaps only on a retry"},
	{`better beyond doubt`, "no design was significantly better (95 % interval)"},
	{`same tomorrow`, "verdicts that repeat"},
	{`(?i)\bdear(er|est)?\b`, "expensive, costlier"},
	{`(?i)\bwhoever\b`, "the client, the caller, the code that"},
	{`thrown away`, "dropped, discarded"},
	{`ownerLetter`, "message: what a mailbox holds"},
	{`those that speak|says nothing,`, "only while it reads or writes; silent"},
	{`(?i)\bpatrons?\b|\bvigils?\b|\bflying\b`, "portable client; pauses; outstanding"},
	{`\bpreforkwire|\bloopConn|\bloopLent|\bnewLoop\b`, "the packages servers/eventloop and servers/blocking"},
	{`\bstepLog\b|\blogSteps?\b|\bendSteps\b`, "interval: a part of the window in the log of response times"},
	{`\bcellsOf\b|\bcellHTML\b`, "glyph or line; a cell is one server under one condition"},
	{`\bmultitude\b|\blucky\b|\bgrownUp\b|\bcrew\b`, "manyAtOnce; the clients that are served; stable; group"},
	{`(?i)\bdeaf\b`, "never reads; ignores the stop"},
	{`\*scene\b|&scene\{`, "caseRun: a scene is what watch plays"},
	{`host\.Order\b|\bpreforkWord\b|\bpreforkOrder\b|no order came`, "job: what a child process is told to do"},
	{`stats\.Open\b|\bo\.Open\(\)`, "stats.Unanswered; Options.OpenLoop"},
	{`\bCombinations\b|verdict\.Where\b`, "spec.Conditions; verdict.Condition"},
	{`(?i)\bburied\b`, "exited, as in recordExits"},
	{`are weather|without ceremony|fits and starts|worth the name|nobody catches`, "plain words: do not disturb the server; almost no CPU"},
	{`to become large|come back small|small letters come`, "upper case, lower case"},
	{`thr[eo]ws? away`, "drops, discards"},
	{`goes on there|going on at byte`, "continues there; continuing at byte"},
	{`message borders?`, "message boundaries"},
	{`host\.Place\b|\bplaceOf\b`, "host.NewPlacement; the start of a request in the pattern"},
}

func TestWordsThatHaveGoneStayAway(t *testing.T) {
	if underRaceDetector() {
		return // nothing runs at the same time here, and the detector makes the search take minutes
	}
	patterns := make([]*regexp.Regexp, len(gone))
	for i, g := range gone {
		patterns[i] = regexp.MustCompile(g.pattern)
	}
	kinds := []string{".go", ".md", ".yaml", ".tmpl", ".js", ".css"}
	read := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git" || d.Name() == "results"):
			return filepath.SkipDir
		case !slices.Contains(kinds, filepath.Ext(path)), d.Name() == "words_test.go":
			return nil
		case d.Name() == "FINDINGS.md":
			return nil // it quotes the predictions of stored runs, which were written before they were measured
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for n, line := range strings.Split(string(text), "\n") {
			for i, p := range patterns {
				if found := p.FindString(line); found != "" {
					t.Errorf("%s:%d: %q has gone; write: %s", strings.TrimPrefix(path, "../"), n+1, found, gone[i].use)
				}
			}
		}
		return nil
	}))
	require.Greater(t, read, 300)
}
