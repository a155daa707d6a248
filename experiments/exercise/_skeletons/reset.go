// Exercise reset: a client that vanishes must not end the server.
package main

import (
	"io"
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
			n, err := conn.Read(buf)
			if err == io.EOF {
				break
			}
			if err != nil {
				log.Fatal(err)
			}
			if _, err := conn.Write(upper(buf[:n])); err != nil {
				log.Fatal(err)
			}
		}
		conn.Close()
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
