//go:build linux

package proactor_test

import (
	"fmt"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"socketbench/patterns/proactor"
)

// A receive is queued first, and completes when the other end sends.
func Example() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, err := proactor.New(8)
	if err != nil {
		fmt.Println(err) // says what the kernel lacks, or what forbids it
		return
	}
	defer r.Close()
	pair, _ := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])

	buf := buffer() // the kernel's until the completion
	r.Recv(pair[0], buf, 7)
	unix.Write(pair[1], []byte("hello"))
	done, _ := r.Wait(-1)
	for _, c := range done {
		fmt.Printf("operation %d: %q, %v\n", c.Token, buf[:c.Result], c.Err())
	}
	// Output: operation 7: "hello", <nil>
}

// BenchmarkRing sends and receives a byte through a ring, and the same by two system calls.
func BenchmarkRing(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	in, out := buffer()[:1], buffer()[:1]
	b.Run("ring", func(b *testing.B) {
		r, err := proactor.New(8)
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		for b.Loop() {
			r.Send(pair[1], out, 1)
			r.Recv(pair[0], in, 2)
			for over := 0; over < 2; {
				done, err := r.Wait(-1)
				if err != nil {
					b.Fatal(err)
				}
				over += len(done)
			}
		}
	})
	b.Run("system_calls", func(b *testing.B) {
		for b.Loop() {
			unix.Write(pair[1], out)
			unix.Read(pair[0], in)
		}
	})
}
