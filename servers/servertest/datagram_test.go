package servertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// packetReference answers datagrams as plainly as it can: the suite must find nothing in it. Each mutant is this server
// with one thing done wrong.
type packetReference struct {
	cfg  servers.Config
	flaw packetFlaw
	pc   net.PacketConn

	asked atomic.Int64
	mu    sync.Mutex
	held  []packet
	known map[string]bool
	wait  sync.WaitGroup
}

type packet struct {
	text []byte
	from net.Addr
}

// packetFlaw is what a mutant does wrong. The zero value does everything right.
type packetFlaw struct {
	size    int                                                                    // of its buffer, whatever it is told
	listens func(pc net.PacketConn)                                                // first of all
	takes   func(r *packetReference, p packet) (handled bool)                      // before the request is answered
	writes  func(r *packetReference, reply []byte, to net.Addr) (n int, err error) // instead of writing
	failed  func(r *packetReference, err error) (ends bool)                        // after a handler's or a read's error
	queues  bool                                                                   // reads into a queue that another goroutine answers, and drops it at the stop
	endless bool                                                                   // knows no drain timeout
	hasty   bool                                                                   // ends the handler's request at the stop, without a reply
}

func packetEntry(name string, f packetFlaw) servers.Entry {
	return servers.Entry{Name: name, NewPacket: func(cfg servers.Config) servers.PacketServer {
		size := cfg.ReadSize
		cfg = cfg.WithDefaults()
		if cfg.ReadSize = 64 << 10; size > 0 {
			cfg.ReadSize = size
		}
		if f.size > 0 {
			cfg.ReadSize = min(f.size, cfg.ReadSize)
		}
		return &packetReference{cfg: cfg, flaw: f, known: map[string]bool{}}
	}}
}

func (r *packetReference) ServePacket(ctx context.Context, pc net.PacketConn) error {
	defer r.wait.Wait()
	defer pc.Close()
	r.pc = pc
	if r.flaw.listens != nil {
		r.flaw.listens(pc)
	}
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() {
		pc.SetReadDeadline(time.Unix(1, 0))
		if r.flaw.hasty {
			cut()
		} else if !r.flaw.endless {
			time.AfterFunc(r.cfg.DrainTimeout, cut)
		}
	})()
	queue := make(chan packet, 1000)
	if r.flaw.queues {
		r.wait.Go(func() {
			for p := range queue {
				if ctx.Err() == nil {
					r.answer(work, p)
				}
			}
		})
		defer close(queue)
	}
	buf := make([]byte, r.cfg.ReadSize)
	for ctx.Err() == nil {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			if ctx.Err() == nil && r.flaw.failed != nil && r.flaw.failed(r, err) {
				return err
			}
			continue
		}
		r.cfg.Tally.Read.Add(int64(n))
		p := packet{bytes.Clone(buf[:n]), from}
		switch {
		case r.flaw.takes != nil && r.flaw.takes(r, p):
		case r.flaw.queues:
			queue <- p
		default:
			if err := r.answer(work, p); err != nil && r.flaw.failed != nil && r.flaw.failed(r, err) {
				return err
			}
		}
		if work.Err() != nil && !r.flaw.hasty {
			return fmt.Errorf("a request was cut off")
		}
	}
	return nil
}

func (r *packetReference) answer(work context.Context, p packet) error {
	reply, err := r.cfg.Protocol.Datagram(work, nil, p.text)
	if err != nil {
		r.cfg.Fault(err)
		return err
	}
	return r.write(reply, p.from)
}

func (r *packetReference) write(reply []byte, to net.Addr) error {
	write := r.pc.WriteTo
	if r.flaw.writes != nil {
		write = func(b []byte, to net.Addr) (int, error) { return r.flaw.writes(r, b, to) }
	}
	n, err := write(reply, to)
	r.cfg.Tally.Written.Add(int64(n))
	return err
}

// firstTo reports whether anything came from an address before.
func (r *packetReference) firstTo(a net.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.known[a.String()]
	r.known[a.String()] = true
	return !known
}

