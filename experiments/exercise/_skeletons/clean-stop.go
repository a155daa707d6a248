// Exercise clean-stop: told to stop (SIGTERM), the server accepts nobody new, lets its clients see the end of the
// stream, and then ends by itself.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	context.AfterFunc(ctx, func() { ln.Close() })
	var serving sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if err != nil {
			break
		}
		serving.Go(func() { serve(conn) })
	}
	serving.Wait() // who wakes those that sit in Read?
}

func serve(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if _, err := conn.Write(upper(buf[:n])); err != nil {
			return
		}
	}
}

// upper makes a-z upper case and leaves every other byte.
func upper(b []byte) []byte {
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return b
}
