// Package blocking is the code that designs with blocking reads share and that none of them is
// about: the conversation with one client, and the batches of requests on their way to the
// goroutine that answers them. The design decides on which goroutine it runs.
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
			return nil // no complete request yet; an empty write would be a system call too
		}
		n, err := conn.Write(out) // writes everything or returns an error
		written += int64(n)
		return err
	}
	var err error
	for err == nil {
		// region read
		var n int
		n, err = conn.Read(buf) // blocks; os.ErrDeadlineExceeded: the server was told to stop
		read += int64(n)
		// endregion
		// region reply
		for in := buf[:n]; len(in) > 0 && err == nil; in = in[n:] {
			out, n, err = session.Feed(open.Context(), out[:0], in)
			err = errors.Join(send(), err)
		}
		if err == io.EOF { // a read of 0 bytes: the peer has sent everything
			out, err = session.Close(out[:0]) // the reply to an unfinished last line
			err = errors.Join(send(), err, io.EOF)
		}
		// endregion
	}
	cfg.Tally.End(read, written)
	Leave(open, conn, cfg, err)
}

// Leave ends a connection as its last error demands.
func Leave(open *drain.Group, conn net.Conn, cfg config.Config, err error) {
	// region drain
	cfg.Fault(err)
	var panicked *upper.PanicError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, upper.ErrTooLong),
		errors.As(err, &panicked):
		open.HangUp(conn) // the peer may still be sending
	default:
		open.Done(conn) // the peer has sent everything, or has gone
	}
	// endregion
}
