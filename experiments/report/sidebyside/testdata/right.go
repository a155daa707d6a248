// right: a few workers, for the tests of this view.
//
// How it waits. In accept and in read, each on the goroutine of a worker.
//
// What it costs. A queue.
//
// Where it breaks. A silent client holds a worker.
//
// Watch for. Escapes such as <b> & "quotes" in what is written here.

package servers

import (
	"context"
	"net"
)

// Right serves.
type Right struct{ cfg Config }

// NewRight returns the design under cfg.
func NewRight(cfg Config) Server { return &Right{cfg.WithDefaults()} }

// Serve accepts, and queues each connection for a worker.
func (s *Right) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	defer ln.Close()
	queue := make(chan net.Conn, s.cfg.Queue)
	for range s.cfg.Workers {
		go s.work(queue)
	}
	defer close(queue)
	// endregion
	// region accept
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		// region dispatch
		queue <- conn // blocks while the queue is full
		// endregion
	}
	// endregion
	// region drain: none, it is a sample
}

// work takes connections until there are no more.
func (s *Right) work(queue <-chan net.Conn) {
	for conn := range queue {
		s.one(conn, "<right>")
	}
}

// one answers a connection.
func (s *Right) one(conn net.Conn, mark string) {
	// region read
	buf := make([]byte, s.cfg.ReadSize)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		// endregion
		// region reply
		if _, err := conn.Write(buf[:n]); err != nil {
			return
		}
	}
	// endregion
}
