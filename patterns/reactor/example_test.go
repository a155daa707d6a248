//go:build linux

package reactor_test

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
	"socketbench/patterns/reactor"
)

// Two sockets are watched, and one of them sends.
func Example() {
	p, _ := reactor.NewEpoll()
	defer p.Close()
	names, far := map[int]string{}, map[string]int{}
	for _, name := range []string{"ann", "bob"} {
		pair, _ := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		defer unix.Close(pair[0])
		defer unix.Close(pair[1])
		names[pair[0]], far[name] = name, pair[1]
		p.Add(pair[0], reactor.Readable)
	}

	nonblock.Write(far["bob"], []byte("hello"))
	events, _ := p.Wait(-1)
	for _, e := range events {
		buf := make([]byte, 64)
		n, _ := nonblock.Read(e.FD, buf)
		fmt.Printf("%s said %s\n", names[e.FD], buf[:n])
		_, err := nonblock.Read(e.FD, buf)
		fmt.Println("again:", err)
	}
	// Output:
	// bob said hello
	// again: resource temporarily unavailable
}

// BenchmarkWait sends one byte to one of several watched sockets, waits for it and reads it. It
// shows the cost of the silent sockets.
func BenchmarkWait(b *testing.B) {
	for _, name := range []string{"epoll", "poll", "select"} {
		for _, silent := range []int{0, 400} {
			b.Run(fmt.Sprintf("%s/%d_silent", name, silent), func(b *testing.B) {
				p, err := pollers[name]()
				if err != nil {
					b.Fatal(err)
				}
				defer p.Close()
				var near, far int
				for range silent + 1 {
					pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
					if err != nil {
						b.Fatal(err)
					}
					defer unix.Close(pair[0])
					defer unix.Close(pair[1])
					near, far = pair[0], pair[1]
					if err := p.Add(near, reactor.Readable); err != nil {
						b.Fatal(err)
					}
				}
				buf := make([]byte, 1)
				for b.Loop() {
					nonblock.Write(far, buf)
					events, err := p.Wait(-1)
					if err != nil || len(events) != 1 {
						b.Fatal(events, err)
					}
					nonblock.Read(near, buf)
				}
			})
		}
	}
}
