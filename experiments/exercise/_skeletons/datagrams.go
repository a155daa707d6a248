// Exercise datagrams: answer each datagram to its sender, whatever its size.
package main

import (
	"log"
	"net"
	"os"
)

func main() {
	server, err := net.ListenPacket("udp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	buffer := make([]byte, 1024)
	for {
		n, client, err := server.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		if n == 0 {
			break
		}
		server.WriteTo(upper(buffer[:n]), client)
	}
}

func upper(data []byte) []byte {
	for i, b := range data {
		if 'a' <= b && b <= 'z' {
			data[i] = b - 'a' + 'A'
		}
	}
	return data
}
