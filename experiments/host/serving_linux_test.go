package host

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/patterns/proc"
)

// served is a server that says in a file who it is, and, when it is told to end, how often it was told, after a time.
const served = `
import os, signal, socket, sys, threading, time
port, folder, drain = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
s = socket.create_server(("127.0.0.1", port))
told = []
def end():
    time.sleep(drain)
    open(folder + "/ended-%d" % os.getpid(), "w").write(str(len(told)))
    os._exit(0)
def tell(*_):
    told.append(1)
    if len(told) == 1: threading.Thread(target=end).start()
signal.signal(signal.SIGTERM, tell if drain > 0 else signal.SIG_IGN)
open(folder + "/%d" % port, "w").write(str(os.getpid()))
def talk(c):
    while d := c.recv(65536): c.sendall(d.upper())
    c.close()
while True:
    c, _ = s.accept()
    threading.Thread(target=talk, args=(c,), daemon=True).start()
`

// forms are the ways in which a command may stand above its server.
func forms(t *testing.T, drain string) (folder string, commands map[string]string) {
	folder = t.TempDir()
	program := filepath.Join(folder, "served.py")
	require.NoError(t, os.WriteFile(program, []byte(served), 0o600))
	line := fmt.Sprintf("python3 %s {port} %s %s", program, folder, drain)
	return folder, map[string]string{
		"plain":    line,
		"exec":     "exec " + line,
		"shell":    `sh -c "` + line + `; true"`,
		"pipeline": line + " | cat",
		"wrapper":  `python3 -c 'import subprocess, sys; subprocess.call(sys.argv[1:])' ` + line,
		"passes signals on": `python3 -c '
import signal, subprocess, sys
p = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: p.terminate())
p.wait()' ` + line,
		"double fork": `python3 -c '
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() > 0: os._exit(0)
    os.execvp(sys.argv[1], sys.argv[1:])
os.wait()' ` + line,
	}
}

// Whatever stands above it, the server is the process that is measured, and is told to end once, and waited for.
func TestWhoServesIsMeasuredAndToldToEnd(t *testing.T) {
	t.Parallel()
	folder, commands := forms(t, "0.4")
	for form, command := range commands {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := start(t, Options{Job: Job{Server: command}})
			require.Equal(t, "HELLO", ask(t, s.Address, "hello"))
			_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.Address, "tcp://"))
			require.Equal(t, told(t, folder, port), fmt.Sprint(s.PID))
			usage, err := ReadUsage(s.PID)
			require.NoError(t, err)
			require.Equal(t, []int{s.PID}, usage.PIDs)

			d, err := s.Drain(t.Context(), watchdog)
			require.NoError(t, err)
			require.Empty(t, d.Error)
			require.Greater(t, time.Duration(d.Nanoseconds), 400*time.Millisecond)
			require.Equal(t, "1", told(t, folder, fmt.Sprint("ended-", s.PID)), "the server was told to end so many times")
			s.End()
		})
	}
}

// A server that does not end is killed, and that is said, whatever stands above it.
func TestWhoDoesNotEndIsKilled(t *testing.T) {
	t.Parallel()
	_, commands := forms(t, "0")
	for form, command := range commands {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := start(t, Options{Job: Job{Server: command, Stop: 50 * time.Millisecond}})
			starts := identities(proc.Tree(s.process.PID))
			d, err := s.Drain(t.Context(), watchdog)
			require.NoError(t, err)
			require.Equal(t, "the server did not end within 50 ms of SIGTERM, killed", d.Error)
			s.End()
			for pid, start := range starts {
				waitGone(t, pid, start)
			}
		})
	}
}

// How a server ended is said in one way, whether a shell stood above it or not, and also where what started it goes on.
func TestHowItEndedIsSaidInOneWay(t *testing.T) {
	t.Parallel()
	_, commands := forms(t, "0")
	for form, want := range map[string]string{"exec": "signal: killed", "shell": "signal: killed", "double fork": "signal: killed"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			command := commands[form]
			if form == "shell" { // that ends with the status of its server
				command = strings.Replace(command, "; true", `; exit \$?`, 1)
			}
			s := start(t, Options{Job: Job{Server: command}})
			p, err := os.FindProcess(s.PID)
			require.NoError(t, err)
			require.NoError(t, p.Kill())
			<-s.Died()
			require.Equal(t, want, s.End().Exit)
		})
	}
}

func told(t *testing.T, folder, name string) string {
	b, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return string(b)
}

// The input of a server is open and silent: one that waits there for a key, or looks at it beside its listener, is not ended
// by it. This one refuses to start with an input that has ended, as an empty one has.
const attended = `exec python3 -c '
import select, socket, sys
if select.select([sys.stdin], [], [], 0)[0]:
    sys.exit("the input has ended")
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    for ready in select.select([listener, sys.stdin], [], [])[0]:
        if ready is sys.stdin:
            sys.exit(0)
        connection, _ = listener.accept()
        connection.sendall(connection.recv(100).upper())
        connection.close()' {port}`

func TestTheInputOfAServerIsOpenAndSilent(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Job: Job{Server: attended}})
	require.Equal(t, "HELLO", ask(t, s.Address, "hello"))
	d, err := s.Drain(t.Context(), watchdog)
	require.NoError(t, err)
	require.Empty(t, d.Error)
	s.End()
}
