// sample: one connection at a time, for the tests of this package.
//
// How it waits. In accept, then in read, and nowhere else,
// which takes two lines to say.
//
// What it costs. Nothing: it is never run.
//
// Where it breaks. Everywhere.
//
// Watch for. Its form, which is that of every server file.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/listen"
)

// Sample is a design.
type Sample struct{ cfg Config }

// NewSample returns the design under cfg.
func NewSample(cfg Config) Server { return &Sample{cfg.WithDefaults()} }

// Serve accepts and hands over.
func (s *Sample) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	var failed error
	// endregion

	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		// region dispatch
		if err := s.one(ctx, conn); err != nil {
			return err
		}
		// endregion
	}
	// endregion

	return s.stop(failed)
}

// one has no mark of its own but one line that names another place.
func (s *Sample) one(ctx context.Context, conn net.Conn) error {
	// region read: servers/blocking/talk.go
	// region reply: servers/blocking/talk.go
	return conn.Close()
}

// sampleError is what a design declares between its functions.
type sampleError struct{ error }

// region drain
// stop is a region from its comment on.
func (s *Sample) stop(err error) error {
	return sampleError{err}
}

// endregion
