// Package blocking is what the designs that wait in a read have in common, and what no design is about: the
// conversation with one client, and batches of requests on their way to the goroutine that answers them. Who calls it, and on
// which goroutine, is the design.
package blocking

import (
	"errors"
	"io"
	"net"
	"os"

	"socketbench/patterns/drain"
	"socketbench/servers/config"
	"socketbench/servers/upper"
)

// Talk is the blocking conversation: it answers one connection until its peer has sent everything,
// the connection fails or the server is told to stop.
func Talk(open *drain.Group, conn net.Conn, cfg config.Config) {
	var read, written int64
	session, buf := cfg.Protocol.NewSession(), make([]byte, cfg.ReadSize)
	out := cfg.Protocol.Scratch(buf)
	send := func() error {
		if len(out) == 0 {
			return nil // no complete request yet; writing nothing is a system call too
		}
		n, err := conn.Write(out) // all of it: a short write is finished or an error
		written += int64(n)
		return err
	}
	var err error
	for err == nil {
		// region read
		var n int
		n, err = conn.Read(buf) // blocks; fails with os.ErrDeadlineExceeded when told to stop
		read += int64(n)
		// endregion
		// region reply
		for in := buf[:n]; len(in) > 0 && err == nil; in = in[n:] {
			out, n, err = session.Feed(open.Context(), out[:0], in)
			err = errors.Join(send(), err)
		}
		if err == io.EOF { // an empty read: the peer has sent everything
			out, err = session.Close(out[:0]) // an unfinished last line is owed its answer
			err = errors.Join(send(), err, io.EOF)
		}
		// endregion
	}
	cfg.Tally.End(read, written)
	Leave(open, conn, cfg, err)
}

// Leave ends a connection in the way its last error asks for.
func Leave(open *drain.Group, conn net.Conn, cfg config.Config, err error) {
	// region drain
	cfg.Fault(err)
	var panicked *upper.PanicError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, upper.ErrTooLong),
		errors.As(err, &panicked):
		open.HangUp(conn) // the peer may still be sending
	default:
		open.Done(conn) // it has sent everything, or is gone
	}
	// endregion
}
