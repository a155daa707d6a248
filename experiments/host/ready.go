package host

import (
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

// A foreign server that listens cannot always be asked: behind the proxy of a container a port listens at once, and
// resets who connects until the server behind it is there. So a command is asked once by a connection, before
// all else, and started again then: that connection may have been the only one that it accepts. One that did not
// answer at once is kept, and waited for at every start; one that was never ready is not started again.

// readiness is what is known of the commands that a Launcher has started.
type readiness struct {
	mu       sync.Mutex
	commands map[string]*commandReadiness
}

type commandReadiness struct {
	mu    sync.Mutex // held while the command is started for the first time
	known bool
	slow  bool  // it ends connections at first
	never error // it was never ready
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
	case !c.known && (tries == 1 || s.PID != 0 && !alive(s.PID)): // that was the one for it, perhaps
		c.known = true
		s.End()
		return l.serve(ctx, o)
	}
	c.known, c.slow = true, true
	return s, nil
}

// answerPatience is how long the first answer is waited for: a server that says nothing keeps its connection, and what
// is wrong with that is not for here.
const answerPatience = 500 * time.Millisecond

// answers asks the server until it does not end the connection before it has said anything, and returns how many
// connections that took. A server that has ended was for one client only, or is about to be found dead.
func (s *Server) answers(ctx context.Context, o Options) (tries int, err error) {
	patience := o.StartTimeout
	if patience <= 0 {
		patience = startPatience
	}
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

// greets makes one connection. The error is that of a server that ended it without a word.
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
