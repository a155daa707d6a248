package servers

import (
	"errors"
	"io"
	"net"
	"os"

	"socketbench/patterns/drain"
	"socketbench/servers/upper"
)

// talk is the blocking conversation: it answers one connection until its peer has sent everything,
// the connection fails or the server is told to stop. It is all that blocking designs have in
// common; who calls it, and on which goroutine, is the design.
func talk(open *drain.Group, conn net.Conn, cfg Config) {
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
	leave(open, conn, cfg, err)
}

// leave ends a connection in the way its last error asks for.
func leave(open *drain.Group, conn net.Conn, cfg Config, err error) {
	// region drain
	cfg.fault(err)
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
