// Exercise sticky-length: a message is a header of four bytes, the length in network order (big-endian), and
// then that many bytes. The reply has the same header.
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		serve(conn)
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	header := make([]byte, 4)
	for {
		if _, err := conn.Read(header); err != nil {
			return
		}
		length := binary.BigEndian.Uint32(header)
		if length > 1<<20 {
			return
		}
		body := make([]byte, length)
		if _, err := conn.Read(body); err != nil {
			return
		}
		if _, err := conn.Write(append(header[:4:4], upper(body)...)); err != nil {
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
