package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// listen receives what the process answers, until its end.
func (s *Server) listen() {
	for {
		var r Reply
		err := s.process.Receive(&r)
		if err == io.EOF {
			break
		}
		if err != nil {
			r.Error = err.Error()
		}
		if r.Ended != "" {
			s.ended = r.Ended
			continue
		}
		s.replies <- r
	}
	close(s.replies)
	<-s.process.Ended
	close(s.died)
}

// ask sends one command and waits for its reply.
func (s *Server) ask(ctx context.Context, cmd Command, timeout time.Duration) (Reply, error) {
	if s.late {
		return Reply{}, errors.New("the server process hangs: it left a command unanswered")
	}
	if err := s.process.Send(cmd); err != nil { // at most one is under way, so this does not block
		return Reply{}, s.gone()
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case r, ok := <-s.replies:
		if !ok {
			return Reply{}, s.gone()
		}
		if r.Error != "" {
			return r, errors.New(r.Error)
		}
		return r, nil
	case <-timer.C:
		s.late = true
		return Reply{}, fmt.Errorf("the server process hangs: no answer to %q within %v", cmd.Verb, timeout)
	case <-ctx.Done():
		s.late = true
		return Reply{}, context.Cause(ctx)
	}
}

func (s *Server) gone() error {
	select {
	case <-s.died:
	case <-time.After(time.Second):
	}
	return errors.New("the server process ended")
}

// Died is closed when the server's process has ended.
func (s *Server) Died() <-chan struct{} { return s.died }

// Snapshot asks the server's runtime. A foreign server has none to ask: ok is false.
func (s *Server) Snapshot(ctx context.Context) (snapshot Snapshot, ok bool, err error) {
	if s.Foreign {
		return Snapshot{}, false, nil
	}
	r, err := s.ask(ctx, Command{Verb: VerbSnapshot}, 5*time.Second)
	if err != nil {
		return Snapshot{}, false, err
	}
	return *r.Snapshot, true, nil
}

// Settle makes the server's process collect its garbage and give back what it does not hold.
func (s *Server) Settle(ctx context.Context) error {
	if s.Foreign {
		return errors.New("host: a foreign server's memory is its own affair")
	}
	_, err := s.ask(ctx, Command{Verb: VerbSettle}, 10*time.Second)
	return err
}

// Profile starts writing a profile of that kind to path, until Profiled is called.
func (s *Server) Profile(ctx context.Context, kind, path string) error {
	if s.Foreign {
		return errors.New("host: a foreign server cannot be profiled from here")
	}
	_, err := s.ask(ctx, Command{Verb: VerbProfile, Profile: kind, File: path}, 5*time.Second)
	return err
}

// Profiled ends the profile that is being written.
func (s *Server) Profiled(ctx context.Context) error {
	_, err := s.ask(ctx, Command{Verb: VerbProfiled}, 30*time.Second)
	return err
}

// Drain stops the server and waits until it has answered what it had read, at most for timeout.
func (s *Server) Drain(ctx context.Context, timeout time.Duration) (Drained, error) {
	r, err := s.ask(ctx, Command{Verb: VerbDrain}, timeout)
	if err != nil {
		return Drained{}, err
	}
	return *r.Drained, nil
}
