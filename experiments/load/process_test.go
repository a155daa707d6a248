//go:build unix

package load_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/experiments/load"
	"socketbench/patterns/child"
	"socketbench/servers/upper"
)

// answerVerb is what this program becomes as a server in a process of its own.
const answerVerb = "answer"

// answer is the life of that server: it says where it listens and ends with its parent.
func answer(_ context.Context, parent *child.Conn) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := parent.Send(ln.Addr().String()); err != nil {
		return err
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go honest(upper.Raw)(conn)
		}
	}()
	_ = parent.Receive(new(string)) // nothing is sent
	return nil
}

// elsewhere starts that process.
func elsewhere(t testing.TB) (address string, pid int) {
	server, err := child.Start(child.Options{Verb: answerVerb})
	require.NoError(t, err)
	t.Cleanup(func() { server.End(10 * time.Second) })
	require.NoError(t, server.Receive(&address))
	return "tcp://" + address, server.PID
}

// The proof of `socketbench load --prove`, shorter. What it says to the request is tested in simulated time.
func TestAStalledServerIsSeen(t *testing.T) {
	address, pid := elsewhere(t)
	o := load.Options{Address: address, Connections: 8, Rate: 1000, Duration: 3 * time.Second, Warmup: 100 * time.Millisecond}
	p, err := load.Prove(t.Context(), pid, o, 700*time.Millisecond)
	require.NoError(t, err)
	p99 := p.Lines[2]
	require.EqualValues(t, 99, p99.Percentile)
	require.Positive(t, p99.Analytic)
	require.Greater(t, p99.Response, p99.Analytic*.99, "nobody is answered while the server is stopped; a machine that is busy adds to it")
	accounted(t, o, p.Result)

	_, err = load.Prove(t.Context(), pid, o, 2*time.Second)
	require.ErrorContains(t, err, "at most half")
}

// Where a process may not have enough descriptors, several play together.
func TestSeveralProcessesPlayTogether(t *testing.T) {
	address, _ := elsewhere(t) // has the higher limit
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	low := limit
	low.Cur = 164
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	t.Cleanup(func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) })
	for _, o := range []load.Options{{Think: 200 * time.Millisecond}, {Arrivals: load.Constant, Rate: 1000}} {
		o.Address, o.Connections, o.Duration, o.Warmup, o.Mute = address, 240, 600*time.Millisecond, 100*time.Millisecond, 10
		windows := 0
		o.Ready = func(load.Window) { windows++ }
		r := spawn(t, o)
		accounted(t, o, r)
		require.Equal(t, 1, windows)
		require.EqualValues(t, 10, r.Disturbers["mute.connected"])
		if o.Rate > 0 {
			require.InDelta(t, 1000, r.Metrics["offered_rate"], 5, "the parts add up to the rate")
		} else {
			require.Positive(t, r.Metrics["fairness"])
			require.LessOrEqual(t, r.Metrics["fairness"], 1.0)
		}
		seen := map[int]bool{}
		for _, s := range r.Samples {
			seen[s.Conn] = true
			require.Less(t, s.Conn, 243)
		}
		require.Greater(t, len(seen), 100)
	}
	_, err := load.Spawn(t.Context(), load.Options{Address: address, Connections: 5000, Duration: time.Second})
	require.ErrorContains(t, err, "164 descriptors")
	// A crowd of silent ones is spread also where fewer are measured than there are processes.
	for _, o := range []load.Options{{}, {Arrivals: load.Constant, Rate: 200}, {Arrivals: load.Poisson, Rate: 200}} {
		o.Address, o.Connections, o.Idle, o.Duration = address, 1, 300, 300*time.Millisecond
		r, err := load.Spawn(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 1, r.Metrics["served"])
		require.EqualValues(t, 300, r.Disturbers["idle.start"], r.Reasons)
		require.EqualValues(t, 300, r.Disturbers["idle.end"])
	}
}

// A real server of another protocol.
func TestRedis(t *testing.T) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("needs redis-server (Debian: redis-server)")
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "redis.sock")
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	ready := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		lines := bufio.NewScanner(out)
		once := sync.OnceFunc(func() { close(ready) })
		for lines.Scan() {
			if strings.Contains(lines.Text(), "eady to accept connections") {
				once()
			}
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		reader.Wait()
		_ = cmd.Wait()
	})
	select {
	case <-ready:
	case <-time.After(20 * time.Second):
		t.Fatal("redis-server did not get ready")
	}
	set := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n"
	get := "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
	engines(t, func(t *testing.T, o load.Options) {
		o.Address = "unix://" + socket
		for _, c := range []load.Conversation{
			{Say: []byte("PING\r\n"), Expect: []byte("+PONG\r\n")},
			{Say: []byte(set), Until: []byte("\r\n")},
			{Say: []byte(get), Expect: []byte("$5\r\nhello\r\n")},
			{Say: []byte(get), ReplyBytes: 11},
		} {
			for _, pipeline := range []int{1, 16} {
				o.Conversation, o.Pipeline = &c, pipeline
				accounted(t, o, run(t, o))
			}
		}
		o.Conversation = &load.Conversation{Say: []byte("PING\r\n"), Expect: []byte("+PANG\r\n")}
		r := run(t, o)
		require.Positive(t, r.Metrics["wrong"])
		require.Equal(t, 2, r.Wrong.Offset)
	})
}

// A generator that runs out of descriptors while it plays says that it has, not that the server took nobody.
func TestAGeneratorWithoutDescriptors(t *testing.T) {
	address, _ := elsewhere(t)
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	low := limit
	low.Cur = 300
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	t.Cleanup(func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) })
	var taken []int
	t.Cleanup(func() {
		for _, fd := range taken {
			_ = unix.Close(fd)
		}
	})
	for {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	for range 30 {
		require.NoError(t, unix.Close(taken[len(taken)-1]))
		taken = taken[:len(taken)-1]
	}
	engines(t, func(t *testing.T, o load.Options) {
		for kind, count := range disturbing {
			o := o
			o.Address = address
			*count(&o) = 60
			r := run(t, o)
			require.False(t, r.Valid, kind)
			require.Contains(t, r.Reasons.String(), "the generator, not the server, had no descriptor", kind)
			require.Positive(t, r.Disturbers[kind+".errors.descriptors"], kind)
		}
	})
}

// setLimit sets a field that is signed on some systems.
func setLimit[T int64 | uint64](field *T, n int) { *field = T(n) }

// However few descriptors a process may have, what is asked for is played or refused by the limit's name.
func TestFewDescriptors(t *testing.T) {
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	t.Cleanup(func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) })
	for descriptors := range 130 {
		low := limit
		setLimit(&low.Cur, descriptors)
		for _, clients := range []int{1, 4, 60, 100, 1000, 1 << 30} {
			require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
			err := load.Options{Address: "tcp://127.0.0.1:1", Connections: 1, Idle: clients, Duration: time.Second}.CheckSpawn()
			require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
			switch {
			case err != nil:
				require.ErrorContains(t, err, "ulimit -n")
			case descriptors > 0: // 0 is a limit that is not known
				require.Less(t, clients, 16*descriptors)
			}
		}
	}
}
