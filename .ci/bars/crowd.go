package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
	"socketbench/servers"
)

// holding is the number of connections of one client process: fewer than the descriptors it may open.
const holding = 15_000

// crowds measures whether a design can hold more connections than one process may open.
func (b *bars) crowds() *cobra.Command {
	var conns, children int
	c := &cobra.Command{
		Use:   "crowd DESIGN",
		Short: "hold more idle connections than one process may open",
		Long: "Crowd connects clients to a design from several processes, waits until each has been answered once, and then,\n" +
			"while all of them are silent, until one more has been answered. prefork can hold more than one process may open.",
		Example: "  go run ./.ci/bars crowd prefork",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			l := host.NewLauncher()
			defer l.Close()
			s, err := l.Serve(c.Context(), host.Options{Order: host.Order{Server: args[0], Config: servers.Config{Workers: children}}})
			if err != nil {
				return err
			}
			defer s.End()
			where := strings.TrimPrefix(s.Address, "tcp://")
			start := time.Now()
			for held := 0; held < conns; held += holding {
				release, err := hold(c.Context(), where, min(holding, conns-held), held/holding)
				if err != nil {
					return fmt.Errorf("crowd: after %d connections: %w", held, err)
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
	c.AddCommand(&cobra.Command{Use: "hold ADDRESS N PLACE", Hidden: true, Args: cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error { return b.held(c.Context(), args) }})
	return c
}

// hold starts a process that holds n connections until release is called or this process ends.
func hold(ctx context.Context, where string, n, place int) (release func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "crowd", "hold", where, strconv.Itoa(n), strconv.Itoa(place))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	release = func() { in.Close(); cmd.Wait() }
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		release()
		return nil, fmt.Errorf("the process that holds %d more has ended: %q, %w", n, line, err)
	}
	return release, nil
}

// held is the process that hold starts.
func (b *bars) held(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	place, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for i := range n {
		// Each 5,000 connections have an address of their own, because the ports of one would run out.
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(2+place), byte(1+i/5000))}}
		c, err := d.DialContext(ctx, "tcp", args[0])
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
	fmt.Fprintln(b.stdout, "holding")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
