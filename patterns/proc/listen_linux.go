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

// Listening returns the TCP sockets of the system that listen: from inode, which /proc/PID/fd has too, to address.
func Listening() (map[string]netip.AddrPort, error) {
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
			return nil, fmt.Errorf("proc: listening sockets: %w", err)
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
