//go:build linux

package reactor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
	"socketbench/patterns/reactor"
)

var pollers = map[string]func() (reactor.Poller, error){
	"epoll": reactor.NewEpoll, "poll": reactor.NewPoll, "select": reactor.NewSelect,
}

// each runs a test with every poller and a connected pair of non-blocking sockets.
func each(t *testing.T, test func(t *testing.T, p reactor.Poller, near, far int)) {
	for name, open := range pollers {
		t.Run(name, func(t *testing.T) {
			p, err := open()
			require.NoError(t, err)
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
			require.NoError(t, err)
			test(t, p, pair[0], pair[1])
			unix.Close(pair[0])
			unix.Close(pair[1])
			require.NoError(t, p.Close())
		})
	}
}

// ready waits for events, and fails if none arrives.
func ready(t *testing.T, p reactor.Poller) []reactor.Event {
	for range 100 {
		events, err := p.Wait(time.Second)
		require.NoError(t, err)
		if len(events) > 0 {
			return events
		}
	}
	t.Fatal("nothing became ready")
	return nil
}

func TestReadinessIsAState(t *testing.T) {
	each(t, func(t *testing.T, p reactor.Poller, near, far int) {
		require.NoError(t, p.Add(near, reactor.Readable))
		events, err := p.Wait(0)
		require.NoError(t, err)
		require.Empty(t, events, "there is nothing to read")
		_, err = nonblock.Write(far, []byte("hi"))
		require.NoError(t, err)
		for range 2 { // nobody has read, so the event is reported again
			events := ready(t, p)
			require.Len(t, events, 1)
			require.Equal(t, near, events[0].FD)
			require.NotZero(t, events[0].Ready&reactor.Readable)
		}
		buf := make([]byte, 8)
		n, err := nonblock.Read(near, buf)
		require.NoError(t, err)
		require.Equal(t, "hi", string(buf[:n]))
		_, err = nonblock.Read(near, buf)
		require.Equal(t, unix.EAGAIN, err)
		events, err = p.Wait(0)
		require.NoError(t, err)
		require.Empty(t, events)
	})
}

func TestOnlyWhatIsWantedIsTold(t *testing.T) {
	each(t, func(t *testing.T, p reactor.Poller, near, far int) {
		require.NoError(t, p.Add(near, reactor.Readable))
		require.NoError(t, p.Modify(near, reactor.Writable))
		_, err := nonblock.Write(far, []byte("hi"))
		require.NoError(t, err)
		events := ready(t, p)
		require.Equal(t, []reactor.Event{{FD: near, Ready: reactor.Writable}}, events)
		require.NoError(t, p.Modify(near, 0))
		events, err = p.Wait(0)
		require.NoError(t, err)
		require.Empty(t, events)
		p.Forget(near)
	})
}

func TestAnEndIsReadable(t *testing.T) {
	each(t, func(t *testing.T, p reactor.Poller, near, far int) {
		require.NoError(t, p.Add(near, reactor.Readable))
		require.NoError(t, unix.Shutdown(far, unix.SHUT_WR))
		require.NotZero(t, ready(t, p)[0].Ready&reactor.Readable)
		n, err := nonblock.Read(near, make([]byte, 8))
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestWakeEndsAWait(t *testing.T) {
	each(t, func(t *testing.T, p reactor.Poller, near, far int) {
		p.Wake() // before the wait
		_, err := p.Wait(-1)
		require.NoError(t, err)
		woken := make(chan error, 1)
		go func() {
			_, err := p.Wait(-1)
			woken <- err
		}()
		p.Wake() // before or during it
		require.NoError(t, <-woken)
		events, err := p.Wait(0)
		require.NoError(t, err)
		require.Empty(t, events, "one call ends one wait")
	})
}

// The sets of select have FD_SETSIZE bits: writing beyond them is a classic memory corruption.
func TestSelectRefusesWhatItHasNoBitFor(t *testing.T) {
	p, err := reactor.NewSelect()
	require.NoError(t, err)
	defer p.Close()
	near, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	require.NoError(t, err)
	defer unix.Close(near)
	for fd, fits := range map[int]bool{unix.FD_SETSIZE - 1: true, unix.FD_SETSIZE: false, unix.FD_SETSIZE + 700: false} {
		high, err := unix.FcntlInt(uintptr(near), unix.F_DUPFD_CLOEXEC, fd)
		require.NoError(t, err)
		err = p.Add(high, reactor.Readable)
		if fits && high == fd {
			require.NoError(t, err)
			p.Forget(high)
		} else {
			require.ErrorIs(t, err, unix.EINVAL)
			require.ErrorContains(t, err, fmt.Sprint("descriptor ", high))
		}
		unix.Close(high)
	}
}
