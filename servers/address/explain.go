package address

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// NoConnection says why no connection to the address could be made. err is the error of connecting.
func (a Address) NoConnection(err error) string {
	if a.Network == "unix" && !a.Abstract() {
		if what := a.inTheWay(); what != "" {
			return fmt.Sprintf("%s is %s, not a socket", a.Where, what)
		}
		_, missing := os.Stat(a.Where)
		switch {
		case errors.Is(missing, fs.ErrNotExist):
			return "there is no socket " + a.Where
		case errors.Is(err, syscall.ECONNREFUSED):
			return "nobody listens on " + a.Where + " any more: the server that made it has ended"
		}
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens on " + a.String()
	case errors.Is(err, fs.ErrPermission):
		return "this user may not connect to " + a.String()
	}
	return cause(err).Error()
}

// Nameless reports whether an error of connecting or listening means that the host's name has no address: starting a
// server cannot help then.
func Nameless(err error) bool {
	var name *net.DNSError
	return errors.As(err, &name)
}

// inTheWay says what is at the path of a unix socket if it is not a socket; "" if it is one, or if nothing is there.
func (a Address) inTheWay() string {
	info, err := os.Stat(a.Where)
	if link, _ := os.Lstat(a.Where); err != nil && link != nil && link.Mode()&fs.ModeSymlink != 0 {
		return "a link to nothing"
	}
	switch {
	case err != nil || info.Mode()&fs.ModeSocket != 0:
		return ""
	case info.IsDir():
		return "a folder"
	case info.Mode().IsRegular():
		return "a file"
	}
	return "a special file"
}

// NotBound says why a server could not listen on the address, and what to do. err is the error of listening. If a unix
// socket is taken, it connects once, to see whether its owner still runs.
func (a Address) NotBound(err error) error {
	return fmt.Errorf("cannot listen on %v: %w", a, a.unbound(err))
}

func (a Address) unbound(err error) error {
	const another = "choose another with --listen"
	taken := errors.Is(err, syscall.EADDRINUSE)
	switch {
	case taken && a.Abstract():
		return errors.New("another server uses the name; end it, or " + another)
	case taken && a.Network == "unix":
		if what := a.inTheWay(); what != "" {
			return fmt.Errorf("there is %s at this path, not a socket; %s", what, another)
		}
		conn, err := net.Dial("unix", a.Where)
		if err == nil {
			conn.Close()
			return errors.New("another server listens there; end it, or " + another)
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("a server that has ended left the socket behind; remove it: rm '%s'", strings.ReplaceAll(a.Where, "'", `'\''`))
		}
		return fmt.Errorf("another server uses the path (%w); end it, or %s", cause(err), another)
	case taken:
		return errors.New("the port is taken; end the program that uses it, or let the system choose a port with --listen " + a.Network + "://127.0.0.1:0")
	case a.Network == "unix" && errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s; create it, or %s", filepath.Dir(a.Where), another)
	case errors.Is(err, fs.ErrPermission) && a.Network == "unix":
		return fmt.Errorf("permission denied; choose a path in a folder to which you may write")
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("permission denied; choose a port above 1023")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("this machine does not have this address; use 127.0.0.1, or :PORT for all addresses of the machine")
	}
	return fmt.Errorf("%w; %s", cause(err), another)
}

// cause is an error without the operation and the address that package net adds: a sentence about the address names
// them already.
func cause(err error) error {
	var name *net.DNSError
	if errors.As(err, &name) {
		return fmt.Errorf("the name %q has no address: %s", name.Name, name.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}
