package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"socketbench/servers/foreign"
)

// needsPython skips a test where there is no python3.
func needsPython(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3 (Debian: python3)")
	}
}

// quickPython puts a python3 into PATH that starts at once, and returns a function that removes it. These tests start
// hundreds of servers in Python, and half of the time until one listens would go into the modules of the site (-S leaves
// them out), or more where python3 is a script that chooses among versions.
func quickPython() (remove func()) {
	nothing := func() {}
	path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil || runtime.GOOS == "windows" {
		return nothing // the tests that need it say so
	}
	dir, err := os.MkdirTemp("", "python")
	if err != nil {
		return nothing
	}
	script := "#!/bin/sh\nexec " + foreign.ShellLine(strings.TrimSpace(string(path)), "-S") + ` "$@"` + "\n"
	if os.WriteFile(filepath.Join(dir, "python3"), []byte(script), 0o700) == nil {
		os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	return func() { os.RemoveAll(dir) }
}
