package servertest

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"socketbench/servers/upper"
)

// Mutants that end badly, or keep what they should give back.

var endMutants = []mutant{
	// Stopping.
	{name: "ends writes as well at the stop", rule: "drain/stuck-writing", flaw: flaw{halted: func(v *visit) { v.SetDeadline(time.Now()) }}},
	{name: "ends before its handlers", rule: "drain/in-handler", flaw: flaw{early: true}},
	{name: "drops the rest of a read at the stop", rule: "drain/rest-of-read", framing: upper.Line, flaw: flaw{hasty: true}},
	{name: "drops what waits behind a handler", rule: "drain/behind-handler", flaw: flaw{
		read: readAhead, write: func(_ *reference, v *visit, p []byte) (int, error) { return v.Write(p) }}},
	{name: "takes a half-close for the end when it stops", rule: "drain/half-closed-in-handler", flaw: flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
		one := make([]byte, 1)
		if r.stopping.Load() {
			v.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := v.stream.Read(one); err == io.EOF {
				return 0, err
			}
		}
		return v.Write(p)
	}}},
	{name: "a panic at the stop is waited for", rule: "drain/panic-in-handler", flaw: flaw{panics: func(r *reference, _ *visit, err error) {
		if r.stopping.Load() {
			time.Sleep(3 * time.Second)
		}
	}}},
	{name: "stops when its clients pause", rule: "drain/talkative", flaw: flaw{unhalted: true,
		read: func(r *reference, v *visit, p []byte) (int, error) {
			for {
				v.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
				n, err := v.Read(p)
				if !os.IsTimeout(err) || r.stopping.Load() {
					if os.IsTimeout(err) {
						err = io.EOF
					}
					return n, err
				}
			}
		}}},
	{name: "lingers anew after every byte", rule: "drain/lingers-under-fire", flaw: flaw{lingers: func(r *reference, v *visit) {
		v.CloseWrite()
		v.mu.Lock()
		v.lingering = true
		v.mu.Unlock()
		for err := error(nil); err == nil; {
			v.SetReadDeadline(time.Now().Add(r.cfg.Linger))
			_, err = v.Read(make([]byte, 512))
		}
	}}},
	{name: "lingers for ever after a fault", rule: "framing/fault-then-flood", framing: upper.Line, flaw: flaw{lingers: func(r *reference, v *visit) {
		v.CloseWrite()
		io.Copy(io.Discard, v.stream)
	}}},
	{name: "a deadline for each in turn", rule: "drain/deadline-of-several", flaw: flaw{inTurn: true}},
	{name: "says that one was cut off", rule: "drain/deadline-of-several", flaw: flaw{miscounts: true}},
	{name: "waits for work past the deadline", rule: "drain/deadline-of-work", flaw: flaw{endless: true}},
	{name: "leaves a copy of the listener", rule: "drain/port-free", flaw: flaw{listening: func(ln net.Listener) {
		if f, err := ln.(*net.TCPListener).File(); err == nil {
			leaked.Store(f, nil)
		}
	}}},

	// What is left.
	{name: "leaves a goroutine at a reset", rule: "resources/goroutines-after-clients", flaw: flaw{
		end: func(r *reference, _ *visit, err error) {
			if isReset(err) {
				go func() { <-r.leftovers }()
			}
		},
		over: func(r *reference, _ net.Listener) { close(r.leftovers) }}},
	{name: "remembers clients that reset", rule: "resources/left-by-clients", flaw: flaw{end: func(r *reference, v *visit, err error) {
		r.shared.mu.Lock()
		defer r.shared.mu.Unlock()
		if isReset(err) {
			r.shared.buf = append(r.shared.buf, make([]byte, 4096)...)
		}
	}}},
	{name: "a timer for every client", rule: "resources/left-by-clients", flaw: flaw{begin: func(_ *reference, v *visit) {
		time.AfterFunc(time.Hour, func() { v.Close() })
	}}},
	{name: "leaks a descriptor at a broken pipe", rule: "resources/descriptors-after-broken-pipe", flaw: flaw{leak: func(err error) bool {
		var op *net.OpError
		return errors.As(err, &op) && op.Op == "write"
	}}},
	{name: "a panic keeps a lock", rule: "recovery/panic", flaw: flaw{
		read: func(r *reference, v *visit, p []byte) (int, error) {
			n, err := v.Read(p)
			for n > 0 && !r.stopping.Load() && !r.shared.mu.TryLock() {
				time.Sleep(time.Millisecond)
			}
			if n > 0 && !r.stopping.Load() {
				r.shared.mu.Unlock()
			}
			return n, err
		},
		panics: func(r *reference, _ *visit, _ error) { r.shared.mu.Lock() }}},

	// Out of descriptors.
	{name: "dies of EMFILE", rule: "resources/out-of-descriptors", apart: true, flaw: flaw{retry: func(r *reference, err error) { r.die(err) }}},
	{name: "spins on EMFILE", rule: "resources/out-of-descriptors", apart: true, flaw: flaw{retry: func(*reference, error) {
		for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); { // as many tries would
		}
	}}},
	{name: "no accept after EMFILE", rule: "resources/out-of-descriptors", apart: true, flaw: flaw{retry: func(r *reference, err error) {
		for !r.stopping.Load() {
			time.Sleep(time.Millisecond)
		}
	}}},
}

// readAhead reads up to 8 pieces before they are asked for and drops them at the stop.
func readAhead(r *reference, v *visit, p []byte) (int, error) {
	if v.ahead == nil {
		v.ahead = make(chan []byte, 8)
		go func() {
			defer close(v.ahead)
			for {
				buf := make([]byte, r.cfg.ReadSize)
				n, err := v.Read(buf)
				r.cfg.Tally.Read.Add(int64(n))
				if err != nil {
					return
				}
				v.ahead <- buf[:n]
			}
		}()
	}
	piece, ok := <-v.ahead
	if !ok || r.stopping.Load() {
		return 0, io.EOF
	}
	r.cfg.Tally.Read.Add(int64(-len(piece))) // talk counts it
	return copy(p, piece), nil
}
