package cmd

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// faulty is a server with one fault, which its second argument names.
const faulty = `import os, socket, sys, threading
port, fault = int(sys.argv[1]), sys.argv[2]
upper = bytes(range(256)).upper()
s = socket.create_server(("127.0.0.1", port), backlog=1024)
kept = []
def serve(c):
    try:
        while True:
            d = c.recv(65536)
            if not d: break
            c.sendall(d if fault == "same" else d.decode("latin-1").upper().encode("utf-8") if fault == "text" else
                d.strip().translate(upper) if fault == "strip" else d[:1024].translate(upper) if fault == "short" else d.translate(upper))
    except OSError: pass
    if fault == "leak": kept.append(os.dup(0))
    c.close()
while True:
    c, _ = s.accept()
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(c,), daemon=True).start()
`

// wrapper starts a server as its child and waits, or leaves it behind as a daemon does.
const wrapper = `import os, subprocess, sys
how, rest = sys.argv[1], sys.argv[2:]
if how == "wait": sys.exit(subprocess.Popen([sys.executable, "-S"] + rest).wait())
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.execv(sys.executable, [sys.executable, "-S"] + rest)
`

// faultyServers returns a directory with faulty.py and wrap.py.
func faultyServers(t *testing.T) string {
	needsPython(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"faulty.py": faulty, "wrap.py": wrapper} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// checkReport is what these tests read of a check's JSON.
type checkReport struct {
	Results []struct {
		Case, Outcome, Reason string
		Failure               struct{ What string }
	}
	Faults []struct{ Fault string }
}

// checked checks a server, and returns the report and the rules that failed. On a busy machine the usual budget may decide too
// few rules.
func checked(t *testing.T, server string, flags ...string) (report checkReport, failed []string) {
	_, out, stderr := command(append([]string{"check", server, "--json", "--budget", "5m"}, flags...)...)
	require.NoError(t, json.Unmarshal([]byte(out), &report), "%s%s", out, stderr)
	for _, r := range report.Results {
		if r.Outcome == "failed" {
			failed = append(failed, r.Case)
		}
	}
	return report, failed
}

// The same rules fail whether a server is started directly or by shells, wrappers or forks above it.
func TestTheSameRulesFailHoweverAServerIsStarted(t *testing.T) {
	if underRaceDetector() {
		return // the servers are in other processes, and the suite that asks is watched in its own package
	}
	dir := faultyServers(t)
	server := filepath.Join(dir, "faulty.py") + " {port} %s"
	forms := map[string]string{
		"directly":               "python3 " + server,
		"behind a shell":         "sh -c 'python3 " + server + "; true'",
		"behind a wrapper":       "python3 " + filepath.Join(dir, "wrap.py") + " wait " + server,
		"behind two forks":       "python3 " + filepath.Join(dir, "wrap.py") + " daemon " + server,
		"at the end of an or":    "false || python3 " + server,
		"beside another process": "sleep 60 & python3 " + server,
	}
	for fault, want := range map[string][]string{
		"leak": {"resources/descriptors-after-end"},
		"same": {"bytes/hello", "bytes/one"},
		"text": {"bytes/latin-1"},
	} {
		for name, form := range forms {
			t.Run(fault+"/"+name, func(t *testing.T) {
				t.Parallel()
				_, failed := checked(t, fmt.Sprintf(form, fault), "--only", "^(bytes/(hello|one|latin-1)|resources/descriptors-after-end)$")
				for _, rule := range want {
					require.Contains(t, failed, rule)
				}
				if fault == "leak" {
					require.Len(t, failed, 1)
				}
			})
		}
	}
}

// What a server does to the ends of what it reads, or to the rest of a long read, breaks the same rules however the system
// cuts the stream, and is one cause.
func TestRulesDoNotDependOnHowReadsFall(t *testing.T) {
	if underRaceDetector() {
		return // the servers are in other processes, and the suite that asks is watched in its own package
	}
	dir := faultyServers(t)
	server := filepath.Join(dir, "faulty.py") + " {port} "
	for fault, want := range map[string][]string{
		"strip": {"bytes/ends", "bytes/every-alone", "bytes/line-ends", "bytes/spaces", "framing/raw-newline"},
		"short": {"bytes/random", "bytes/read-size", "cuts/large-and-small", "cuts/one-write", "cuts/read-border", "cuts/small-read-border",
			"order/long-then-short"},
	} {
		for name, form := range map[string]string{"directly": "python3 ", "behind two forks": "python3 " + filepath.Join(dir, "wrap.py") + " daemon "} {
			t.Run(fault+"/"+name, func(t *testing.T) {
				t.Parallel()
				// A good answer comes within the patience, also on busy CPUs: they have delayed one by more than 700 ms.
				report, failed := checked(t, form+server+fault, "--patience", "2s", "--only",
					"^(bytes/(hello|ends|every-alone|line-ends|spaces|read-size|random)|cuts/.*|framing/raw-newline|order/(pipelined-.*[a-z]|long-then-short|two.*))$")
				for _, r := range report.Results {
					require.NotEqual(t, "not run", r.Outcome, "%s: %s", r.Case, r.Reason)
				}
				require.ElementsMatch(t, want, failed, "%v", report.Results)
				require.Len(t, report.Faults, 1, "%+v", report)
			})
		}
	}
}

// datagramScript is a server of datagrams; its second argument is the size of its buffer.
const datagramScript = `import socket, sys
upper = bytes(range(256)).upper()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    d, who = s.recvfrom(int(sys.argv[2]))
    s.sendto(d.translate(upper), who)
`

// TestCheckDatagrams checks servers of datagrams in every form that can be named.
func TestCheckDatagrams(t *testing.T) {
	if underRaceDetector() {
		return // the servers are in other processes, and the suite that asks is watched in its own package
	}
	t.Parallel()
	file := filepath.Join(faultyServers(t), "datagrams.py")
	require.NoError(t, os.WriteFile(file, []byte(datagramScript), 0o600))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"udp"}, exitDone, "keeps 15 of the 15 rules"},
		{[]string{"python-udp"}, exitDone, "keeps 11 of the 11 rules"},
		{[]string{"python3 " + file + " {port} 65535", "--transport", "udp"}, exitDone, "keeps 11 of the 11 rules"},
		{[]string{"python3 " + file + " {port} 1024", "--transport", "udp"}, exitNo, "recvfrom(65535)"},
		{[]string{"python3 " + file + " {port} 1024", "--only", "^bytes/hello$"}, exitNo, "takes datagrams on port"},
		{[]string{"udp://127.0.0.1:1"}, exitNo, "nobody listens on udp://127.0.0.1:1"},
		{[]string{"udp", "--soak", "1s"}, exitUsage, "datagrams have none"},
		{[]string{"udp", "--transport", "sctp"}, exitUsage, "a command serves tcp or udp"},
	} {
		code, out, stderr := command(append([]string{"check"}, c.args...)...)
		require.Equal(t, c.code, code, "%v\n%s%s", c.args, out, stderr)
		require.Contains(t, out+stderr, c.says, "%v", c.args)
	}
}
