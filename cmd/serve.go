package cmd

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"socketbench/experiments/report/source"
	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/address"
	"socketbench/servers/foreign"
)

// maxFaultLines is how many faults serve prints before it only counts: a fault in every request must
// not fill a terminal or a disk.
const maxFaultLines = 50

func (a *app) serve() *cobra.Command {
	var (
		listen string
		show   bool
		told   spec.Experiment // its config is that of the server
	)
	c := &cobra.Command{
		Use:   "serve NAME",
		Short: "run one design, so that you can talk to it",
		Long: "Serve runs a design until Ctrl-C, which drains it: it answers all requests that it has read, and then ends\n" +
			"every connection. It listens on loopback unless --listen gives another address. With --show it prints who comes,\n" +
			"what it reads from whom, and who leaves.",
		Example: "  socketbench serve goroutine\n" +
			"  socketbench serve pool --workers 2 --wait 300ms\n" +
			"  socketbench serve epoll --listen unix:///tmp/upper.sock --framing line\n" +
			"  socketbench serve sequential --show",
		Args:              a.servable,
		ValidArgsFunction: a.completeServers(1),
		RunE: func(c *cobra.Command, args []string) error {
			entry, err := a.registry.Lookup(args[0])
			if err != nil {
				return err
			}
			if entry.Launch != nil {
				return fmt.Errorf("serve: %q is a program of its own: run it by hand (%s), or let socketbench check %s and socketbench run %s start it",
					entry.Name, entry.File, entry.Name, entry.Name)
			}
			if listen == "" {
				listen = "tcp://127.0.0.1:9000"
				if entry.New == nil {
					listen = "udp://127.0.0.1:9000"
				}
			}
			where, err := address.Parse(listen)
			if err != nil {
				return fmt.Errorf("serve: %w", err)
			}
			var shows *shown
			if show {
				if err := showable(entry); err != nil {
					return err
				}
				shows = &shown{to: a.stdout}
				told.Config.Protocol.Hook = shows.hook
			}
			return a.serveUntilStopped(c.Context(), entry, where, told.Config, shows)
		},
	}
	f := c.Flags()
	f.StringVar(&listen, "listen", "", "tcp://host:port, unix:///path or udp://host:port (default: port 9000 on loopback)")
	f.BoolVar(&show, "show", false, "print who connects, what is read and who leaves")
	for _, knob := range spec.Flags(&told, "config") {
		f.Var(knob, knob.Name(), knob.Usage())
	}
	return c
}

// servable accepts the name of one design. Without one it lists them.
func (a *app) servable(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		var names []string
		for _, e := range a.registry {
			if e.New != nil || e.NewPacket != nil {
				names = append(names, e.Name)
			}
		}
		return fmt.Errorf("no design is named; there are %s; write socketbench %s", strings.Join(names, ", "), c.Use)
	}
	return arguments(1, 1)(c, args)
}

// serveUntilStopped binds, says what to type next, serves until ctx ends and says what was done.
func (a *app) serveUntilStopped(ctx context.Context, e servers.Entry, where address.Address, cfg servers.Config, shows *shown) error {
	cfg.Tally = new(servers.Tally)
	var faults atomic.Int64
	cfg.Report = func(err error) {
		if faults.Add(1) <= maxFaultLines {
			fmt.Fprintf(a.stderr, "fault: %q\n", err) // quoted: an error may repeat what a client sent
		}
	}
	serve, bound, err := bind(ctx, e, where, cfg, shows)
	if err != nil {
		return err
	}
	a.sayWhatNext(e, bound, cfg)
	err = serve()
	fmt.Fprintf(a.stdout, "\n%s, %s read, %s written\n",
		counted(cfg.Tally.Conns.Load(), "connection"), counted(cfg.Tally.Read.Load(), "byte"), counted(cfg.Tally.Written.Load(), "byte"))
	if more := faults.Load() - maxFaultLines; more > 0 {
		fmt.Fprintln(a.stderr, counted(more, "more fault"))
	}
	if err != nil {
		return &doesNotHold{fmt.Errorf("serve: %w", err)}
	}
	return nil
}

