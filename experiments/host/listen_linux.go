package host

import (
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"socketbench/patterns/proc"
)

// look finds the processes below this one that listen on a port of tcp or udp. The system's table of sockets is read only once one
// of them has a socket, or where thorough asks for other processes that listen there.
func look(network string, port int, thorough bool) (now sight, err error) {
	held := map[int][]string{}
	pids := proc.Tree(os.Getpid())[1:]
	for _, pid := range pids {
		held[pid] = sockets(pid)
		now.sockets += len(held[pid])
	}
	if now.sockets == 0 && !thorough {
		return now, nil
	}
	table, err := proc.Listening(network)
	if err != nil {
		return now, err
	}
	for _, pid := range pids {
		owns := false
		for _, inode := range held[pid] {
			address, listens := table[inode]
			switch {
			case !listens:
			case int(address.Port()) == port:
				owns = true
				now.listens = append(now.listens, address)
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
	if len(now.listens) > 0 {
		now.address = reach(network, now.listens)
	}
	return now, nil
}

// reach chooses the address at which a server is asked that listens on all of these: 127.0.0.1 if it can be.
func reach(network string, at []netip.AddrPort) netip.AddrPort {
	home := netip.AddrPortFrom(loopback, at[0].Port())
	for _, a := range at {
		if a == home || a.Addr() == netip.IPv4Unspecified() || a.Addr() == netip.IPv6Unspecified() && taken(network, home) {
			return home
		}
	}
	if a := at[0]; a.Addr() == netip.IPv6Unspecified() {
		return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port())
	}
	return netip.AddrPortFrom(at[0].Addr().Unmap(), at[0].Port())
}

// taken reports whether an address of IPv4 cannot be bound, which says that a listener for all of IPv6 is one for it too.
// A connection would say so as well, and use up a server that accepts one client.
func taken(network string, at netip.AddrPort) bool {
	kind := unix.SOCK_STREAM
	if network == "udp" {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return true
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}) != nil
}

// sockets returns the inodes of the sockets that a process has open; none of one that may not be looked into.
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
