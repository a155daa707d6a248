package host

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// idlePatience is how long a command that is starting may do nothing: use no CPU time, and have no socket but those that
// listen on other ports.
const idlePatience = 5 * time.Second

// sight is what was seen of the processes below this one.
type sight struct {
	owners    []int            // those that listen on the port asked about
	listens   []netip.AddrPort // where
	address   netip.AddrPort   // at which of these they are asked: 127.0.0.1 wherever that reaches them
	sockets   int              // of any kind
	elsewhere []int            // other ports that they listen on
	outside   bool             // another process of the system listens on the port
}

// await waits until the command listens on its port. A connection would use up a server that accepts one client
// only, so the kernel's table of sockets is read, again and again: nothing tells when a port begins to listen.
func (s *supervisor) await(line string, patience time.Duration) (sight, error) {
	began := time.Now()
	worked, used := began, time.Duration(0)
	var strangers time.Time // since when another process listens there
	thoroughly := began     // the last look at everything
	for {
		thorough := time.Since(thoroughly) > 250*time.Millisecond
		if thorough {
			thoroughly = time.Now()
		}
		now, err := look(s.network, s.port, thorough)
		if err != nil {
			return sight{}, err
		}
		if len(now.owners) > 0 {
			// A daemon that binds before it forks is soon another process.
			time.Sleep(10 * time.Millisecond)
			again, err := look(s.network, s.port, false)
			if err == nil && slices.Equal(again.owners, now.owners) {
				return now, nil
			}
			continue
		}
		if cpu := used; thorough {
			if used = usedBelow(); used != cpu || now.sockets > 0 && len(now.elsewhere) == 0 {
				worked = time.Now()
			}
			if !now.outside {
				strangers = time.Time{}
			} else if strangers.IsZero() {
				strangers = time.Now()
			}
		}
		select {
		case <-s.exited:
			if last, err := look(s.network, s.port, true); err == nil && len(last.owners) == 0 && noneBelow() {
				if last.outside {
					return sight{}, s.stranger(line)
				}
				return sight{}, fmt.Errorf("command %q ended before it listened on port %d: %s", line, s.port, s.cmd.ProcessState)
			}
			time.Sleep(5 * time.Millisecond)
		case <-time.After(max(5*time.Millisecond, min(time.Since(began)/5, 50*time.Millisecond))): // a look takes a millisecond
		}
		switch {
		case !strangers.IsZero() && time.Since(strangers) > time.Second:
			return sight{}, s.stranger(line)
		case time.Since(worked) > min(idlePatience, patience), time.Since(began) > patience:
			return sight{}, s.absent(line, now, time.Since(began))
		}
	}
}

// absent is the error of a command that is no longer waited for.
func (s *supervisor) absent(line string, now sight, waited time.Duration) error {
	if last, err := look(s.network, s.port, true); err == nil {
		now = last
	}
	if n := len(now.elsewhere); n > 0 {
		return fmt.Errorf("command %q listens on port %s and not on port %d, which it was given as {port}",
			line, strings.Trim(fmt.Sprint(now.elsewhere), "[]"), s.port)
	}
	if s.network == "udp" {
		return fmt.Errorf("command %q opened no UDP socket on port %d within %.0f s; does it use {port}, and is it a server of datagrams?", line, s.port, waited.Seconds())
	}
	if other, err := look("udp", s.port, false); err == nil && len(other.owners) > 0 {
		return fmt.Errorf("command %q takes datagrams on port %d, and no connections; --transport udp is for a server of datagrams", line, s.port)
	}
	return fmt.Errorf("command %q did not listen on port %d within %.0f s; does it use {port}?", line, s.port, waited.Seconds())
}

func (s *supervisor) stranger(line string) error {
	return fmt.Errorf("command %q: port %d is listened on by a process that is not below the command, so it can be neither measured nor ended; "+
		"start it yourself and name its address: 127.0.0.1:%[2]d", line, s.port)
}
