package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
	"socketbench/patterns/child"
	"socketbench/servers"
)

// mostHeld is the number of connections of one client process: fewer than the descriptors it may open.
const mostHeld = 15_000

// crowds measures whether a design can hold more connections than one process may open.
func (b *bars) crowds() *cobra.Command {
	var conns, children int
	c := &cobra.Command{
		Use:   "crowd DESIGN",
		Short: "hold more idle connections than one process may open",
		Long: "Crowd connects clients to a design from several processes and waits until each has been answered once. Then, while\n" +
			"all of them are silent, one more client must be answered. Only prefork, which has several processes, can hold more\n" +
			"connections than one process may open.",
		Example: "  go run ./.ci/bars crowd prefork",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := new(host.Launcher).Serve(c.Context(), host.Options{Job: host.Job{Server: args[0], Config: servers.Config{Workers: children}}})
			if err != nil {
				return err
			}
			defer s.End()
			where := strings.TrimPrefix(s.Address, "tcp://")
			start := time.Now()
			for n := 0; n < conns; n += mostHeld {
				release, err := hold(held{where, min(mostHeld, conns-n), n / mostHeld})
				if err != nil {
					return fmt.Errorf("crowd: after %d connections: %w", n, err)
				}
				defer release()
			}
			took := time.Since(start)
			last, err := net.Dial("tcp", where)
			if err != nil {
				return err
			}
			defer last.Close()
			if err := askOnce(last); err != nil {
				return fmt.Errorf("crowd: beside %d connections: %w", conns, err)
			}
			u, err := host.ReadUsage(s.PID)
			if err != nil {
				return err
			}
			var limit syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				return err
			}
			fmt.Fprintf(b.stdout, "%s holds %d connections in %d processes, of which each may open %d descriptors; "+
				"each was answered, in %v, and so was one more; %d MiB resident\n",
				args[0], conns, u.Processes, limit.Max, took.Round(time.Millisecond), u.RSS>>20)
			return nil
		},
	}
	c.Flags().IntVar(&conns, "connections", 57_000, "number of idle connections")
	c.Flags().IntVar(&children, "workers", 4, "number of child processes of the design")
	return c
}

// holder is the verb of a child process that holds a part of the connections, see held.
const holder = "hold"

// held says which connections one process holds.
type held struct {
	Where    string
	N, Place int
}

// hold starts a process that holds connections until release is called or this process ends.
func hold(part held) (release func(), err error) {
	p, err := child.Start(child.Options{Verb: holder})
	if err != nil {
		return nil, err
	}
	release = func() { p.End(time.Minute) }
	p.Send(part) // fails if the process has ended, as the Receive below does
	if err := p.Receive(new(int)); err != nil {
		return nil, fmt.Errorf("%d more: %w", part.N, p.End(time.Minute).Err())
	}
	return release, nil
}

// holding is what the process that hold starts runs.
func holding(ctx context.Context, parent *child.Conn) error {
	var part held
	if err := parent.Receive(&part); err != nil {
		return err
	}
	for i := range part.N {
		// Each 5,000 connections have an address of their own, because the ports of one would run out.
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(2+part.Place), byte(1+i/5000))}}
		c, err := d.DialContext(ctx, "tcp", part.Where)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		defer func() {
			c.(*net.TCPConn).SetLinger(0) // leaves no TIME-WAIT
			c.Close()
		}()
		if err := askOnce(c); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	parent.Send(part.N)
	parent.Receive(new(int)) // blocks until the process that holds the other end closes it
	return nil
}
