// Package address reads the address of a server. Every command that takes an address reads it here, so that all
// commands accept the same addresses and give the same error for any other.
package address

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
)

// Address is where a server listens: tcp://host:port, unix:///path or udp://host:port.
type Address struct {
	Network string // tcp, unix or udp
	Where   string // host:port; or the path of a socket, or @ and its name in Linux's abstract namespace, see unix(7)
}

// Parse reads an address as a person types it. A bare host:port is TCP.
func Parse(text string) (Address, error) {
	network, where, ok := strings.Cut(text, "://")
	if !ok {
		if path, is := strings.CutPrefix(text, "unix:"); is || strings.ContainsRune(text, '/') {
			return Address{}, fmt.Errorf("address %q: write the path of a socket as unix://%s", text, path)
		}
		network, where = "tcp", text
	}
	a := Address{network, where}
	var err error
	switch network {
	case "tcp", "udp":
		err = a.checkPort()
	case "unix":
		err = checkPath(where)
	default:
		err = fmt.Errorf("there is no network %q; %s", network, meant(network, where))
	}
	if err != nil {
		return Address{}, fmt.Errorf("address %q: %w", text, err)
	}
	return a, nil
}

// meant is the remedy for an address of a network that there is not.
func meant(network, where string) string {
	lower := Address{strings.ToLower(network), where}
	if lower.Network != "tcp" && lower.Network != "udp" && lower.Network != "unix" {
		lower.Network = "tcp"
		lower.Where, _, _ = strings.Cut(where, "/")
	}
	if _, err := Parse(lower.String()); err == nil {
		return "write it as " + lower.String()
	}
	return "use tcp://host:port, unix:///path or udp://host:port"
}

// ParseServer reads the address of a server that a client is to reach. Unlike Parse it refuses port 0, on which no
// server can listen.
func ParseServer(text string) (Address, error) {
	a, err := Parse(text)
	if err != nil || a.Network == "unix" {
		return a, err
	}
	if _, port, _ := net.SplitHostPort(a.Where); port == "0" {
		return Address{}, fmt.Errorf("address %q: port 0 lets the system choose the port of a server; give the port on which the server listens", a)
	}
	return a, nil
}

// Looks reports whether a word that could also be a name or a command looks like an address.
func Looks(word string) bool {
	return strings.Contains(word, "://") || word != "" && strings.Trim(word, "0123456789") == "" || strings.ContainsAny(word, ":/") && !strings.ContainsAny(word, " {")
}

func (a Address) checkPort() error {
	host, port, err := net.SplitHostPort(a.Where)
	if err != nil {
		if i := strings.LastIndexByte(a.Where, ':'); i > 0 && net.ParseIP(zoneless(a.Where[:i])) != nil && i+1 < len(a.Where) {
			return fmt.Errorf("an IPv6 address is written in brackets: %s://[%s]%s", a.Network, a.Where[:i], a.Where[i:])
		}
		if net.ParseIP(zoneless(a.Where)) != nil && strings.Contains(a.Where, ":") {
			return fmt.Errorf("an IPv6 address is written in brackets, followed by the port: %s://[%s]:9000", a.Network, a.Where)
		}
		var reason *net.AddrError
		if errors.As(err, &reason) {
			err = errors.New(reason.Err)
		}
		return fmt.Errorf("%w; write it as %s", err, a.repaired())
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == '/' }) {
		return fmt.Errorf("%q is not a host; write it as %s://127.0.0.1:9000", host, a.Network)
	}
	if port == "" {
		return fmt.Errorf("the port is missing; write it as %s://%s", a.Network, net.JoinHostPort(host, "9000"))
	}
	if digits, path, is := strings.Cut(port, "/"); is && digits != "" {
		return fmt.Errorf("nothing follows the port, and here /%s does; write it as %s://%s", path, a.Network, net.JoinHostPort(host, digits))
	}
	if _, err := net.LookupPort(a.Network, port); err != nil {
		return fmt.Errorf("%q is not a port; ports go from 0 to 65535", port)
	}
	if n, err := strconv.Atoi(port); err == nil && strconv.Itoa(n) != port {
		return fmt.Errorf("port %s is not in plain decimal digits; write %d if that is meant", port, n)
	}
	return nil
}

// repaired is what a host and a port that net cannot split were probably meant to be: a bare port, or an address whose
// network lacks its slashes. For others it is an example.
func (a Address) repaired() string {
	if network, rest, ok := strings.Cut(a.Where, ":"); ok && (network == "tcp" || network == "udp") {
		if meant := (Address{network, rest}); meant.checkPort() == nil {
			return meant.String()
		}
	}
	if n, err := strconv.ParseUint(a.Where, 10, 16); err == nil {
		return fmt.Sprintf("%s://127.0.0.1:%d", a.Network, n)
	}
	return a.Network + "://127.0.0.1:9000"
}

// zoneless is an IPv6 address without its zone, which names a network interface.
func zoneless(ip string) string {
	ip, _, _ = strings.Cut(ip, "%")
	return ip
}

func checkPath(path string) error {
	switch {
	case path == "":
		return errors.New("the path is missing; write it as unix:///tmp/upper.sock")
	case strings.ContainsRune(path, 0):
		return errors.New("a path cannot contain a zero byte")
	case path == "@":
		return errors.New("the name after @ is missing; write it as unix://@upper")
	case strings.HasPrefix(path, "~/"):
		return fmt.Errorf("a shell replaces ~ only where a word begins; write unix://$HOME%s", path[1:])
	case strings.HasPrefix(path, "@") && runtime.GOOS != "linux":
		return fmt.Errorf("only Linux has abstract socket names (@); write a path, or unix://./%s for a file of that name", path)
	case len(path) > LongestPath:
		return fmt.Errorf("the path of a unix socket may have at most %d bytes here, and this one has %d; choose a shorter one", LongestPath, len(path))
	}
	return nil
}

// Of returns the address of something that is bound or connected.
func Of(addr net.Addr) Address { return Address{addr.Network(), addr.String()} }

// String is the inverse of Parse.
func (a Address) String() string { return a.Network + "://" + a.Where }

// Abstract reports whether the address is a name in Linux's abstract namespace: a unix socket without a file.
func (a Address) Abstract() bool { return a.Network == "unix" && strings.HasPrefix(a.Where, "@") }

// Here is where a client on this machine reaches a server that listens at a: where that is on all of the machine's
// addresses, one of them.
func (a Address) Here() Address {
	host, port, err := net.SplitHostPort(a.Where)
	ip := net.ParseIP(host)
	if a.Network == "unix" || err != nil || host != "" && (ip == nil || !ip.IsUnspecified()) {
		return a
	}
	return Address{a.Network, net.JoinHostPort("127.0.0.1", port)}
}

// Loopback reports whether only this machine can reach the address. It is false for every name other
// than localhost, because the address that a name stands for may change.
func (a Address) Loopback() bool {
	if a.Network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(a.Where)
	ip := net.ParseIP(zoneless(host))
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
