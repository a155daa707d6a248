// Exercise thousand-idle: a thousand clients that say nothing, and no time lost on them.
package main

import (
	"log"
	"net"
	"os"
	"syscall"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	accepted := make(chan net.Conn)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				log.Fatal(err)
			}
			accepted <- conn
		}
	}()
	var conns []net.Conn
	buf := make([]byte, 1024)
	for {
		select {
		case conn := <-accepted:
			conns = append(conns, conn)
		default:
		}
		open := conns[:0]
		for _, conn := range conns {
			n, err := tryRead(conn, buf)
			if err == syscall.EAGAIN { // nothing has come
				open = append(open, conn)
				continue
			}
			if err != nil || n == 0 {
				conn.Close()
				continue
			}
			conn.Write(upper(buf[:n]))
			open = append(open, conn)
		}
		conns = open
	}
}

// tryRead reads what has come, and does not wait.
func tryRead(conn net.Conn, buf []byte) (n int, err error) {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	raw.Read(func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), buf)
		return true
	})
	return n, err
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
