package host

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// look sees who below this process listens on a TCP port. The table of all sockets is not looked at before there is a
// socket that could be in it, but where thorough wants to know of others that listen there.
func look(port int, thorough bool) (now sight, err error) {
	held := map[int][]string{}
	pids := tree(os.Getpid())[1:]
	for _, pid := range pids {
		held[pid] = sockets(pid)
		now.sockets += len(held[pid])
	}
	if now.sockets == 0 && !thorough {
		return now, nil
	}
	table, err := listening()
	if err != nil {
		return now, err
	}
	var at []netip.AddrPort
	for _, pid := range pids {
		owns := false
		for _, inode := range held[pid] {
			address, listens := table[inode]
			switch {
			case !listens:
			case int(address.Port()) == port:
				owns = true
				at = append(at, address)
			default:
				now.elsewhere = append(now.elsewhere, int(address.Port()))
			}
		}
		if owns {
			now.owners = append(now.owners, pid)
		}
	}
	for _, address := range table {
		now.outside = now.outside || int(address.Port()) == port && len(now.owners) == 0
	}
	slices.Sort(now.elsewhere)
	now.elsewhere = slices.Compact(now.elsewhere)
	if len(at) > 0 {
		now.address = reach(at)
	}
	return now, nil
}

// reach chooses where a server that listens on these addresses is asked: on 127.0.0.1 if it can be.
func reach(at []netip.AddrPort) netip.AddrPort {
	home := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at[0].Port())
	for _, a := range at {
		if a == home || a.Addr() == netip.IPv4Unspecified() || a.Addr() == netip.IPv6Unspecified() && taken(home) {
			return home
		}
	}
	if a := at[0]; a.Addr() == netip.IPv6Unspecified() {
		return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port())
	}
	return netip.AddrPortFrom(at[0].Addr().Unmap(), at[0].Port())
}

// taken reports whether an address of IPv4 cannot be bound: then a listener for all of IPv6 is one for it too. A
// connection, which would use up a server that accepts one client, is not needed to know.
func taken(at netip.AddrPort) bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return true
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}) != nil
}

// sockets returns the inodes of the sockets that a process has open, as far as one may look.
func sockets(pid int) (inodes []string) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return nil
	}
	targets, _ := p.FileDescriptorTargets()
	for _, t := range targets {
		if inode, ok := strings.CutPrefix(t, "socket:["); ok {
			inodes = append(inodes, strings.TrimSuffix(inode, "]"))
		}
	}
	return inodes
}

// listening returns the TCP sockets that listen: from inode to address.
func listening() (map[string]netip.AddrPort, error) {
	inodes := map[string]netip.AddrPort{}
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.Open(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // no IPv6 here
		}
		if err == nil {
			err = listeners(table, inodes)
			table.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("host: listening sockets: %w", err)
		}
	}
	return inodes, nil
}

// listeners adds those that listen from a table of sockets: its columns are number, local address and port in
// hexadecimal, remote ones, state, and in the tenth the inode. It reads to the first that does not listen: those
// that do come first (Documentation/networking/proc_net_tcp.rst of Linux), and of the others, in TIME-WAIT most of
// all, there may be a hundred thousand.
func listeners(table io.Reader, inodes map[string]netip.AddrPort) error {
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
		if at, ok := parseAddress(f[1]); ok {
			inodes[f[9]] = at
		}
	}
	return lines.Err()
}

// parseAddress reads an address of the kernel's tables: words of 32 bits in hexadecimal, each as the machine stores it,
// and the port.
func parseAddress(text string) (at netip.AddrPort, ok bool) {
	words, port, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return at, false
	}
	var b []byte
	for ; len(words) >= 8; words = words[8:] {
		w, err := strconv.ParseUint(words[:8], 16, 32)
		if err != nil {
			return at, false
		}
		b = binary.NativeEndian.AppendUint32(b, uint32(w))
	}
	ip, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip, uint16(n)), ok
}
