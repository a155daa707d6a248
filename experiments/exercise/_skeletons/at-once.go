// Exercise at-once: several clients at the same time, each with its own answers.
package main

import (
	"log"
	"net"
	"os"
	"time"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var conns []net.Conn
	buf := make([]byte, 1024)
	for {
		ln.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Millisecond))
		if conn, err := ln.Accept(); err == nil {
			conns = append(conns, conn)
		}
		open := conns[:0]
		for _, conn := range conns { // each in its turn
			n, err := conn.Read(buf)
			if err != nil {
				conn.Close()
				continue
			}
			conn.Write(upper(buf[:n]))
			open = append(open, conn)
		}
		conns = open
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
