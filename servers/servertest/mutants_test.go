package servertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// mutant is a server with one fault and the rule that the suite must say it breaks.
type mutant struct {
	name    string
	rule    string // the case that must fail
	framing upper.Framing
	traits  servers.Traits
	apart   bool // in a process of its own, which may open few files
	flaw    flaw
}

// TestMutants: a suite that passes everything proves nothing. Every mutant must be caught, by the rule
// it breaks.
func TestMutants(t *testing.T) {
	if raceEnabled {
		return // many of them are races, and those that are not live in windows that the detector widens
	}
	t.Parallel()
	all := slices.Concat(mutants, streamMutants, endMutants, systemMutants)
	require.GreaterOrEqual(t, len(all), 40)
	t.Cleanup(func() { // when the parallel ones have ended
		one, all := blamed.one.Load(), blamed.all.Load()
		t.Logf("one sentence is the cause for %d of %d mutants", one, all)
		if all >= 100 { // fewer are a part of them that was asked for
			require.GreaterOrEqual(t, 100*one, 95*all)
		}
	})
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			if caseNamed(m.rule).Needs&Alone != 0 { // it looks at the whole process, in which other mutants take and free memory
				apart(t, m.isCaught)
				return
			}
			t.Parallel()
			m.isCaught(t)
		})
	}
}

// isCaught fails t if the suite finds no fault in m, or a fault that m does not have. Besides the rule that m breaks a few
// others are checked that any fault may break, so that the causes named for all of them can be judged.
func (m *mutant) isCaught(t *testing.T) {
	target := InProcess(entryOf(m.name, m.flaw, m.traits), "tcp", t.TempDir())
	target.Framing = m.framing
	if m.apart {
		target.Limits = m.startApart(t)
	}
	beside := "|^bytes/(hello|alphabet|mixed|every|utf-8|spaces|line-ends|zero|read-size)$|^cuts/(one-write|random)$|^order/ping-pong$|^half-close/(at-once|after-reply)$"
	if strings.HasPrefix(m.rule, "resources/") {
		beside = ""
	}
	report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^" + m.rule + "$" + beside), Patience: 500 * time.Millisecond})
	i := slices.IndexFunc(report.Results, func(r Result) bool { return r.Case == m.rule })
	require.GreaterOrEqual(t, i, 0, "no case is called %s", m.rule)
	r := report.Results[i]
	require.Equal(t, Failed, r.Outcome, "the mutant survived: %s %s", r.Case, r.Reason)
	require.NotEmpty(t, r.Why)
	t.Logf("%s\nrule: %s\n%v", r.Case, r.Why, r.Failure)
	blamed.judge(t, m, &report)
}

// blame counts how many mutants one sentence explains.
type blame struct{ one, all atomic.Int64 }

var blamed blame

// judge checks the causes named for m: none may contradict what was seen.
func (b *blame) judge(t *testing.T, m *mutant, report *Report) {
	for _, r := range report.Results {
		if f := r.Failure; f != nil && f.Fault != "" {
			require.Contains(t, f.causes, f.Fault, "%s: %s", r.Case, f.What)
			c := caseNamed(r.Case)
			require.False(t, f.Fault == c.Fault && !c.fits(f.sight.event) && !strings.Contains(f.What, "the server has ended"),
				"%s: %q is said, and seen was: %s", r.Case, f.Fault, f.What)
			require.False(t, contradicts(f), "%s: %q contradicts what was seen: %s (%s)", r.Case, f.Fault, f.What, f.Seen)
		}
	}
	b.all.Add(1)
	faults := report.Faults()
	if len(faults) == 1 {
		b.one.Add(1)
		return
	}
	t.Logf("%d sentences for %s:", len(faults), m.name)
	for _, f := range faults {
		t.Logf("  %s %v", f.Words, f.Cases)
	}
}

func caseNamed(name string) *Case {
	all := Cases()
	return &all[slices.IndexFunc(all, func(c Case) bool { return c.Name == name })]
}

var permits = servers.Traits{Permits: true}

