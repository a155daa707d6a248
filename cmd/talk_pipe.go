package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// pipe sends standard input as it is while it writes the replies to standard output. The replies have as many
// bytes as the input, and then the stream ends. A missing byte is an error; for a missing end there is only a remark.
func (t *talker) pipe() error {
	var sent atomic.Int64
	over := make(chan error, 1) // of sending
	go func() {
		n, err := io.Copy(t.conn, t.stdin)
		sent.Store(n)
		over <- err // first: the server may close as soon as it has seen the half-close
		if half, ok := t.conn.(interface{ CloseWrite() error }); ok && err == nil {
			half.CloseWrite() // everything is sent; the replies still come
		}
		t.conn.SetReadDeadline(time.Now().Add(t.patient)) // no reply is overdue before
	}()
	came, err := t.replies(&sent)
	var failed error
	select {
	case failed = <-over:
	default:
		return fmt.Errorf("talk: %w", brokenOff(cmp.Or(err, io.EOF), "before everything was sent, after "+counted(came, "byte")+" of replies"))
	}
	asked := sent.Load()
	late := errors.Is(err, os.ErrDeadlineExceeded)
	switch {
	case failed != nil:
		return fmt.Errorf("talk: %w", brokenOff(failed, "while the input was sent, after "+counted(came, "byte")+" of replies"))
	case late && came >= asked:
		fmt.Fprintf(t.stderr, "everything came back, but the server does not close the connection after the end of the input\n")
	case late:
		return fmt.Errorf("talk: %s were sent and %s came back, then nothing for %v (--give-up)", counted(asked, "byte"), counted(came, "byte"), t.giveUp)
	case err != nil:
		return fmt.Errorf("talk: %w", brokenOff(err, "after "+counted(came, "byte")+" of replies"))
	}
	if came != asked {
		return fmt.Errorf("talk: %s were sent and %s came back", counted(asked, "byte"), counted(came, "byte"))
	}
	return nil
}

// replies copies what the server sends until it closes. Once everything is sent, it waits, then explains why it waits,
// and then gives up with os.ErrDeadlineExceeded. It explains nothing when no reply is owed.
func (t *talker) replies(sent *atomic.Int64) (came int64, err error) {
	buffer := make([]byte, 64<<10)
	for explained := false; ; {
		n, err := t.conn.Read(buffer)
		if came += int64(n); n > 0 {
			if _, err := t.stdout.Write(buffer[:n]); err != nil {
				return came, err
			}
		}
		switch asked := sent.Load(); {
		case errors.Is(err, io.EOF):
			return came, nil
		case err == nil && asked > 0: // everything is sent, and bytes have arrived
			explained = false
			t.conn.SetReadDeadline(time.Now().Add(t.patient))
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded) || came >= asked || explained:
			return came, err
		default:
			explained = true
			fmt.Fprintf(t.stderr, "still waiting: %s were sent and %s came back; if nothing arrives, talk gives up after %v\n",
				counted(asked, "byte"), counted(came, "byte"), t.giveUp)
			t.conn.SetReadDeadline(time.Now().Add(t.giveUp))
		}
	}
}
