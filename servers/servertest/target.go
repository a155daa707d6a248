package servertest

import (
	"context"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"

	"socketbench/servers"
	"socketbench/servers/address"
	"socketbench/servers/upper"
)

// Target is the server that is checked: an address where it listens, or a way to start it.
type Target struct {
	Name    string
	Network string        // tcp, unix or udp; "" means tcp
	Address string        // where it listens; unused if Start is set
	Framing upper.Framing // the one it speaks, if it cannot be told
	Limit   int           // its longest request in bytes; 0: upper.DefaultLimit
	PID     int           // of its process; 0: unknown

	Start  func(context.Context, servers.Config) (*Instance, error)                          // starts a fresh one, before the context ends; nil: only the address is known
	Cheap  bool                                                                              // starting costs little: every case gets its own
	Config bool                                                                              // Start obeys its Config
	Hooks  bool                                                                              // it runs in this process: the handler's hook can be used
	Stops  bool                                                                              // Stop lets it drain; a server that is merely killed cannot be checked for that
	Inside *Target                                                                           // the same server in this process, for the cases that need its handler
	Limits func(ctx context.Context, cfg servers.Config, descriptors int) (*Instance, error) // as Start, in a child that may open so many
	Traits *servers.Traits                                                                   // what it promises; nil: unknown, and the check finds out what it needs
}

// Instance is one running server.
type Instance struct {
	Network, Address string
	PID              int           // 0: unknown
	Own              bool          // it runs in this process
	Done             chan struct{} // closed when it has ended; nil: unknown
	Stop             func()        // tells it to stop and does not wait; nil: it cannot be told
	Tally            *servers.Tally
	Goroutines       func() int // how many it has; nil: unknown

	where     func() string // where its goroutines stand; set with Goroutines
	err       error         // of Serve; valid when Done is closed
	clients   atomic.Int64  // connections made to it
	received  atomic.Int64  // bytes that its clients got
	rawBytes  atomic.Bool   // a reply with bytes that no text has was right
	lastConns atomic.Int64  // connections of the case that ended last: it may be busy with their ends
	queue     queue         // whether it waits for a CPU
	users     int           // cases that use it now, and whether no other will; the runner's lock guards both
	retired   bool
	mu        sync.Mutex
	reports   []error
}

// Err returns the error with which the server ended. It must not be called before Done is closed.
func (i *Instance) Err() error { return i.err }

// End records how the server ended and closes Done. The code that started the server calls it.
func (i *Instance) End(err error) {
	i.err = err
	close(i.Done)
}

// Reports returns the faults that the server reported so far.
func (i *Instance) Reports() []error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]error(nil), i.reports...)
}

func (i *Instance) report(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.reports = append(i.reports, err)
}

// InProcess returns the target that serves e from this process over network. dir is where unix
// sockets are made; it must exist and have a short name.
func InProcess(e servers.Entry, network, dir string) Target {
	return Target{
		Name: e.Name, Network: network, Traits: &e.Traits, Cheap: !e.Traits.Processes, Config: true, Stops: true, Hooks: !e.Traits.Processes,
		Start: func(ctx context.Context, cfg servers.Config) (*Instance, error) {
			return startHere(ctx, e, cfg, network, dir)
		},
	}
}

var lastServer atomic.Int64

func startHere(ctx context.Context, e servers.Entry, cfg servers.Config, network, dir string) (*Instance, error) {
	id := strconv.FormatInt(lastServer.Add(1), 10)
	inst := &Instance{Network: network, PID: os.Getpid(), Own: true, Done: make(chan struct{})}
	serving, cancel := context.WithCancel(context.Background())
	inst.Stop = cancel
	inst.Goroutines = func() int { return goroutines.of(id).count }
	inst.where = func() string { return goroutines.of(id).stacks }
	inst.Tally = new(servers.Tally)
	cfg.Tally, cfg.Report = inst.Tally, inst.report
	var serve func(context.Context) error
	if network == "udp" {
		pc, err := servers.ListenPacket(ctx, address.Address{Network: network, Where: "127.0.0.1:0"}, cfg)
		if err != nil {
			return nil, err
		}
		server := e.NewPacket(cfg)
		inst.Address = pc.LocalAddr().String()
		serve = func(ctx context.Context) error { return server.ServePacket(ctx, pc) }
	} else {
		where := "127.0.0.1:0"
		if network == "unix" {
			where = filepath.Join(dir, id+".sock")
		}
		ln, err := servers.Listen(ctx, address.Address{Network: network, Where: where}, e.Traits)
		if err != nil {
			return nil, err
		}
		narrow(ln)
		server := e.New(cfg) // without the label: goroutines that a library starts once for the process are not the server's
		inst.Address = ln.Addr().String()
		serve = func(ctx context.Context) error { return server.Serve(ctx, ln) }
	}
	go func() {
		var err error
		pprof.Do(serving, pprof.Labels(serverLabel, id), func(ctx context.Context) { err = serve(ctx) })
		inst.End(err) // without the label: this goroutine is not one that the server left behind
	}()
	return inst, nil
}
