// Exercise no-reader: a client that sends and never reads must not stop the others, or fill the memory.
package main

import (
	"log"
	"net"
	"os"
)

// request is what one client has sent.
type request struct {
	conn net.Conn
	data []byte
}

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	requests := make(chan request)
	go func() { // one goroutine answers all clients
		for r := range requests {
			if len(r.data) == 0 {
				r.conn.Close()
				continue
			}
			r.conn.Write(upper(r.data))
		}
	}()
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go read(conn, requests)
	}
}

func read(conn net.Conn, requests chan<- request) {
	for {
		buf := make([]byte, 16384)
		n, err := conn.Read(buf)
		if err != nil {
			requests <- request{conn: conn}
			return
		}
		requests <- request{conn, buf[:n]}
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
