package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
	"socketbench/servers"
)

// regulars is the number of clients that connect before the idle ones.
const regulars = 200

// memoryBars is the most memory that an idle connection of a design may take, in bytes.
var memoryBars = map[string]float64{"epoll": 250, "borrow": 5 << 10}

// memory measures how much of a server's resident memory an idle connection takes.
func (b *bars) memory() *cobra.Command {
	var conns, rounds int
	c := &cobra.Command{
		Use:   "memory [DESIGN...]",
		Short: "resident memory per idle connection",
		Long: "Memory starts each design, lets 200 clients be answered and stay, so that the code is in memory and the\n" +
			"runtime has learned the usual size of a stack, and reads the resident memory. It reads it again with\n" +
			"--connections more clients that are silent, and once more when each of these has been answered once. The\n" +
			"difference, divided by their number, is the memory of one connection. The median of the rounds is printed.\n" +
			"Garbage is collected before every reading. The kernel's memory is not included.",
		Example: "  go run ./.ci/bars memory epoll borrow goroutine",
		RunE: func(c *cobra.Command, args []string) error {
			missed := false
			fmt.Fprintf(b.stdout, "%-11s %13s %13s  %6s\n", "B/connection", "silent", "answered once", "bar")
			for _, e := range b.registry {
				if len(args) > 0 && !slices.Contains(args, e.Name) || !holds(e, conns) {
					continue
				}
				var silent, answered []float64
				for range rounds {
					s, o, err := b.perConnection(c.Context(), e, conns)
					if err != nil {
						return fmt.Errorf("memory: %s: %w", e.Name, err)
					}
					silent, answered = append(silent, s), append(answered, o)
				}
				slices.Sort(silent)
				slices.Sort(answered)
				line := fmt.Sprintf("%-11s %13.0f %13.0f", e.Name, silent[rounds/2], answered[rounds/2])
				if bar, ok := memoryBars[e.Name]; ok {
					word := "met"
					if silent[rounds/2] > bar {
						word, missed = "missed", true
					}
					line += fmt.Sprintf("  %6.0f %s", bar, word)
				}
				fmt.Fprintln(b.stdout, line)
			}
			if missed {
				return errMissed
			}
			return nil
		},
	}
	c.Flags().IntVar(&conns, "connections", 10_000, "number of idle connections")
	c.Flags().IntVar(&rounds, "rounds", 5, "number of times that each design is started")
	return c
}

// holds reports whether a design can serve so many connections at once.
func holds(e servers.Entry, conns int) bool {
	capacity := e.Traits.Capacity(servers.Config{MaxConns: conns + regulars})
	return e.New != nil && (capacity == 0 || capacity >= conns+regulars) && e.Traits.MaxFD == 0 && e.Traits.PerConn == 0
}

// perConnection returns the bytes that each of conns connections takes while silent, and after one reply.
func (b *bars) perConnection(ctx context.Context, e servers.Entry, conns int) (silent, answered float64, err error) {
	s, err := new(host.Launcher).Serve(ctx, host.Options{Job: host.Job{Server: e.Name, Config: servers.Config{MaxConns: conns + regulars}}})
	if err != nil {
		return 0, 0, err
	}
	defer s.End()
	resident := func() (float64, error) {
		if err := s.Settle(ctx); err != nil {
			return 0, err
		}
		time.Sleep(50 * time.Millisecond) // the system frees some memory a moment later
		u, err := host.ReadUsage(s.PID)
		return float64(u.RSS), err
	}
	where := strings.TrimPrefix(s.Address, "tcp://")
	var clients []net.Conn
	defer func() {
		for _, c := range clients {
			c.(*net.TCPConn).SetLinger(0) // leaves no TIME-WAIT
			c.Close()
		}
	}()
	connect := func(n int) error {
		for range n {
			// Each 5,000 connections have an address of their own, because the ports of one would run out.
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+len(clients)/5000))}}
			c, err := d.DialContext(ctx, "tcp", where)
			if err != nil {
				return err
			}
			clients = append(clients, c)
		}
		return askOnce(clients[len(clients)-1]) // when the last one is answered, all have been accepted
	}
	if err := connect(regulars); err != nil {
		return 0, 0, err
	}
	for _, c := range clients {
		if err := askOnce(c); err != nil {
			return 0, 0, err
		}
	}
	empty, err := resident()
	if err != nil {
		return 0, 0, err
	}
	if err := connect(conns); err != nil {
		return 0, 0, err
	}
	quiet, err := resident()
	if err != nil {
		return 0, 0, err
	}
	for _, c := range clients {
		if err := askOnce(c); err != nil {
			return 0, 0, err
		}
	}
	spoken, err := resident()
	return (quiet - empty) / float64(conns), (spoken - empty) / float64(conns), err
}

// askOnce sends a byte and waits for the reply.
func askOnce(c net.Conn) error {
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write([]byte("a")); err != nil {
		return err
	}
	reply := []byte{0}
	if _, err := io.ReadFull(c, reply); err != nil || reply[0] != 'A' {
		return fmt.Errorf("the reply to \"a\" was %q: %w", reply, err)
	}
	return nil
}
