package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every flag that takes a number takes a decimal one, and means it.
func TestFlagsAreDecimal(t *testing.T) {
	for _, call := range [][]string{
		{"load", "127.0.0.1:1", "--connections", "010"},
		{"load", "127.0.0.1:1", "--size", "010"},
		{"load", "127.0.0.1:1", "--rate", "1e4"},
		{"load", "127.0.0.1:1", "--duration", "1:30"},
		{"load", "127.0.0.1:1", "--seed", "0x10"},
		{"run", "--dry-run", "--blocks", "010"},
		{"run", "--dry-run", "--duration", "010ms"},
		{"serve", "goroutine", "--workers", "0b11"},
		{"serve", "goroutine", "--wait", "5"},
		{"check", "goroutine", "--patience", "2 seconds"},
	} {
		code, _, stderr := command(call...)
		require.Equal(t, exitUsage, code, "%v: %s", call, stderr)
		require.NotContains(t, stderr, "strconv")
	}
	for _, call := range [][]string{ // what a file may say, a flag may say, too
		{"--blocks", "0.002k", "--duration", "1.5 s"},
		{"--blocks", "2.0", "--duration", "1500ms"},
	} {
		code, stdout, stderr := command(append([]string{"run", "quick", "--dry-run"}, call...)...)
		require.Equal(t, exitDone, code, stderr)
		require.Regexp(t, `load\.duration +1\.5s \(command line\)\n`, stdout)
		require.Regexp(t, `\n +blocks +2 \(command line\)\n`, stdout)
	}
	code, _, stderr := command("run", "quick", "--dry-run", "--seed", "18446744073709551615", "--set", "load.mute=0,0.001k")
	require.Equal(t, exitDone, code, stderr)
	code, stdout, stderr := command("run", "--dry-run", "--blocks", "2", "--duration", "1.5s")
	require.Equal(t, exitDone, code, stderr)
	require.Regexp(t, `load\.duration +1\.5s \(command line\)\n`, stdout)
	require.Regexp(t, `load\.size +64 bytes \(file\)\n`, stdout)
	require.Regexp(t, `load\.mute +0, 1, 8 \(file\)\n`, stdout)
}