// bind opens the socket of a design, whose connections shows prints, if it is not nil. The function that it returns blocks until ctx has ended and the server has drained.
func bind(ctx context.Context, e servers.Entry, where address.Address, cfg servers.Config, shows *shown) (serve func() error, bound address.Address, err error) {
	packets := e.New == nil
	switch {
	case packets != (where.Network == "udp"):
		kind := "streams: listen on tcp:// or unix://"
		if packets {
			kind = "datagrams: listen on udp://"
		}
		return nil, bound, fmt.Errorf("serve: %q answers %s", e.Name, kind)
	case e.Traits.TCPOnly && where.Network != "tcp":
		return nil, bound, fmt.Errorf("serve: %q needs tcp://: its listeners share a port", e.Name)
	case packets:
		pc, err := servers.ListenPacket(ctx, where, cfg)
		if err != nil {
			return nil, bound, fmt.Errorf("serve: %w", where.NotBound(err))
		}
		server := e.NewPacket(cfg)
		return func() error { return server.ServePacket(ctx, pc) }, address.Of(pc.LocalAddr()), nil
	}
	ln, err := servers.Listen(ctx, where, e.Traits)
	if err != nil {
		return nil, bound, fmt.Errorf("serve: %w", where.NotBound(err))
	}
	at := address.Of(ln.Addr())
	if shows != nil {
		ln = shows.over(ln)
	}
	server := e.New(cfg)
	return func() error { return server.Serve(ctx, ln) }, at, nil
}

// sayWhatNext prints what to type in another terminal and which file to read.
func (a *app) sayWhatNext(e servers.Entry, at address.Address, cfg servers.Config) {
	fmt.Fprintf(a.stdout, "%s: %s\nlistening on %v, %v framing; Ctrl-C drains and ends\n",
		e.Name, e.Idea, at, cfg.Protocol.Framing)
	if !at.Loopback() {
		fmt.Fprintln(a.stdout, "warning: other machines can reach this address, and the server trusts every client")
	}
	at = at.Here()
	typed := foreign.ShellLine(at.String())
	fmt.Fprintf(a.stdout, "\n  talk to it   socketbench talk %s", typed)
	if line := netcat(at); line != "" {
		fmt.Fprint(a.stdout, "      or: ", line)
	}
	fmt.Fprintln(a.stdout)
	fmt.Fprintf(a.stdout, "  test it      socketbench check %s\n  load it      socketbench load %s\n", typed, typed)
	code, err := source.Of(e)
	if err != nil { // an author's own design, without its source
		return
	}
	fmt.Fprintf(a.stdout, "  read it      socketbench code %s      %s\n", e.Name, code.File)
	if e.After != "" {
		fmt.Fprintf(a.stdout, "  compare it   socketbench code %s %s\n", e.After, e.Name)
	}
}

// starter is the command that starts a server at an address where nobody listens.
func (a *app) starter(at address.Address) string {
	for _, e := range a.registry {
		if (at.Network == "udp") == (e.NewPacket != nil) && e.Traits.MaxConns != 1 {
			return foreign.ShellLine("socketbench", "serve", e.Name, "--listen", at.String())
		}
	}
	return "socketbench serve"
}

// netcat is the call of nc that reaches an address; "" if nc cannot reach it.
func netcat(at address.Address) string {
	if at.Network == "unix" {
		if at.Abstract() {
			return ""
		}
		return foreign.ShellLine("nc", "-U", at.Where)
	}
	host, port, err := net.SplitHostPort(at.Where)
	if err != nil {
		return ""
	}
	if at.Network == "udp" {
		return foreign.ShellLine("nc", "-u", host, port)
	}
	return foreign.ShellLine("nc", host, port)
}
