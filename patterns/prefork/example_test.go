//go:build linux

package prefork_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"socketbench/patterns/listen"
	"socketbench/patterns/prefork"
)

// greet is what the children do. The first line of main, here of TestMain, is prefork.Child(greet).
//
// It answers each line of a client with its job and its process id. The line "die" ends the child.
func greet(ctx context.Context, ln net.Listener, job string, tell func(string)) {
	var conns sync.WaitGroup
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			tell(err.Error())
			break
		}
		conns.Go(func() {
			defer conn.Close()
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				if lines.Text() == "die" {
					os.Exit(3)
				}
				fmt.Fprintf(conn, "%s %d\n", job, os.Getpid())
			}
		})
	}
	if job != "stays" {
		conns.Wait()
	} else {
		select {} // it ignores the stop
	}
	tell("served for " + job)
}

// A client is answered by another process, which ends when it is told to.
func Example() {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error, 1)
	go func() {
		ended <- prefork.Run(ctx, ln, prefork.Options[string, string]{
			Children: 1,
			Job:      func(int) string { return "upper" },
			Heard:    func(_ int, report string) { fmt.Println("a child has", report) },
		})
	}()

	client, err := new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprintln(client, "who is there?")
	var job string
	var pid int
	fmt.Fscan(client, &job, &pid)
	fmt.Println(job, "answers from another process:", pid != os.Getpid())
	client.Close()

	stop()
	fmt.Println("ended:", <-ended)
	// Output:
	// upper answers from another process: true
	// a child has served for upper
	// ended: <nil>
}