// packetMutants are servers with one fault each. Unless others is set, the case that finds it is the only one that does.
var packetMutants = []struct {
	name, rule, says string
	others           string // cases that see the fault as well
	flaw             packetFlaw
}{
	{name: "only echoes", rule: packetHello, says: onlyEchoes, others: ".*", flaw: packetFlaw{takes: func(r *packetReference, p packet) bool {
		r.write(p.text, p.from)
		return true
	}}},
	{name: "answers nothing", rule: packetHello, says: neverAnswers, others: ".*", flaw: packetFlaw{takes: func(*packetReference, packet) bool { return true }}},
	{name: "answers only once", rule: packetHello, says: diesServing, others: ".*", flaw: packetFlaw{writes: func(r *packetReference, b []byte, to net.Addr) (int, error) {
		r.pc.Close()
		return 0, nil
	}, failed: ofSocket}},
	{name: "says hello in small letters", rule: packetHello, says: otherBytes, flaw: packetFlaw{writes: func(r *packetReference, b []byte, to net.Addr) (int, error) {
		if string(b) == "HELLO" {
			b = []byte("HELLA")
		}
		return r.pc.WriteTo(b, to)
	}}},
	{name: "stops at a zero byte", rule: "datagram/every-byte", says: cString, flaw: packetFlaw{writes: func(r *packetReference, b []byte, to net.Addr) (int, error) {
		b, _, _ = bytes.Cut(b, []byte{0})
		return r.pc.WriteTo(b, to)
	}}},
	{name: "an empty datagram is the end", rule: "datagram/empty", says: noEmpty, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool { return len(p.text) == 0 }}},
	{name: "an empty datagram ends the server", rule: "datagram/empty", says: noEmpty, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool {
		if len(p.text) == 0 {
			r.pc.Close()
		}
		return len(p.text) == 0
	}, failed: ofSocket}},
	{name: "joins what one client sends at once", rule: "datagram/borders", says: joins, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if n, ok := numberIn(p.text); ok && n == 7 && len(p.text) > 20 && len(p.text) < 500 { // of the case: the number comes first
			r.held = append(r.held, p)
			return true
		}
		if len(r.held) == 0 {
			return false
		}
		both := append(r.held[0].text, p.text...)
		r.held = nil
		r.write(plain(both), p.from)
		return true
	}}},
	{name: "answers each line by a datagram", rule: "datagram/one-reply", others: "^datagram/every-byte$", says: splitsUp, flaw: packetFlaw{writes: func(r *packetReference, b []byte, to net.Addr) (n int, err error) {
		if len(b) == 0 {
			return r.pc.WriteTo(b, to)
		}
		for line := range bytes.Lines(b) {
			m, _ := r.pc.WriteTo(line, to)
			n += m
		}
		return n, nil
	}}},
	{name: "says that it is done", rule: "datagram/one-reply", others: "^(datagram/(borders|cut)|sender/many|loss/.*|recovery/.*|datagram/(empty|largest)|sender/gone)$", says: splitsUp, flaw: packetFlaw{writes: func(r *packetReference, b []byte, to net.Addr) (int, error) {
		n, err := r.pc.WriteTo(b, to)
		r.pc.WriteTo([]byte("OK"), to)
		return n, err
	}}},
	{name: "recvfrom(1024)", rule: "datagram/largest", says: smallBuffer, flaw: packetFlaw{size: 1024}},
	{name: "recvfrom(65506)", rule: "datagram/largest", says: smallBuffer, flaw: packetFlaw{size: 65506}},
	{name: "drops what fills its buffer", rule: "datagram/cut", says: notCut, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool { return len(p.text) == narrowRead }}},
	{name: "answers from a socket of its own", rule: "sender/address", says: otherPort, flaw: packetFlaw{writes: func(r *packetReference, b []byte, to net.Addr) (int, error) {
		own, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		defer own.Close()
		return own.WriteTo(b, to)
	}}},
	{name: "keeps a table of sixteen clients", rule: "sender/many", says: fewClients, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool {
		r.firstTo(p.from)
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.known) > 16
	}}},
	{name: "answers the client that asked last", rule: "sender/many", says: wrongClient, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.held = append(r.held, p); len(r.held) > 20 && !bytes.Equal(r.held[len(r.held)-2].text, p.text) && bytes.HasPrefix(p.text, []byte("client")) {
			r.write(plain(p.text), r.held[len(r.held)-2].from)
			return true
		}
		return false
	}}},
	{name: "answers the newest of two first", rule: "loss/order", says: reorders, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool {
		n, ok := numberIn(p.text)
		if !ok || len(p.text) != len("000000 ")+10 {
			return false
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.held = append(r.held, p); n%2 == 0 {
			return true
		}
		for _, p := range slices.Backward(r.held) {
			r.write(plain(p.text), p.from)
		}
		r.held = nil
		return true
	}}},
	{name: "gives up in a burst", rule: "loss/burst", says: burstStops, flaw: packetFlaw{takes: func(r *packetReference, p packet) bool {
		_, numbered := numberIn(p.text)
		return numbered && len(p.text) > 1000 && r.asked.Add(1) > 20 || r.asked.Load() > 20
	}}},
	{name: "a panic ends it", rule: "recovery/datagram-panic", says: panicStops, flaw: packetFlaw{failed: func(r *packetReference, err error) bool { return true }}},
	{name: "drops its queue at the stop", rule: "drain/datagrams", says: lostAtDrain, others: "^drain/datagram-deadline$", flaw: packetFlaw{queues: true}},
	{name: "knows no drain timeout", rule: "drain/datagram-deadline", says: endlessWait, flaw: packetFlaw{endless: true}},
	{name: "cuts off without a word", rule: "drain/datagram-deadline", says: endlessWait, flaw: packetFlaw{hasty: true}},
}

