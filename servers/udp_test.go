package servers_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// packets starts the datagram design and returns a client and a function that stops the server, waits
// for its end and returns its tally.
func packets(t *testing.T, cfg servers.Config) (client net.Conn, stop func() (*servers.Tally, error)) {
	t.Helper()
	e, err := servers.All().Lookup("udp")
	require.NoError(t, err)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg.Tally = new(servers.Tally)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- e.NewPacket(cfg).ServePacket(ctx, pc) }()
	client, err = net.Dial("udp", pc.LocalAddr().String())
	require.NoError(t, err)
	client.SetDeadline(time.Now().Add(watchdog))
	stopped := false
	stop = func() (*servers.Tally, error) {
		stopped = true
		cancel()
		select {
		case err := <-served:
			return cfg.Tally, err
		case <-time.After(watchdog):
			t.Fatal("the server did not end")
			return nil, nil
		}
	}
	t.Cleanup(func() {
		client.Close()
		if !stopped {
			_, err := stop()
			require.NoError(t, err)
		}
	})
	return client, stop
}

func exchange(t *testing.T, client net.Conn, request string) string {
	t.Helper()
	_, err := client.Write([]byte(request))
	require.NoError(t, err)
	buf := make([]byte, 64<<10)
	n, err := client.Read(buf)
	require.NoError(t, err)
	return string(buf[:n])
}

func TestUDPAnswersEachDatagram(t *testing.T) {
	client, stop := packets(t, servers.Config{})
	require.Equal(t, "HELLO", exchange(t, client, "hello"))
	require.Equal(t, "A\x00\xffZ", exchange(t, client, "a\x00\xffz"))
	require.Equal(t, strings.Repeat("X", 60000), exchange(t, client, strings.Repeat("x", 60000)))
	tally, err := stop()
	require.NoError(t, err)
	require.EqualValues(t, 60009, tally.Read.Load())
	require.EqualValues(t, 60009, tally.Written.Load())
}

// Unlike in a stream, an empty datagram is a message, and not the end.
func TestUDPAnswersAnEmptyDatagram(t *testing.T) {
	client, _ := packets(t, servers.Config{})
	require.Empty(t, exchange(t, client, ""))
	require.Equal(t, "STILL THERE", exchange(t, client, "still there"))
}

func TestUDPFramings(t *testing.T) {
	client, _ := packets(t, servers.Config{Protocol: upper.Protocol{Framing: upper.Line}})
	require.Equal(t, "ONE\nTWO\nAND A REST", exchange(t, client, "one\ntwo\nand a rest"))

	client, stop := packets(t, servers.Config{Protocol: upper.Protocol{Framing: upper.Length}})
	_, err := client.Write([]byte("\x00\x00\x00\x09cut")) // no reply can be made of it
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00\x02OK", exchange(t, client, "\x00\x00\x00\x02ok"))
	tally, err := stop()
	require.NoError(t, err)
	require.EqualValues(t, 1, tally.Dropped.Load())
}

func TestUDPHandlerThatPanics(t *testing.T) {
	reported := make(chan error, 1)
	client, _ := packets(t, servers.Config{
		Report: func(err error) { reported <- err },
		Protocol: upper.Protocol{Hook: func(req []byte) {
			if string(req) == "bomb" {
				panic("bomb")
			}
		}},
	})
	_, err := client.Write([]byte("bomb"))
	require.NoError(t, err)
	require.Equal(t, "NEXT", exchange(t, client, "next"))
	require.ErrorContains(t, <-reported, "bomb")
}

// TestUDPLosesInSilence floods a server that does not read. No send fails, and only the tally shows
// how many datagrams were lost.
func TestUDPLosesInSilence(t *testing.T) {
	const sent, size = 2000, 1400
	entered, goOn := make(chan struct{}, sent), make(chan struct{})
	client, stop := packets(t, servers.Config{Protocol: upper.Protocol{Hook: func([]byte) {
		entered <- struct{}{}
		<-goOn
	}}})
	for range sent {
		_, err := client.Write(make([]byte, size))
		require.NoError(t, err)
	}
	<-entered
	close(goOn)
	got := 0
	for buf := make([]byte, size); ; got++ { // until none has come for a while: their number is unknown
		client.SetReadDeadline(time.Now().Add(2 * time.Second))
		if _, err := client.Read(buf); err != nil {
			break
		}
	}
	tally, err := stop()
	require.NoError(t, err)
	require.Less(t, got, sent, "nothing was lost, because the kernel had room for everything")
	require.LessOrEqual(t, tally.Written.Load(), int64(sent*size))
	if tally.Lost.Load() > 0 { // not every system says how many it dropped
		require.EqualValues(t, sent, tally.Lost.Load()+tally.Read.Load()/size)
	}
}

// A stop ends a blocked read, and cuts off a handler that waits past the deadline.
func TestUDPStops(t *testing.T) {
	_, stop := packets(t, servers.Config{})
	_, err := stop()
	require.NoError(t, err)

	entered := make(chan struct{}, 1)
	client, stop := packets(t, servers.Config{DrainTimeout: time.Millisecond, Protocol: upper.Protocol{
		Work: upper.Work{Wait: time.Hour}, Hook: func([]byte) { entered <- struct{}{} }}})
	_, err = client.Write([]byte("wait"))
	require.NoError(t, err)
	<-entered
	_, err = stop()
	require.ErrorContains(t, err, "cut off")
}
