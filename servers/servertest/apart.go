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

// apartVariable is the environment variable that names the test which a process was started for.
const apartVariable = "SERVERTEST_APART"

// processes limits how many such processes run at once. Each keeps a CPU busy for about half of its time.
var processes = make(chan struct{}, 1+runtime.NumCPU())

// apart runs f in a process of its own: this test binary, started again to run t alone. A test that looks at a whole
// process then sees nothing of other tests, and they need not wait for it. Here t becomes parallel; if it fails
// there, it fails here with the same output.
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
