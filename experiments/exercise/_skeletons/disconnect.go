// Exercise disconnect: a client that leaves ends its conversation, not the server.
package main

import (
	"log"
	"net"
	"os"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 1024)
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		for {
			n, _ := conn.Read(buf)
			conn.Write(upper(buf[:n]))
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
