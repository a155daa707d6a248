package load

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/servers/upper"
)

// onlooker is a server without a goroutine: it answers when it is told to, on the thread of the engine,
// so that nothing runs while a turn of the engine is looked at but the engine.
type onlooker struct {
	listener int
	conns    []int
	buf      []byte
}

func newOnlooker(t testing.TB) (*onlooker, string) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	s := &onlooker{listener: fd, conns: make([]int, 0, 256), buf: make([]byte, 256<<10)}
	t.Cleanup(func() {
		shut(s.listener)
		for _, fd := range s.conns {
			shut(fd)
		}
	})
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(fd, 256))
	name, err := unix.Getsockname(fd)
	require.NoError(t, err)
	return s, fmt.Sprintf("tcp://127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}

// answer takes who has come and answers what they have said.
func (s *onlooker) answer() {
	for len(s.conns) < cap(s.conns) {
		fd, _, errno := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(s.listener), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		if errno != 0 {
			break
		}
		s.conns = append(s.conns, int(fd))
	}
	left := s.conns[:0]
	for _, fd := range s.conns {
		n, errno := receive(fd, s.buf)
		if errno != 0 && errno != unix.EAGAIN || errno == 0 && n == 0 {
			shut(fd)
			continue
		}
		left = append(left, fd)
		if errno == 0 {
			_, _ = send(fd, upper.Bytes(s.buf[:0], s.buf[:n]))
		}
	}
	s.conns = left
}

// AllocsPerRun rounds down, so that one allocation in 1,000 requests is the least that fails, and what the
// rest of the process allocates now and then is none of the engine's.
func TestNothingIsAllocatedForARequest(t *testing.T) {
	for name, o := range map[string]Options{
		"closed":          {},
		"pipelined":       {Pipeline: 16},
		"thinking, spins": {Think: 100 * time.Microsecond, Spin: true}, // asleep, it would wait for a server that waits for it
		"in sessions":     {Requests: 3},
		"Poisson":         {Arrivals: Poisson, Rate: 50_000},
		"Poisson session": {Arrivals: Poisson, Rate: 50_000, Requests: 3},
		"constant, spins": {Arrivals: Constant, Rate: 50_000, Spin: true},
		"bursts":          {Arrivals: Bursts, Rate: 20_000, Burst: Burst{Peak: 200_000, Width: time.Millisecond, Period: 5 * time.Millisecond}},
		"lines":           {Framing: upper.Line},
		"lengths":         {Framing: upper.Length},
		"large":           {Size: 100_000},
		"conversation":    {Conversation: &Conversation{Say: []byte("ping\r\n"), Expect: []byte("PING\r\n")}},
		"until":           {Conversation: &Conversation{Say: []byte("ping\r\n"), Until: []byte("\r\n")}},
		"disturbed":       {SlowWriter: 1, Bulk: 1, Churn: 1, Reset: 1},
	} {
		t.Run(name, func(t *testing.T) {
			server, address := newOnlooker(t)
			o.Address, o.Connections, o.Duration = address, 8, time.Minute
			require.NoError(t, o.Check())
			o = o.WithDefaults()
			target, err := resolve(o)
			require.NoError(t, err)
			p, err := newEpoll(newWorkload(o, 0, 1), target, 0, 1, new(atomic.Bool))
			require.NoError(t, err)
			defer p.close()
			e := p.(*epollEngine)
			e.backlog.nodes = make([]waiting, 0, 4<<20) // all arrivals may wait, should the machine stand still
			e.connect(false)
			e.connect(true)
			require.Equal(t, o.Connections, e.standing())
			now := clock()
			now = e.admit(now, now, now+int64(o.Duration))
			play := func(requests int64) {
				for goal := e.recorder.completed + requests; e.recorder.completed < goal && e.phase <= counting; {
					server.answer()
					now = e.turn(now)
				}
			}
			many := int64(1000)
			if o.Size > 10_000 {
				many = 100 // of many reads each
			}
			play(many) // what grows until it is large enough has grown
			require.Zero(t, testing.AllocsPerRun(5, func() { play(many) }), "allocations in %d requests", many)
			require.Equal(t, counting, e.phase, "all were answered within the window")
			require.Zero(t, e.recorder.wrong+e.recorder.duplicate+e.recorder.lost)
			require.GreaterOrEqual(t, e.recorder.completed, 7*many)
		})
	}
}
