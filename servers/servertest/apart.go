package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// apartVariable names the test that a process was started for.
const apartVariable = "SERVERTEST_APART"

// processes has a place for each that may run at once. One keeps a CPU busy for half of its time.
var processes = make(chan struct{}, 1+runtime.NumCPU())

// apart runs f in a process of its own, which is this test binary once more with t alone to do: what looks at a
// whole process finds nothing of other tests in it, and need not be waited for by them. Here t becomes parallel, and
// says what was said there if that failed.
func apart(t *testing.T, f func(*testing.T)) {
	t.Helper()
	if os.Getenv(apartVariable) == t.Name() {
		f(t)
		return
	}
	t.Parallel()
	processes <- struct{}{}
	defer func() { <-processes }()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+only(t.Name()), fmt.Sprintf("-test.short=%t", testing.Short()))
	if deadline, ok := t.Deadline(); ok {
		cmd.Args = append(cmd.Args, "-test.timeout="+time.Until(deadline).String())
	}
	cmd.Env = append(os.Environ(), apartVariable+"="+t.Name())
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a process of its own: %v\n%s", err, said)
	}
}

// only returns the pattern of -run for one test or subtest, by its whole name.
func only(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}
