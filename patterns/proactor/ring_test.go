//go:build linux

package proactor_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/patterns/proactor"
)

// ring returns a ring and a connected pair of sockets. The ring belongs to its thread, so the test
// locks it.
func ring(t *testing.T) (r *proactor.Ring, near, far int) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	r, err := proactor.New(8)
	require.NoError(t, err)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() {
		unix.Close(pair[0])
		unix.Close(pair[1])
		r.Close()
	})
	return r, pair[0], pair[1]
}

// held keeps buffers on the heap: they belong to the kernel until the completion, and a stack may
// move.
var held [][]byte

func buffer() []byte {
	held = append(held, make([]byte, 64))
	return held[len(held)-1]
}

// over waits until the operation with a token is complete.
func over(t *testing.T, r *proactor.Ring, token uint64) proactor.Completion {
	for range 100 {
		done, err := r.Wait(time.Second)
		require.NoError(t, err)
		for _, c := range done {
			if c.Token == token {
				return c
			}
		}
	}
	t.Fatal("it does not complete")
	return proactor.Completion{}
}

func TestWhatIsAskedForIsDone(t *testing.T) {
	r, near, far := ring(t)
	buf := buffer()
	require.NoError(t, r.Recv(near, buf, 1))
	done, err := r.Wait(0)
	require.NoError(t, err)
	require.Empty(t, done, "nothing has come yet")
	require.NoError(t, r.Send(far, append(buffer()[:0], "hello"...), 2))
	require.EqualValues(t, 5, over(t, r, 1).Result)
	require.Equal(t, "hello", string(buf[:5]))
}

func TestAnEndIsAReceiptOfNothing(t *testing.T) {
	r, near, far := ring(t)
	require.NoError(t, r.Recv(near, buffer(), 1))
	require.NoError(t, unix.Shutdown(far, unix.SHUT_WR))
	c := over(t, r, 1)
	require.NoError(t, c.Err())
	require.Zero(t, c.Result)
}

func TestAnErrorIsTheSystemCalls(t *testing.T) {
	r, _, _ := ring(t)
	require.NoError(t, r.Recv(-1, buffer(), 1))
	require.ErrorIs(t, over(t, r, 1).Err(), unix.EBADF)
}

func TestWhatIsCancelledCompletes(t *testing.T) {
	r, near, _ := ring(t)
	require.NoError(t, r.Recv(near, buffer(), 1))
	require.NoError(t, r.Cancel(1, 2))
	require.ErrorIs(t, over(t, r, 1).Err(), unix.ECANCELED)
}

func TestMoreThanItsEntriesCanBeQueued(t *testing.T) {
	r, near, far := ring(t)
	for i := range uint64(40) {
		require.NoError(t, r.Send(far, append(buffer()[:0], byte(i)), 100+i))
	}
	got := 0
	for buf := buffer(); got < 40; {
		require.NoError(t, r.Recv(near, buf, 1))
		got += int(over(t, r, 1).Result)
	}
	require.Equal(t, 40, got)
}

func TestWakeEndsAWait(t *testing.T) {
	r, _, _ := ring(t)
	time.AfterFunc(10*time.Millisecond, r.Wake) // from another thread, while this one waits or before it does
	_, err := r.Wait(-1)
	require.NoError(t, err)
}
