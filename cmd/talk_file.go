package cmd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"socketbench/experiments/quote"
	"socketbench/servers/upper"
)

// chunk is how much of a file is sent as one request if requests have a header.
const chunk = 16 << 10

// transfer sends a file from in, and checks the reply and keeps it in out.
type transfer struct {
	in, out *os.File
	size    int64 // of in
	done    int64 // bytes of the file whose reply is in out already
	framing upper.Framing

	whole    time.Time     // when the last byte came
	patience time.Duration // how long the end of the connection may take once all replies are there
	giveUp   time.Duration // how long a transfer may stand still before that
	sent     atomic.Int64  // bytes of the file that were read to be sent
}

// Read reads the file for sending, and counts.
func (f *transfer) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	f.sent.Add(int64(n))
	return n, err
}

// openTransfer opens both files and finds where an earlier transfer stopped: out must be the beginning of
// in in upper case. Nothing is written to an out that is not.
func openTransfer(in, out string, f upper.Framing) (_ *transfer, err error) {
	t := &transfer{framing: f}
	if t.in, err = os.Open(in); err != nil {
		return nil, fmt.Errorf("talk: %w", err)
	}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	info, err := t.in.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("talk: %s is not a regular file", in))
	}
	t.size = info.Size()
	if t.out, err = os.OpenFile(out, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("talk: %w", err)
	}
	if o, statErr := t.out.Stat(); statErr == nil && os.SameFile(info, o) {
		return nil, fmt.Errorf("talk: --file and --out are the same file, %s; name another --out", in)
	}
	if t.done, err = matching(t.in, t.out); err != nil {
		return nil, fmt.Errorf("talk: %s is not the beginning of %s in upper case (%w); remove it or name another --out", out, in, err)
	}
	_, err = t.in.Seek(t.done, io.SeekStart)
	return t, err
}

func (t *transfer) close() {
	for _, f := range []*os.File{t.in, t.out} {
		if f != nil {
			f.Close()
		}
	}
}

// matching returns the length of got if it is the beginning of want in upper case. It leaves got at its end.
func matching(want, got io.Reader) (n int64, err error) {
	w, g := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		m, err := io.ReadFull(got, g)
		if k, _ := io.ReadFull(want, w[:m]); k < m {
			return 0, errors.New("it is longer")
		}
		if i := mismatch(upper.Bytes(w[:0], w[:m]), g[:m]); i >= 0 {
			return 0, fmt.Errorf("byte %d differs", n+int64(i))
		}
		n += int64(m)
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			return n, err
		}
	}
}

