package proc

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Listening returns the addresses of the system's sockets that a server may have, by inode: of tcp, those that listen; of
// udp, those that take datagrams from anybody. /proc/PID/fd names the inodes of a process's sockets.
func Listening(network string) (map[string]netip.AddrPort, error) {
	inodes := map[string]netip.AddrPort{}
	for _, file := range []string{"/proc/net/" + network, "/proc/net/" + network + "6"} {
		table, err := os.Open(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // no IPv6 here
		}
		if err == nil {
			err = listeners(table, network, inodes)
			table.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("proc: listening sockets: %w", err)
		}
	}
	return inodes, nil
}

// listeners adds the listening sockets of a table to inodes. The columns of the table are number, local address and port
// in hexadecimal, the remote ones, state, and in the tenth the inode. In that of TCP it stops at the first socket that does
// not listen: listening sockets come first (Documentation/networking/proc_net_tcp.rst of Linux), and there may be a hundred
// thousand others, most of them in TIME-WAIT.
func listeners(table io.Reader, network string, inodes map[string]netip.AddrPort) error {
	serves := "0A" // TCP_LISTEN
	if network == "udp" {
		serves = "07" // TCP_CLOSE, which for UDP means that the socket is not connected
	}
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 10 || f[0] == "sl" {
			continue
		}
		if f[3] != serves {
			if network == "tcp" {
				break
			}
			continue
		}
		if at, ok := parseAddress(f[1]); ok {
			inodes[f[9]] = at
		}
	}
	return lines.Err()
}

// parseAddress reads an address from the kernel's tables: words of 32 bits in hexadecimal, in the byte order of the
// machine, and the port.
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

// Dropped returns how many datagrams the system has dropped because the buffers of the sockets that take them on a port were
// full. ok is false if there is no such socket.
func Dropped(port uint16) (dropped int64, ok bool) {
	for _, file := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		table, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(table)) {
			f := strings.Fields(line)
			if len(f) < 13 || f[3] != "07" { // TCP_CLOSE: the socket is not connected
				continue
			}
			at, is := parseAddress(f[1])
			n, err := strconv.ParseInt(f[12], 10, 64)
			if is && err == nil && at.Port() == port {
				dropped, ok = dropped+n, true
			}
		}
	}
	return dropped, ok
}
