package load

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/servers/upper"
)

// inPlace answers raw requests without allocating, so that what is allocated is the engine's.
func inPlace(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				buf := make([]byte, 256<<10)
				for {
					n, err := conn.Read(buf)
					if err != nil {
						return
					}
					if _, err := conn.Write(upper.Bytes(buf[:0], buf[:n])); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		all.Wait()
	})
	return "tcp://" + ln.Addr().String()
}

func TestMemoryOfAConnection(t *testing.T) {
	took := func(connections int) uint64 {
		var from, to runtime.MemStats
		o := Options{Address: "tcp://127.0.0.1:1", Connections: connections, Arrivals: Poisson, Rate: 1000}.WithDefaults()
		target, err := resolve(o)
		require.NoError(t, err)
		runtime.ReadMemStats(&from)
		e, err := newEpoll(newWorkload(o, 0, 1), target, 0, 1, new(atomic.Bool))
		require.NoError(t, err)
		runtime.ReadMemStats(&to)
		e.close()
		return to.TotalAlloc - from.TotalAlloc
	}
	each := float64(took(19_001)-took(1)) / 19_000
	t.Logf("%.0f bytes a connection", each)
	require.LessOrEqual(t, each, 1536.0)
}

// Two processes that took the ports of one address looked for free ones for milliseconds a connection.
func TestEachProcessHasASourceOfItsOwn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	seen := map[string]bool{}
	for part := range 3 {
		o := Options{Address: "tcp://" + ln.Addr().String(), Connections: 1, Part: Part{whole.of(part, 3), 3}}.WithDefaults()
		target, err := resolve(o)
		require.NoError(t, err)
		p, err := newEpoll(newWorkload(o, 0, 1), target, 0, 1, new(atomic.Bool))
		require.NoError(t, err)
		p.connect(true)
		require.Equal(t, 1, p.(*epollEngine).standing())
		conn, err := ln.Accept()
		require.NoError(t, err)
		host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		require.NoError(t, err)
		seen[host] = true
		_ = conn.Close()
		p.close()
	}
	require.Len(t, seen, 3)
}

func TestProcessesThatShareCPUsDoNotSpin(t *testing.T) {
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	low := limit
	low.Cur = 164
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	defer func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) }()
	o := Options{Address: "tcp://127.0.0.1:1", Arrivals: Poisson, Rate: 1000, Spin: true}
	for connections, processes := range map[int]int{64: 1, 240: 3} {
		o.Connections = connections
		parts, err := o.split()
		require.NoError(t, err)
		require.Len(t, parts, processes)
		for _, p := range parts {
			require.Equal(t, processes == 1, p.Spin)
			require.Equal(t, o.Rate, p.Rate, "each draws the arrivals of all")
		}
	}
}

func TestLargeMessagesAreNotKept(t *testing.T) {
	address := inPlace(t)
	took := func(size int) uint64 {
		var from, to runtime.MemStats
		runtime.ReadMemStats(&from)
		r, err := Run(context.Background(), Options{Address: address, Connections: 1, Size: size, Duration: 500 * time.Millisecond})
		require.NoError(t, err)
		runtime.ReadMemStats(&to)
		require.Zero(t, r.Metrics["wrong"]+r.Metrics["lost"]+r.Metrics["duplicate"])
		require.Positive(t, r.Response.TotalCount())
		require.Positive(t, r.Metrics["throughput_bytes"])
		return to.TotalAlloc - from.TotalAlloc
	}
	took(64)
	small, large := took(1), took(64<<20)
	require.Less(t, float64(large), float64(small)+8<<20)
}

func TestSourcesRotateWhenPortsRunOut(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	target, err := resolve(Options{Address: "tcp://" + ln.Addr().String()})
	require.NoError(t, err)
	d, err := newDialer(target, true)
	require.NoError(t, err)
	seen := map[string]bool{}
	for range 3 {
		d.opened = perSource // as if so many connections had been opened
		fd, errno := d.dial()
		require.Zero(t, errno, "%v", errno)
		conn, err := ln.Accept()
		require.NoError(t, err)
		host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		require.NoError(t, err)
		seen[host] = true
		_ = conn.Close()
		shut(fd)
	}
	require.Len(t, seen, 3, "each from an address of its own")
}
