package host

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// adoptOrphans makes this process the parent of descendants whose own parent has ended, so that a
// server that turns itself into a daemon can still be ended.
func adoptOrphans() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// terminate asks every process of a group to end.
func terminate(group int) { unix.Kill(-group, unix.SIGTERM) }

// killDescendants kills whatever this process still has below it. A descendant may be forking while
// the tree is read, so it looks again until there is nothing, a bounded number of times. The child
// named command is waited for elsewhere.
func killDescendants(command int) {
	for range 100 {
		left := false
		for _, pid := range tree(os.Getpid())[1:] {
			unix.Kill(pid, unix.SIGKILL)
			if pid != command {
				left = true
				unix.Wait4(pid, nil, unix.WNOHANG, nil) // it was adopted, so nobody else will
			}
		}
		if !left {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// listens reports whether a process below root listens on the TCP port. The table of all sockets is not
// looked at before there is a socket that could be in it.
func listens(root, port int) (bool, error) {
	held := sockets(tree(root)[1:])
	if len(held) == 0 {
		return false, nil
	}
	inodes, err := listening(port)
	return slices.ContainsFunc(held, func(inode string) bool { return inodes[inode] }), err
}

// sockets returns the inodes of the sockets that processes have open, as far as one may look.
func sockets(pids []int) (inodes []string) {
	for _, pid := range pids {
		p, err := procfs.NewProc(pid)
		if err != nil {
			continue
		}
		targets, err := p.FileDescriptorTargets()
		if err != nil {
			continue
		}
		for _, t := range targets {
			if inode, ok := strings.CutPrefix(t, "socket:["); ok {
				inodes = append(inodes, strings.TrimSuffix(inode, "]"))
			}
		}
	}
	return inodes
}

// listening returns the inodes of the sockets that listen on a TCP port.
func listening(port int) (map[string]bool, error) {
	inodes := map[string]bool{}
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.Open(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // no IPv6 here
		}
		if err == nil {
			err = listeners(table, port, inodes)
			table.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("host: listening sockets: %w", err)
		}
	}
	return inodes, nil
}

// listeners adds the inodes of those that listen on port from a table of sockets: its columns are number, local
// address and port in hexadecimal, remote ones, state, and in the tenth the inode. It reads to the first that
// does not listen: those that do come first (Documentation/networking/proc_net_tcp.rst of Linux), and of the
// others, in TIME-WAIT most of all, there may be a hundred thousand.
func listeners(table io.Reader, port int, inodes map[string]bool) error {
	const listen = "0A" // TCP_LISTEN
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 10 || f[0] == "sl" {
			continue
		}
		if f[3] != listen {
			break
		}
		if strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
			inodes[f[9]] = true
		}
	}
	return lines.Err()
}