// mismatch is the first index at which two slices of one length differ, or -1.
func mismatch(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// send sends what is left of the file and checks and keeps every byte of the reply as it comes.
func (t *talker) send(f *transfer) error {
	f.patience, f.giveUp = t.patient, t.giveUp
	resumed, began := f.done, time.Now()
	if resumed == f.size && resumed > 0 {
		fmt.Fprintf(t.stdout, "%s is complete already: %s, every one checked; nothing was sent\n", quote.Text(f.out.Name()), counted(f.size, "byte"))
		return f.sums(t.stdout)
	}
	f.foretell(t.stderr)
	if resumed > 0 {
		fmt.Fprintf(t.stderr, "continuing at byte %d of %d\n", resumed, f.size)
	}
	sent := make(chan error, 1)
	go func() { sent <- f.sendAll(t.conn) }()
	err := f.receive(t.conn, t.progress(f.size))
	t.conn.Close() // ends a send that is still under way
	sendErr := <-sent
	if err == nil && f.done < f.size {
		err = fmt.Errorf("%w%s", brokenOff(io.EOF, "before it had answered everything"), f.suspicion())
		if errors.As(sendErr, new(*fs.PathError)) {
			err = sendErr // the file could not be read
		}
	}
	_, seen := canDraw(t.stderr)
	if seen {
		fmt.Fprintln(t.stderr) // after the bar
	}
	switch {
	case errors.Is(err, errLonger):
		return fmt.Errorf("talk: %w; the %d bytes before it are right, and in %s", err, f.done, f.out.Name())
	case errors.Is(err, errOtherHeader):
		return fmt.Errorf("talk: %w", err)
	case err != nil:
		return fmt.Errorf("talk: %w; %d of %s are in %s, and the same command continues there", err, f.done, counted(f.size, "byte"), f.out.Name())
	}
	took := f.whole.Sub(began)
	fmt.Fprintf(t.stdout, "%s, every one checked, in %v (%.1f MB/s)\n",
		counted(f.size-resumed, "byte"), took.Round(time.Millisecond), float64(f.size-resumed)/1e6/took.Seconds())
	return f.sums(t.stdout)
}

// sendAll sends the rest of the file and then half-closes the connection.
func (f *transfer) sendAll(conn net.Conn) error {
	var err error
	if f.framing == upper.Length {
		for buf := make([]byte, chunk); err == nil; {
			var n int
			if n, err = f.Read(buf); n > 0 {
				_, err = conn.Write(f.framing.Frame(buf[:n]))
			}
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	} else {
		_, err = io.Copy(conn, f)
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && err == nil {
		err = half.CloseWrite()
	}
	return err
}

// receive reads replies until the server has ended or the file is whole, compares them with the file and
// appends what is right to out.
func (f *transfer) receive(conn net.Conn, progress func(done int64)) error {
	want, err := os.Open(f.in.Name())
	if err != nil {
		return err
	}
	defer want.Close()
	if _, err := want.Seek(f.done, io.SeekStart); err != nil {
		return err
	}
	news := &awaited{conn: conn, limit: f.giveUp, sent: &f.sent}
	var replies io.Reader = news
	if f.framing == upper.Length {
		replies = &unframed{from: news}
	}
	got, expect := make([]byte, 64<<10), make([]byte, 64<<10)
	for f.done < f.size {
		n, readErr := replies.Read(got)
		if n > 0 {
			known, _ := io.ReadFull(want, expect[:n]) // fewer if the reply is longer than the file
			right := known
			bad := mismatch(upper.Bytes(expect[:0], expect[:known]), got[:known])
			if bad >= 0 {
				right = bad
			}
			if _, err := f.out.Write(got[:right]); err != nil {
				return err
			}
			f.done += int64(right)
			switch {
			case bad >= 0:
				return fmt.Errorf("byte %d of the reply is %s, expected %s", f.done, oneByte(got[bad]), oneByte(expect[bad]))
			case known < n:
				return errLonger
			}
			progress(f.done)
		}
		if errors.Is(readErr, io.EOF) {
			return nil
		}
		if errors.Is(readErr, os.ErrDeadlineExceeded) {
			return fmt.Errorf("the server sent nothing back for %v (--give-up)%s", f.giveUp, f.suspicion())
		}
		if errors.Is(readErr, errOtherHeader) {
			return readErr
		}
		if readErr != nil {
			return fmt.Errorf("%w%s", brokenOff(readErr, "before it had answered everything"), f.suspicion())
		}
	}
	f.whole = time.Now()
	news.limit = f.patience
	return errors.Join(f.out.Sync(), atItsEnd(replies))
}

// atItsEnd reads beyond the last byte that is due: a correct server sends only the end of the connection there. One that
// does not close in time is correct too.
func atItsEnd(replies io.Reader) error {
	if n, _ := io.ReadFull(replies, make([]byte, 1)); n > 0 {
		return errLonger
	}
	return nil
}

// errOtherHeader: to continue would only fail again.
var errOtherHeader = errors.New("the server does not speak framing length, which has four bytes, big-endian: " + upper.LengthInPython)

var errLonger = errors.New("the reply is longer than the file")

// awaited reads replies. It returns os.ErrDeadlineExceeded if for the time limit nothing arrives and nothing more of the
// file is sent. While the file is still sent it waits on, because a server may answer a long request only at its end.
type awaited struct {
	conn  net.Conn
	limit time.Duration
	sent  *atomic.Int64
	seen  int64 // of sent, at the last look
}

func (a *awaited) Read(p []byte) (int, error) {
	for {
		a.conn.SetReadDeadline(time.Now().Add(a.limit))
		n, err := a.conn.Read(p)
		sent := a.sent.Load()
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || sent == a.seen {
			return n, err
		}
		a.seen = sent
	}
}

// unframed reads the bodies of length-framed replies.
type unframed struct {
	from io.Reader
	left int // of the body that is being read
}

func (u *unframed) Read(p []byte) (int, error) {
	for u.left == 0 {
		var header [upper.HeaderSize]byte
		if _, err := io.ReadFull(u.from, header[:]); err != nil {
			return 0, err
		}
		if n := binary.BigEndian.Uint32(header[:]); n > chunk {
			return 0, fmt.Errorf("a header of a reply, %q, says %d bytes, and no request had more than %d: %w", header[:], n, chunk, errOtherHeader)
		}
		u.left = int(binary.BigEndian.Uint32(header[:]))
	}
	n, err := u.from.Read(p[:min(len(p), u.left)])
	u.left -= n
	return n, err
}

// progress returns a function that shows how much is done: as a bar on a terminal, and not at all elsewhere.
func (t *talker) progress(size int64) func(done int64) {
	if _, seen := canDraw(t.stderr); !seen {
		return func(int64) {}
	}
	last := time.Now()
	return func(done int64) {
		if done < size && time.Since(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		const width = 40
		full := int(done * width / max(size, 1))
		fmt.Fprintf(t.stderr, "\r%s%s %3d %%", strings.Repeat("█", full), strings.Repeat("░", width-full), done*100/max(size, 1))
	}
}
