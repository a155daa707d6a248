// left: a goroutine for every connection, for the tests of this view.
//
// How it waits. In accept and in read, each on its own goroutine.
//
// What it costs. A goroutine for every connection.
//
// Where it breaks. Nothing bounds how many there are.
//
// Watch for. Escapes such as <b> & "quotes" in what is written here.

package servers

import (
	"context"
	"net"
)

// Left serves.
type Left struct{ cfg Config }

// NewLeft returns the design under cfg.
func NewLeft(cfg Config) Server { return &Left{cfg.WithDefaults()} }

// Serve accepts, and starts a goroutine for each connection.
func (s *Left) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	defer ln.Close()
	// endregion
	// region accept
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		// region dispatch
		go s.one(conn, "<left>")
		// endregion
	}
	// endregion
	// region drain: none, it is a sample
}

// one answers a connection.
func (s *Left) one(conn net.Conn, mark string) {
	// region read
	buf := make([]byte, s.cfg.ReadSize)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		// endregion
		// region reply
		conn.Write(buf[:n])
	}
	// endregion
}