// ofSocket reports whether an error is of a read or a write, and not of a handler.
func ofSocket(_ *packetReference, err error) bool {
	var of *net.OpError
	return errors.As(err, &of)
}

// numberIn returns the number at the beginning of a request of a case that numbers them.
func numberIn(b []byte) (n int, ok bool) {
	if len(b) < 7 || b[6] != ' ' {
		return 0, false
	}
	_, err := fmt.Sscanf(string(b[:6]), "%d", &n)
	return n, err == nil
}

func checkPackets(t *testing.T, f packetFlaw, o Options) Report {
	t.Helper()
	e := packetEntry(t.Name(), f)
	return Check(t.Context(), InProcess(e, "udp", ""), o)
}

func TestPacketReference(t *testing.T) {
	t.Parallel()
	report := checkPackets(t, packetFlaw{}, Options{})
	for _, r := range report.Results {
		require.Equal(t, Passed, r.Outcome, "%s: %s %v", r.Case, r.Reason, r.Failure)
	}
	require.Len(t, report.Results, len(datagramCases))
}

// TestPacketMutants: each mutant is found by its rule, only by that one, and is told what it does wrong.
func TestPacketMutants(t *testing.T) {
	if raceEnabled {
		return
	}
	t.Parallel()
	found := map[string]bool{}
	for _, m := range packetMutants {
		found[m.rule] = found[m.rule] || m.others != ".*"
	}
	for _, c := range datagramCases {
		require.True(t, found[c.Name] || c.Name == "sender/gone", "no mutant for %s", c.Name) // that one is of Linux, see below
	}
	for _, m := range packetMutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			mutantIsCaught(t, m.rule, m.others, m.says, m.flaw)
		})
	}
}

func mutantIsCaught(t *testing.T, rule, others, says string, f packetFlaw) {
	t.Helper()
	o := Options{Patience: 500 * time.Millisecond}
	if others == ".*" { // nothing else is to be learned from the other cases
		o.Only = regexp.MustCompile("^" + rule + "$")
	}
	report := checkPackets(t, f, o)
	also := regexp.MustCompile("^$")
	if others != "" {
		also = regexp.MustCompile(others)
	}
	for _, r := range report.Results {
		switch {
		case r.Case == rule:
			require.Equal(t, Failed, r.Outcome, "the mutant survived %s", rule)
			require.Equal(t, says, r.Failure.Fault, "%v", r.Failure)
		case !also.MatchString(r.Case):
			require.Equal(t, Passed, r.Outcome, "%s: %s %v", r.Case, r.Reason, r.Failure)
		}
	}
}
