package cmd

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/spec"
)

func TestHelpTopicsFitATerminalAndAreWhole(t *testing.T) {
	for topic, words := range map[string][]string{
		"evidence": {"trial", "cell", "condition", "block", "A/A pair", "noise floor", "baseline", "primary metric", "placement", "disturber",
			"Response time", "Service time", "Send lag", "invalid trial", "limited trial", "censored", "Holm", "Open Versus Closed", "Lancet", "Treadmill", "undecided"},
		"experiment": {"servers", "predict.claim", "such as 300ms or 2s"},
	} {
		code, stdout, stderr := command("help", topic)
		require.Equal(t, exitDone, code, stderr)
		for _, w := range words {
			require.Contains(t, stdout, w)
		}
		for _, line := range strings.Split(stdout, "\n") {
			if !strings.Contains(line, "://") && !strings.HasPrefix(line, "    ") { // a link or a file's own line
				require.LessOrEqual(t, utf8.RuneCountInString(line), helpWidth, line)
			}
		}
	}
	_, stdout, _ := command("help", "experiment")
	for _, f := range spec.Reference() {
		require.Contains(t, stdout, " "+f.Path+"\n")
	}
	_, stdout, _ = command("help")
	require.Contains(t, stdout, "evidence")
}
