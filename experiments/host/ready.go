package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// A foreign server that listens may still not answer: behind a container's proxy a port listens at once, and resets every
// connection until the server behind it is there. So when a command is started for the first time, one connection asks
// it something, and the command is then started anew, because that connection may have been the only one that it
// accepts. A command that did not answer at once is kept instead, and asked at every start; one that was never ready is
// not started again.

// readiness is what is known of the commands that a Launcher has started.
type readiness struct {
	mu       sync.Mutex
	commands map[string]*commandReadiness
}

type commandReadiness struct {
	mu    sync.Mutex // held while the command is started for the first time
	known bool
	slow  bool  // at first it ends connections without an answer
	never error // why it was never ready
}

func (r *readiness) of(command string) *commandReadiness {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.commands == nil {
		r.commands = map[string]*commandReadiness{}
	}
	if r.commands[command] == nil {
		r.commands[command] = new(commandReadiness)
	}
	return r.commands[command]
}

// serveReady starts a foreign server that can be asked.
func (l *Launcher) serveReady(ctx context.Context, o Options) (*Server, error) {
	c := l.ready.of(o.Server)
	c.mu.Lock()
	if c.known && !c.slow {
		c.mu.Unlock()
		return l.serve(ctx, o)
	}
	defer c.mu.Unlock()
	if c.never != nil {
		return nil, c.never
	}
	s, err := l.serve(ctx, o)
	if err != nil {
		var start *StartError
		if !c.known && ctx.Err() == nil && errors.As(err, &start) && start.Never {
			c.never = err
		}
		return nil, err
	}
	tries, err := s.answers(ctx, o)
	switch {
	case err != nil:
		end := s.End()
		err = &StartError{Server: o.Server, Reason: err, Stderr: end.Stderr, Never: ctx.Err() == nil}
		if ctx.Err() == nil && !c.known {
			c.never = err
		}
		return nil, err
	case !c.known && (tries == 1 || s.PID != 0 && !alive(s.PID)): // perhaps it accepts only one connection
		c.known = true
		s.End()
		return l.serve(ctx, o)
	}
	c.known, c.slow = true, true
	return s, nil
}

// answerPatience is how long the first answer is waited for. A server that says nothing but keeps the connection is
// ready: what is wrong with it is found by those who ask it more.
const answerPatience = 500 * time.Millisecond

// answers connects to the server until it answers, or keeps the connection, and returns how many connections that took.
// A server that has ended meanwhile served one client only, or will be found dead.
func (s *Server) answers(ctx context.Context, o Options) (tries int, err error) {
	patience := cmp.Or(o.Start, startPatience)
	hello := o.Hello
	if hello == nil {
		hello = []byte("a") // a request of the raw framing, which is what the contract asks for
	}
	_, where, _ := strings.Cut(s.Address, "://")
	for began := time.Now(); ; {
		tries++
		err := greets(ctx, where, hello)
		if err == nil || ctx.Err() != nil {
			return tries, context.Cause(ctx)
		}
		select {
		case <-s.died:
			return 1, nil
		case <-ctx.Done():
			return tries, context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Since(began) > patience {
			return tries, fmt.Errorf("it listens on %s, and for %.0f s every connection failed before anything was answered (the last: %w)",
				where, patience.Seconds(), err)
		}
	}
}

// greets makes one connection. It returns an error when the server ended it without an answer.
func greets(ctx context.Context, where string, hello []byte) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", where)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(answerPatience))
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	n, err := conn.Read(make([]byte, 1))
	switch {
	case n > 0, errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case errors.Is(err, io.EOF):
		return errors.New("the server closed it")
	}
	return err
}
