package servertest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"socketbench/servers/upper"
)

// Mutants that change, lose, add or delay bytes.

var streamMutants = []mutant{
	// The transform.
	{name: "upper case up to the first zero byte", rule: "bytes/zero", flaw: answers(func(in []byte) []byte {
		i := bytes.IndexByte(in, 0)
		if i < 0 {
			i = len(in)
		}
		return slices.Concat(plain(in[:i]), in[i:])
	})},
	{name: "a backquote is a letter", rule: "bytes/neighbours", flaw: each(func(c byte) byte {
		if c == '`' {
			return '@'
		}
		return plainByte(c)
	})},
	{name: "strips the eighth bit", rule: "bytes/every", flaw: each(func(c byte) byte { return plainByte(c & 0x7f) })},
	{name: "compares without the eighth bit", rule: "bytes/every", flaw: each(func(c byte) byte {
		if low := c & 0x7f; low >= 'a' && low <= 'z' {
			return c - 32
		}
		return c
	})},
	{name: "doubles 0xff", rule: "bytes/telnet", flaw: answers(func(in []byte) []byte {
		return bytes.ReplaceAll(plain(in), []byte{0xff}, []byte{0xff, 0xff})
	})},
	{name: "makes CRLF of LF", rule: "bytes/line-ends", flaw: answers(func(in []byte) []byte {
		return bytes.ReplaceAll(plain(in), []byte("\n"), []byte("\r\n"))
	})},
	{name: "Turkish", rule: "bytes/alphabet", flaw: answers(func(in []byte) []byte {
		return bytes.ReplaceAll(plain(in), []byte("I"), []byte("İ"))
	})},
	{name: "SS for ß", rule: "bytes/utf-8", flaw: answers(func(in []byte) []byte {
		return bytes.ReplaceAll(plain(in), []byte("ß"), []byte("SS"))
	})},
	{name: "^Z is the end", rule: "bytes/control", flaw: answers(func(in []byte) []byte {
		before, _, _ := bytes.Cut(in, []byte{0x1a})
		return plain(before)
	})},
	{name: "a fast path that forgets its tail", rule: "bytes/read-size", flaw: answers(func(in []byte) []byte {
		out := plain(in)
		if whole := len(in) &^ 63; len(in) >= 1024 {
			copy(out[whole:], in[whole:])
		}
		return out
	})},
	{name: "lengths of 16 bits", rule: "limits/read-size-large", flaw: answers(func(in []byte) []byte { return plain(in[:len(in)&0xffff]) })},

	// Buffers and writes.
	{name: "a buffer goes back before it is written", rule: "order/many-at-once", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		buf := pooled.Get().(*[]byte)
		*buf = append((*buf)[:0], p...)
		mine := *buf
		pooled.Put(buf)
		time.Sleep(50 * time.Microsecond)
		return v.Write(mine)
	}}},
	{name: "finishes the first short write only", rule: "back-pressure/then-reads", flaw: flaw{write: func(_ *reference, v *visit, p []byte) (int, error) {
		total := 0
		for range 2 {
			v.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
			n, err := v.Write(p[total:])
			total += n
			if !os.IsTimeout(err) {
				return total, err
			}
		}
		return len(p), nil
	}}},
	{name: "the rest of a short write goes with the next reply", rule: "back-pressure/stop-and-go", flaw: flaw{
		write: func(_ *reference, v *visit, p []byte) (int, error) {
			v.mu.Lock()
			defer v.mu.Unlock()
			p = slices.Concat(v.held, p)
			v.held = nil
			v.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
			n, err := v.Write(p)
			if os.IsTimeout(err) {
				v.held, err = bytes.Clone(p[n:]), nil
			}
			return len(p), err
		},
		end: func(_ *reference, v *visit, _ error) {
			v.SetWriteDeadline(time.Now().Add(time.Second))
			v.Write(v.held)
		}}},
	{name: "gives up on a slow reader", rule: "back-pressure/then-reads", flaw: flaw{write: func(_ *reference, v *visit, p []byte) (int, error) {
		v.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		return v.Write(p)
	}}},
	{name: "one reply behind", rule: "bytes/hello", flaw: flaw{
		write: func(_ *reference, v *visit, p []byte) (int, error) {
			v.mu.Lock()
			defer v.mu.Unlock()
			held := v.held
			v.held = bytes.Clone(p)
			return v.Write(held)
		},
		end: func(_ *reference, v *visit, _ error) { v.Write(v.held) }}},
	{name: "keeps a reply that fills its buffer", rule: "bytes/read-size", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.held = append(v.held, p...); len(p) == r.cfg.ReadSize {
			return len(p), nil
		}
		_, err := v.Write(v.held)
		v.held = nil
		return len(p), err
	}}},
	{name: "Nagle's algorithm", rule: "resources/no-delay", flaw: flaw{begin: func(_ *reference, v *visit) { v.stream.(*net.TCPConn).SetNoDelay(false) }}},
	{name: "a thousand requests a connection", rule: "order/ping-pong", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		if v.reads++; v.reads > 1000 {
			return 0, io.EOF
		}
		return v.Read(p)
	}}},
	{name: "megabytes of replies a client", rule: "back-pressure/memory", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		v.mu.Lock()
		if v.queue == nil {
			v.queue = make(chan []byte, 250)
			go func(queue chan []byte) {
				for p := range queue {
					if _, err := v.Write(p); err != nil {
						v.SetReadDeadline(time.Now())
					}
				}
			}(v.queue)
		}
		queue := v.queue
		v.mu.Unlock()
		queue <- bytes.Clone(p)
		return len(p), nil
	}, end: func(_ *reference, v *visit, _ error) {
		if v.queue != nil {
			close(v.queue)
		}
	}}},

	// Framing.
	{name: "strips the carriage return of a line", rule: "framing/line-carriage-return", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		out, err := lines(given)(s, buf)
		return bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n")), err
	}, nil)},
	{name: "a carriage return ends a line", rule: "framing/line-other-breaks", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		out, err := lines(given)(s, buf)
		if i := bytes.LastIndexByte(s.held, '\r'); i >= 0 {
			out = append(out, plain(s.held[:i+1])...)
			s.held = s.held[i+1:]
		}
		return out, err
	}, nil)},
	{name: "ends the last line itself", rule: "framing/line-rest-at-end", framing: upper.Line, flaw: splitting(lines(given), func(s *splits) []byte {
		if len(s.held) == 0 {
			return nil
		}
		return append(plain(s.held), '\n')
	})},
	{name: "an empty line at every end", rule: "half-close/at-once", framing: upper.Line, flaw: splitting(lines(given), func(s *splits) []byte { return append(plain(s.held), '\n') })},
	{name: "looks at the limit before it reads", rule: "framing/line-over-limit", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		if len(s.held) > s.p.Limit {
			return nil, upper.ErrTooLong
		}
		return lines(func(upper.Protocol) int { return 1 << 30 })(s, buf)
	}, nil)},
	{name: "answers a batch when it ends with a line", rule: "framing/line-one-of-two", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) (out []byte, err error) {
		s.held = append(s.held, buf...)
		if s.held[len(s.held)-1] == '\n' {
			out, s.held = plain(s.held), nil
		}
		return out, nil
	}, nil)},
	{name: "length of 24 bits", rule: "framing/length-sign", framing: upper.Length, flaw: splitting(lengths(func(h []byte) int { return sizeOf(h) & 0xffffff }, same), nothing)},
	{name: "length of 16 bits", rule: "framing/length-default-limit", framing: upper.Length, flaw: splitting(lengths(func(h []byte) int { return sizeOf(h) & 0xffff }, same), nothing)},
	{name: "length that wraps with its header", rule: "framing/length-minus-four", framing: upper.Length, flaw: splitting(lengths(func(h []byte) int {
		return int(binary.BigEndian.Uint32(h)+upper.HeaderSize) - upper.HeaderSize
	}, same), nothing)},
	{name: "header of the reply little-endian", rule: "framing/length-hello", framing: upper.Length, flaw: splitting(lengths(sizeOf, func(h []byte) []byte {
		return []byte{h[3], h[2], h[1], h[0]}
	}), nothing)},
	{name: "reply without a header", rule: "framing/length-hello", framing: upper.Length, flaw: splitting(lengths(sizeOf, func([]byte) []byte { return nil }), nothing)},
	{name: "no reply to an empty request", rule: "framing/length-zero", framing: upper.Length, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		out, err := lengths(sizeOf, same)(s, buf)
		if bytes.Equal(out, make([]byte, upper.HeaderSize)) {
			out = nil
		}
		return out, err
	}, nothing)},
	{name: "limit excluded", rule: "framing/length-limit", framing: upper.Length, flaw: splitting(lengths(func(h []byte) int {
		if sizeOf(h) == 16 {
			return 1 << 20
		}
		return sizeOf(h)
	}, same), nothing)},
	{name: "one length-framed request a read", rule: "cuts/one-write", framing: upper.Length, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		s.held = append(s.held, buf...)
		if len(s.held) < upper.HeaderSize || len(s.held) < upper.HeaderSize+sizeOf(s.held) {
			return nil, nil
		}
		end := upper.HeaderSize + sizeOf(s.held)
		out := slices.Concat(s.held[:upper.HeaderSize], plain(s.held[upper.HeaderSize:end]))
		s.held = s.held[end:]
		return out, nil
	}, nothing)},
	{name: "half a request of the client that had the port before", rule: "order/fresh-after-reset", framing: upper.Line, flaw: flaw{
		visiting: func(r *reference, v *visit) session {
			r.shared.mu.Lock()
			defer r.shared.mu.Unlock()
			if r.shared.parts == nil {
				r.shared.parts = map[string]session{}
			}
			s := r.shared.parts[v.RemoteAddr().String()]
			if s == nil {
				s = &splits{feed: lines(func(upper.Protocol) int { return 1 << 20 })}
				r.shared.parts[v.RemoteAddr().String()] = s
			}
			return s
		},
		end: func(r *reference, v *visit, err error) {
			r.shared.mu.Lock()
			defer r.shared.mu.Unlock()
			if err == io.EOF {
				delete(r.shared.parts, v.RemoteAddr().String())
			}
		}}},

	// Turns.
	{name: "stays with one connection while it has input", rule: "back-pressure/flood-beside-interactive", flaw: flaw{read: func(r *reference, v *visit, p []byte) (int, error) {
		if !v.holds {
			n, err := v.Read(p[:1])
			if n == 0 {
				return n, err
			}
			r.shared.mu.Lock()
			v.holds = true
			return n, err
		}
		v.SetReadDeadline(time.Now().Add(400 * time.Millisecond)) // on a busy machine input pauses
		n, err := v.Read(p)
		v.SetReadDeadline(time.Time{})
		if err != nil {
			v.holds = false
			r.shared.mu.Unlock()
		}
		return n, err
	}}},
	{name: "accepts when nobody else wants anything", rule: "many/newcomer-under-load", flaw: flaw{
		read: func(r *reference, v *visit, p []byte) (int, error) {
			n, err := v.Read(p)
			r.shared.count.Store(time.Now().UnixNano())
			return n, err
		},
		begin: func(r *reference, v *visit) {
			for time.Now().UnixNano()-r.shared.count.Load() < int64(250*time.Millisecond) && !r.stopping.Load() {
				time.Sleep(time.Millisecond)
			}
		}}},
	{name: "closes after a second of silence", rule: "slow/a-second", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		v.SetReadDeadline(time.Now().Add(time.Second))
		n, err := v.Read(p)
		if os.IsTimeout(err) {
			err = io.EOF
		}
		return n, err
	}}},
	{name: "closes what is three seconds old", rule: "slow/five-seconds", flaw: flaw{
		begin: func(_ *reference, v *visit) { v.opened = time.Now() },
		read: func(_ *reference, v *visit, p []byte) (int, error) {
			n, err := v.Read(p)
			if time.Since(v.opened) > 3*time.Second {
				err = io.EOF
			}
			return n, err
		}}},
	{name: "1,024 at once", rule: "many/1100", flaw: flaw{
		full: func(r *reference, _ net.Conn) bool { return r.shared.count.Add(1) > 1024 },
		end:  func(r *reference, _ *visit, _ error) { r.shared.count.Add(-1) }}},
}

var pooled = sync.Pool{New: func() any { return new([]byte) }}
