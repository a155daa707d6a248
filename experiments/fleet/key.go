package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
)

// Key is what the coordinator has. It stays on its machine. With Servers, the other fields are empty.
type Key struct {
	Address     string   `json:"address,omitempty"` // host:port; where agents connect
	Listen      string   `json:"listen,omitempty"`  // literal; where the coordinator listens if that is another
	Certificate string   `json:"certificate,omitempty"`
	Private     string   `json:"private,omitempty"` // key of the certificate
	Coordinator string   `json:"coordinator,omitempty"`
	Agents      string   `json:"agents,omitempty"` // the public half of the agents' key
	Servers     *Servers `json:"servers,omitempty"`
}

// Join is what every agent has. With Servers, the other fields are empty.
type Join struct {
	Address     string   `json:"address,omitempty"` // of the coordinator, host:port
	Certificate string   `json:"certificate,omitempty"`
	Agent       string   `json:"agent,omitempty"`
	Servers     *Servers `json:"servers,omitempty"`
}

// Where says where the coordinator of a fleet and its agents meet.
func (k Key) Where() string { return Join{Address: k.Address, Servers: k.Servers}.Where() }

// Where says where the coordinator of a fleet and its agents meet.
func (j Join) Where() string {
	if j.Servers != nil {
		return j.Servers.String()
	}
	return j.Address
}

// CheckAddress says what is wrong with the address of a coordinator, and with the one at which it listens if that is
// another.
func CheckAddress(address, listen string) error {
	if listen != "" {
		if _, err := netip.ParseAddrPort(listen); err != nil {
			return fmt.Errorf("fleet: --listen %q is not a literal address with a port, such as 0.0.0.0:7422", listen)
		}
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" || port == "0" {
			return fmt.Errorf("fleet: %q is not an address with a port, such as socketbench:7422", address)
		}
		return nil
	}
	a, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return fmt.Errorf("fleet: %q is not a literal address with a port, such as 10.0.0.1:7422; a name that leads to this machine needs --listen with the address that it has", address)
	case a.Port() == 0:
		return fmt.Errorf("fleet: %q: agents need a port that does not change; choose one, such as 7422", address)
	case a.Addr().IsUnspecified():
		return fmt.Errorf("fleet: %q stands for all addresses; give the one at which agents reach this machine", address)
	}
	return nil
}

// Write writes a key or a join file, which must not exist, and which nobody else may read.
func Write(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("fleet: %s exists already; agents that have its other half would no longer be let in; remove it, or choose another directory with --dir", path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("fleet: %s cannot be written, because its directory does not exist; make it, or choose another one with --dir", path)
	}
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

// ReadKey reads the coordinator's file, and ReadJoin an agent's.
func ReadKey(path string) (k Key, err error) {
	if err = read(path, &k); err == nil && k.Servers == nil && (k.Coordinator == "" || k.Agents == "" || k.Private == "") {
		err = fmt.Errorf("fleet: %s is not a coordinator's key file (fleet.key); `socketbench fleet new ADDRESS` writes one", path)
	}
	return k, err
}

// ReadJoin reads an agent's file.
func ReadJoin(path string) (j Join, err error) {
	if err = read(path, &j); err == nil && j.Servers == nil && (j.Agent == "" || j.Certificate == "" || j.Address == "") {
		err = fmt.Errorf("fleet: %s is not an agent's file (fleet.join); `socketbench fleet new ADDRESS` writes one", path)
	}
	return j, err
}

func read(path string, v any) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("fleet: there is no file %s; `socketbench fleet new ADDRESS` writes fleet.key, which gives orders, and fleet.join for the agents", path)
	}
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	if others := info.Mode().Perm() & 0o077; others != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("fleet: others can read %s, and a program that reads it can give orders, or answers, in its name; chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("fleet: %s is not a key file: %w; `socketbench fleet new ADDRESS` writes one", path, err)
	}
	return nil
}

// Route is the address of this machine from which the fleet's coordinator is reached.
func (j Join) Route() (netip.Addr, error) {
	to := j.Address
	if j.Servers != nil {
		to = j.Servers.first()
	}
	c, err := net.Dial("udp", to) // nothing is sent
	if err != nil {
		return netip.Addr{}, fmt.Errorf("fleet: %s cannot be reached from here: %w", to, err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