var mutants = []mutant{
	// The transform.
	{name: "unicode upper case", rule: "bytes/utf-8", flaw: answers(bytes.ToUpper)},
	{name: "Latin-1 upper case", rule: "bytes/latin-1", flaw: each(func(c byte) byte {
		if c >= 0xe0 && c != 0xff {
			return c - 32
		}
		return plainByte(c)
	})},
	{name: "no z", rule: "bytes/alphabet", flaw: each(func(c byte) byte {
		if c == 'z' {
			return c
		}
		return plainByte(c)
	})},
	{name: "one letter too many", rule: "bytes/neighbours", flaw: each(func(c byte) byte {
		if c == '{' {
			return '['
		}
		return plainByte(c)
	})},
	{name: "swaps case", rule: "bytes/already-upper", flaw: each(func(c byte) byte {
		if c >= 'A' && c <= 'Z' {
			return c + 32
		}
		return plainByte(c)
	})},
	{name: "masks the 0x20 bit of everything above @", rule: "bytes/every", flaw: each(func(c byte) byte {
		if c >= 0x60 {
			return c &^ 0x20
		}
		return c
	})},
	{name: "carries into the next byte", rule: "bytes/every-position", flaw: answers(func(in []byte) []byte {
		out := plain(in)
		for i := 1; i < len(in); i++ {
			if in[i-1] == 0xff && in[i] == 'a' {
				out[i] = 'B'
			}
		}
		return out
	})},
	{name: "forgets the tail of blocks", rule: "bytes/lengths", flaw: answers(func(in []byte) []byte {
		out := bytes.Clone(in)
		copy(out, plain(in[:len(in)&^7]))
		return out
	})},
	{name: "C string", rule: "bytes/zero", flaw: answers(func(in []byte) []byte {
		if i := bytes.IndexByte(in, 0); i >= 0 {
			in = in[:i]
		}
		return plain(in)
	})},
	{name: "strips blanks", rule: "bytes/spaces", flaw: answers(func(in []byte) []byte { return plain(bytes.Trim(in, " \t")) })},
	{name: "drops carriage returns", rule: "bytes/line-ends", flaw: answers(func(in []byte) []byte { return plain(bytes.ReplaceAll(in, []byte("\r"), nil)) })},
	{name: "replaces what is no text", rule: "bytes/invalid-utf-8", flaw: answers(func(in []byte) []byte {
		if utf8.Valid(in) {
			return plain(in)
		}
		return bytes.ToValidUTF8(plain(in), []byte("?"))
	})},
	{name: "leaves at quit", rule: "bytes/commands", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		n, err := v.Read(p)
		if strings.HasPrefix(string(p[:n]), "quit") {
			return 0, io.EOF
		}
		return n, err
	}}},
	{name: "0xff is the end", rule: "bytes/all-ones", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		n, err := v.Read(p)
		if n > 0 && p[0] == 0xff {
			return 0, io.EOF
		}
		return n, err
	}}},

	// What a read is.
	{name: "adds a newline", rule: "framing/raw-not-terminated", flaw: answers(func(in []byte) []byte { return append(plain(in), '\n') })},
	{name: "waits for a newline", rule: "framing/raw-at-once", flaw: splitting(lines(func(upper.Protocol) int { return 1 << 30 }), nil)},
	{name: "greets", rule: "framing/raw-silent", flaw: flaw{begin: func(_ *reference, v *visit) { io.WriteString(v, "READY\r\n") }}},
	{name: "answers with the whole buffer", rule: "cuts/shorter-after-longer", flaw: flaw{session: func(upper.Protocol) session {
		buf := make([]byte, 64)
		return &splits{feed: func(_ *splits, in []byte) ([]byte, error) {
			n := copy(buf, in)
			longest := max(n, bytes.LastIndexByte(buf, 't')+1)
			return plain(buf[:longest]), nil
		}}
	}}},
	{name: "cuts a newline off what is three bytes long", rule: "bytes/ends", flaw: answers(func(in []byte) []byte {
		if len(in) == 3 {
			in = bytes.TrimSuffix(in, []byte("\n"))
		}
		return plain(in)
	})},
	{name: "drops what is beyond its buffer", rule: "bytes/read-size", flaw: answers(func(in []byte) []byte { return plain(in[:min(len(in), 4096)]) })},
	{name: "loses a byte at the border of a read", rule: "cuts/read-border", flaw: answers(func(in []byte) []byte {
		if len(in) == 16384 {
			in = in[:16383]
		}
		return plain(in)
	})},
	{name: "treats an empty read as a fault of the server", rule: "recovery/after-a-visit", flaw: flaw{end: func(r *reference, v *visit, err error) {
		if err == io.EOF && v.last == nil {
			r.die(io.ErrUnexpectedEOF)
		}
	}}},

	// Framing.
	{name: "one line a read", rule: "cuts/one-write", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		s.held = append(s.held, buf...)
		if i := bytes.IndexByte(s.held, '\n'); i >= 0 {
			out := plain(s.held[:i+1])
			s.held = s.held[i+1:]
			return out, nil
		}
		return nil, nil
	}, nothing)},
	{name: "forgets half a line between reads", rule: "cuts/every-place", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		i := bytes.LastIndexByte(buf, '\n')
		return plain(buf[:i+1]), nil
	}, nil)},
	{name: "room for a part of a long line", rule: "cuts/long-in-pieces", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		if len(s.held) > 0 && len(s.held)+len(buf) > 4096 {
			return nil, nil // the buffer is full: nothing more of the line is kept
		}
		return lines(given)(s, buf)
	}, nil)},
	{name: "answers half a line", rule: "framing/line-waits", framing: upper.Line, flaw: splitting(func(_ *splits, buf []byte) ([]byte, error) { return plain(buf), nil }, nil)},
	{name: "drops the last line", rule: "framing/line-rest-at-end", framing: upper.Line, flaw: splitting(lines(given), nothing)},
	{name: "swallows empty lines", rule: "framing/line-empty", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		out, err := lines(given)(s, buf)
		if string(out) == "\n" {
			out = nil
		}
		return out, err
	}, nil)},
	{name: "line limit one too low", rule: "framing/line-at-limit", framing: upper.Line, flaw: splitting(lines(func(p upper.Protocol) int { return p.Limit - 1 }), nil)},
	{name: "line limit one too high", rule: "framing/line-over-limit", framing: upper.Line, flaw: splitting(lines(func(p upper.Protocol) int { return p.Limit + 1 }), nil)},
	{name: "no line limit", rule: "framing/line-without-end", framing: upper.Line, flaw: splitting(lines(func(upper.Protocol) int { return 1 << 30 }), nil)},
	{name: "limit of a read instead of a line", rule: "framing/line-limit-each", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		if len(buf) > 10*s.p.Limit {
			return nil, upper.ErrTooLong
		}
		return lines(given)(s, buf)
	}, nil)},
	{name: "skips a line that is too long", rule: "framing/line-nothing-after-fault", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) (out []byte, err error) {
		for _, c := range buf {
			s.held = append(s.held, c)
			if c == '\n' {
				if len(s.held) <= s.p.Limit {
					out = append(out, plain(s.held)...)
				}
				s.held = nil
			}
		}
		return out, nil
	}, nil)},
	{name: "a fault costs the replies before it", rule: "framing/replies-before-fault-survive", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		out, err := lines(given)(s, buf)
		if err != nil {
			out = nil
		}
		return out, err
	}, nil)},
	{name: "resets at a fault", rule: "framing/replies-before-fault-survive", framing: upper.Line, flaw: flaw{rude: true}},
	{name: "header in upper case", rule: "framing/length-header-letters", framing: upper.Length, flaw: splitting(lengths(sizeOf, plain), nothing)},
	{name: "signed length", rule: "framing/length-sign", framing: upper.Length, flaw: splitting(lengths(func(h []byte) int { return int(int32(binary.BigEndian.Uint32(h))) }, same), nothing)},
	{name: "little-endian length", rule: "framing/length-byte-order", framing: upper.Length, flaw: splitting(lengths(func(h []byte) int { return int(binary.LittleEndian.Uint32(h)) }, same), nothing)},
	{name: "header in one read", rule: "framing/length-header-cut", framing: upper.Length, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		if len(s.held) == 0 && len(buf) < upper.HeaderSize {
			return nil, nil
		}
		return lengths(sizeOf, same)(s, buf)
	}, nothing)},
	{name: "answers what was cut off", rule: "framing/length-cut-off", framing: upper.Length, flaw: splitting(lengths(sizeOf, same), nil)},
	{name: "length limit counts the header", rule: "framing/length-limit", framing: upper.Length, flaw: splitting(lengths(func(h []byte) int {
		if n := sizeOf(h); n <= 16 && n+upper.HeaderSize > 16 {
			return 1 << 20
		}
		return sizeOf(h)
	}, same), nothing)},
	{name: "drops are not counted", rule: "framing/length-cut-off-counted", framing: upper.Length, flaw: splitting(lengths(sizeOf, same), nothing)},

	// Order and identity.
	{name: "answers twice", rule: "order/ping-pong", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		if everyNth(r, 100) {
			v.Write(p)
		}
		return v.Write(p)
	}}},
	{name: "counts requests in 16 bits", rule: "order/pipelined-70000", framing: upper.Line, flaw: splitting(func(s *splits, buf []byte) ([]byte, error) {
		before := s.asked
		if s.asked += uint16(bytes.Count(buf, []byte("\n"))); s.asked < before {
			return nil, upper.ErrTooLong
		}
		return lines(given)(s, buf)
	}, nothing)},
	{name: "tires after 4,096 requests", rule: "resources/thousands-of-turns", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		if v.reads++; v.reads > 4096 {
			return 0, io.EOF
		}
		return v.Read(p)
	}}},
	{name: "keeps every request", rule: "resources/thousands-of-turns", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		r.shared.mu.Lock()
		defer r.shared.mu.Unlock()
		r.shared.buf = append(r.shared.buf, make([]byte, 200)...)
		return v.Write(p)
	}}},
	{name: "two workers for one connection", rule: "order/uneven-handler", flaw: flaw{twoReaders: true,
		read: func(_ *reference, v *visit, p []byte) (int, error) { return v.Read(p[:min(len(p), 40)]) },
		write: func(_ *reference, v *visit, p []byte) (int, error) {
			runtime.Gosched()
			return v.Write(p)
		}}},
	{name: "answers somebody else", rule: "order/two-interleaved", flaw: flaw{
		begin: func(r *reference, v *visit) {
			r.shared.mu.Lock()
			defer r.shared.mu.Unlock()
			r.shared.visits = append(r.shared.visits, v)
		},
		write: func(r *reference, v *visit, p []byte) (int, error) {
			r.shared.mu.Lock()
			defer r.shared.mu.Unlock()
			if everyNth(r, 51) {
				v = r.shared.visits[0]
			}
			return v.Write(p)
		}}},
	{name: "one buffer for all", rule: "order/many-at-once", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		r.shared.mu.Lock()
		r.shared.buf = append(r.shared.buf[:0], p...)
		r.shared.mu.Unlock()
		runtime.Gosched()
		r.shared.mu.Lock()
		defer r.shared.mu.Unlock()
		return v.Write(r.shared.buf)
	}}},
	{name: "half a request is inherited", rule: "order/fresh-state", framing: upper.Line, flaw: func() flaw {
		one := &splits{feed: lines(func(upper.Protocol) int { return 1 << 20 }), close: nothing}
		return flaw{session: func(upper.Protocol) session { return one }}
	}()},
	{name: "replies overtake", rule: "order/slow-then-fast", flaw: flaw{twoReaders: true}},

	// Writing.
	{name: "does not finish a short write", rule: "back-pressure/then-reads", flaw: flaw{write: func(_ *reference, v *visit, p []byte) (int, error) {
		v.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
		n, err := v.Write(p)
		if os.IsTimeout(err) {
			err = nil
		}
		return n, err
	}}},
	{name: "repeats the start of a short write", rule: "back-pressure/stop-and-go", flaw: flaw{write: func(_ *reference, v *visit, p []byte) (int, error) {
		for {
			v.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
			n, err := v.Write(p)
			if !os.IsTimeout(err) {
				return n, err
			}
		}
	}}},
	{name: "unbounded replies", rule: "back-pressure/stops-reading", flaw: flaw{write: unboundedWrite}},
	{name: "a lock around writes", rule: "back-pressure/one-of-two", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		r.shared.mu.Lock()
		defer r.shared.mu.Unlock()
		return v.Write(p)
	}}},

	// Ends.
	{name: "closes before the reply is out", rule: "half-close/blocked", flaw: flaw{write: unboundedWrite, end: func(_ *reference, v *visit, _ error) { v.Close() }}},
	{name: "does not close after the end", rule: "half-close/at-once", flaw: flaw{end: func(_ *reference, v *visit, err error) {
		if err == io.EOF {
			io.Copy(io.Discard, v)
			time.Sleep(2 * time.Second)
		}
	}}},
	{name: "resets after the end", rule: "half-close/no-reset", flaw: flaw{end: func(_ *reference, v *visit, _ error) { v.stream.(*net.TCPConn).SetLinger(0) }}},
	{name: "serves one client", rule: "recovery/next-client", flaw: flaw{end: func(r *reference, _ *visit, _ error) { r.die(nil) }}},
	{name: "dies of a reset", rule: "reset/after-reply", flaw: flaw{end: func(r *reference, _ *visit, err error) {
		if isReset(err) {
			r.die(err)
		}
	}}},
	{name: "dies of a broken pipe", rule: "reset/close-with-replies-coming", flaw: flaw{end: func(r *reference, _ *visit, err error) {
		if isGone(err) {
			r.die(err)
		}
	}}},
	{name: "closes a neighbour", rule: "half-close/others-go-on", flaw: flaw{
		begin: func(r *reference, v *visit) {
			r.shared.mu.Lock()
			defer r.shared.mu.Unlock()
			r.shared.visits = append(r.shared.visits, v)
		},
		end: func(r *reference, _ *visit, _ error) {
			r.shared.mu.Lock()
			defer r.shared.mu.Unlock()
			r.shared.visits[0].Close()
		}}},

	// Crowds and places.
	{name: "one at a time", rule: "many/beside-a-silent-one", flaw: flaw{read: func(r *reference, v *visit, p []byte) (int, error) {
		r.shared.mu.Lock()
		defer r.shared.mu.Unlock()
		return v.Read(p)
	}}},
	{name: "one place too many", rule: "many/over-its-limit-waits", traits: permits, flaw: flaw{places: func(c servers.Config) int { return c.MaxConns + 1 }}},
	{name: "one place too few", rule: "many/exactly-its-limit", traits: permits, flaw: flaw{places: func(c servers.Config) int { return c.MaxConns - 1 }}},
	{name: "turns away when full", rule: "many/one-over-its-limit", traits: permits, flaw: flaw{full: func(r *reference, c net.Conn) bool { return len(r.places) == cap(r.places) }}},
	{name: "a reset keeps its place", rule: "many/places-come-back", traits: permits, flaw: flaw{keepPlace: isReset}},
	{name: "a panic keeps its place", rule: "recovery/panic-again", traits: permits, flaw: flaw{keepPlace: func(err error) bool {
		var p *upper.PanicError
		return errors.As(err, &p)
	}}},
	{name: "a hidden bound", rule: "many/100", flaw: flaw{full: func(r *reference, _ net.Conn) bool { return r.shared.count.Add(1) > 64 }}},
	{name: "gives up on the silent", rule: "slow/stays-open", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		v.SetReadDeadline(time.Now().Add(25 * time.Millisecond))
		n, err := v.Read(p)
		if os.IsTimeout(err) {
			err = io.EOF
		}
		return n, err
	}}},
	{name: "a lost wake-up", rule: "slow/silent-then-speaks", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		v.SetReadDeadline(time.Now().Add(15 * time.Millisecond))
		n, err := v.Read(p)
		if os.IsTimeout(err) {
			time.Sleep(4 * time.Second) // longer than the suite waits, however late its turns come
		}
		return n, err
	}}},
	{name: "an idle limit that never comes", rule: "slow/idle-closed", traits: servers.Traits{IdleLimit: true}},
	{name: "one deadline for reading and writing", rule: "slow/answering-not-idle", traits: servers.Traits{IdleLimit: true}, flaw: flaw{
		read: func(r *reference, v *visit, p []byte) (int, error) {
			v.SetDeadline(time.Now().Add(r.cfg.IdleTimeout))
			n, err := v.Read(p)
			if os.IsTimeout(err) {
				err = io.EOF
			}
			return n, err
		}}},
	{name: "a deadline in the past", rule: "bytes/hello", flaw: flaw{read: func(_ *reference, v *visit, p []byte) (int, error) {
		v.SetReadDeadline(time.Now())
		time.Sleep(time.Millisecond)
		return v.Read(p)
	}}},

	// Panics and reports.
	{name: "dies of a panic", rule: "recovery/panic", flaw: flaw{panics: func(r *reference, _ *visit, err error) { r.die(err) }}},
	{name: "hides a panic", rule: "recovery/panic-reported", flaw: flaw{panics: func(*reference, *visit, error) {}}},
	{name: "repeats a client's bytes in its report", rule: "recovery/reports-quoted", flaw: flaw{panics: func(r *reference, _ *visit, err error) {
		var p *upper.PanicError
		if errors.As(err, &p) {
			err = fmt.Errorf("the handler panicked: %v", p.Value)
		}
		r.cfg.Report(err)
	}}},
	{name: "reports every reset", rule: "recovery/quiet-log", flaw: flaw{end: func(r *reference, _ *visit, err error) {
		if isReset(err) {
			r.cfg.Report(err)
		}
	}}},

	// Stopping.
	{name: "drops what it has read", rule: "drain/in-handler", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		if r.stopping.Load() {
			return 0, nil
		}
		return v.Write(p)
	}}},
	{name: "resets when it stops", rule: "drain/keeps-sending", flaw: flaw{rude: true}},
	{name: "serves on after the stop", rule: "drain/idle-client", flaw: flaw{unhalted: true}},
	{name: "accepts on after the stop", rule: "drain/refuses-new", flaw: flaw{ignoresStop: true}},
	{name: "lingers for the whole time", rule: "drain/ends-with-clients", flaw: flaw{stopped: func(*reference, *visit) { time.Sleep(2 * time.Second) }}},
	{name: "has no drain deadline", rule: "drain/deadline", flaw: flaw{patient: true}},
	{name: "cuts off without a word", rule: "drain/deadline", flaw: flaw{silentCut: true}},
	{name: "cancels waiting work", rule: "drain/waiting-work", flaw: flaw{cancelled: true, panics: func(*reference, *visit, error) {}}},
	{name: "repeats the last reply when it stops", rule: "drain/idle-client", flaw: flaw{stopped: func(_ *reference, v *visit) { v.Write(v.last) }}},
	{name: "answers half a line when it stops", rule: "drain/unfinished-request", framing: upper.Line, flaw: flaw{stopped: func(_ *reference, v *visit) { io.WriteString(v, "HALF") }}},
	{name: "ends with an error", rule: "drain/idle-server", flaw: flaw{result: net.ErrClosed}},
	{name: "counts wrongly", rule: "bytes/hello", flaw: flaw{end: func(r *reference, _ *visit, _ error) { r.cfg.Tally.Read.Add(1) }}},

	// What is left.
	{name: "leaks a goroutine a client", rule: "resources/goroutines-after-clients", flaw: flaw{
		begin: func(r *reference, _ *visit) {
			go func() { <-r.leftovers }()
		},
		over: func(r *reference, _ net.Listener) { close(r.leftovers) }}},
	{name: "leaves a goroutine after the end", rule: "drain/idle-server", flaw: flaw{over: func(*reference, net.Listener) {
		go time.Sleep(3 * time.Second)
	}}},
	{name: "leaks a descriptor at a reset", rule: "resources/descriptors-after-reset", flaw: flaw{leak: isReset}},
	{name: "leaks a descriptor at a close", rule: "resources/descriptors-after-close", flaw: flaw{leak: func(err error) bool { return err == io.EOF }}},
	{name: "remembers every client", rule: "resources/left-by-clients", flaw: flaw{end: func(r *reference, v *visit, _ error) {
		r.shared.mu.Lock()
		defer r.shared.mu.Unlock()
		r.shared.buf = append(r.shared.buf, make([]byte, 2048)...)
	}}},
	{name: "spins with nothing to do", rule: "resources/calm-alone", flaw: flaw{start: func(r *reference) {
		for !r.stopping.Load() {
			runtime.Gosched()
		}
	}}},
	{name: "spins after a half-close", rule: "resources/calm-after-half-close", flaw: flaw{end: func(_ *reference, v *visit, err error) {
		for end := time.Now().Add(2 * time.Second); err == io.EOF && time.Now().Before(end); {
			v.Read(make([]byte, 1))
		}
	}}},
	{name: "spins on a client that does not read", rule: "resources/calm-stuck", flaw: flaw{write: func(_ *reference, v *visit, p []byte) (int, error) {
		total := 0
		for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
			v.SetWriteDeadline(time.Now().Add(time.Microsecond))
			n, err := v.Write(p[total:])
			total += n
			if !os.IsTimeout(err) {
				return total, err
			}
			for again := time.Now().Add(5 * time.Millisecond); time.Now().Before(again); { // as a loop of tries would
			}
		}
		return total, os.ErrDeadlineExceeded
	}}},
}

// unboundedWrite hands the reply to a goroutine and takes the next request: there is no back-pressure.
func unboundedWrite(_ *reference, v *visit, p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.queue == nil {
		v.queue = make(chan []byte, 1<<16)
		queue := v.queue
		go func() {
			for p := range queue {
				if _, err := v.Write(p); err != nil {
					return
				}
			}
		}()
	}
	v.queue <- bytes.Clone(p)
	return len(p), nil
}
