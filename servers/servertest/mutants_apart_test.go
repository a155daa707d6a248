package servertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"socketbench/servers"
)

// What a server does at a limit of the system is tested in a process of its own: this binary, started again with the
// mutant's name in its environment.
const mutantVariable = "SERVERTEST_MUTANT"

// ServeMutant serves the mutant that the environment names, on a port that it prints, until standard input
// ends, and then ends the process. Without one it returns.
func ServeMutant() {
	for _, m := range endMutants {
		if m.apart && m.name == os.Getenv(mutantVariable) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			fmt.Println(ln.Addr())
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				io.Copy(io.Discard, os.Stdin)
				cancel()
			}()
			if err := entryOf(m.name, m.flaw, m.traits).New(servers.Config{}).Serve(ctx, ln); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
}

// startApart returns a function for Target.Limits.
func (m *mutant) startApart(t *testing.T) func(context.Context, servers.Config, int) (*Instance, error) {
	return func(_ context.Context, _ servers.Config, descriptors int) (*Instance, error) {
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0"`, descriptors), os.Args[0])
		cmd.Env = append(os.Environ(), mutantVariable+"="+m.name)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		address, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("it does not say where it listens: %w", err)
		}
		inst := &Instance{Network: "tcp", Address: strings.TrimSpace(address), PID: cmd.Process.Pid, Done: make(chan struct{})}
		inst.Stop = func() { stdin.Close() }
		go func() { inst.End(cmd.Wait()) }()
		return inst, nil
	}
}
