// Package child starts processes, talks with them and sees them end.
//
// A child of this program is the same program, started again with a verb as its first argument. [Become], which is
// called first of all in main and in TestMain, finds out that this process is one. What the parent wants goes down the
// child's standard input, and its answers come up its standard output, a JSON value a line ([Conn]); whatever else is
// printed there goes to standard error, of which the parent keeps the end for its own error.
//
// No child outlives its parent, however that ends. The parent's end closes the child's input, which tells the child to
// end; and on Linux the kernel signals it (PR_SET_PDEATHSIG, prctl(2)).
package child

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"socketbench/patterns/proc"
)

// Options say how a child is started. Verb must be set.
type Options struct {
	Verb   string     // what it is to become
	Binary []string   // what starts it, without the verb; nil: this program
	Env    []string   // nil: that of this process
	CPUs   []int      // where it may run; none: where this process may
	Files  []*os.File // that it inherits, the first as descriptor 3
	Stderr *os.File   // nil: the end of what it prints is kept, see Ending
	Gentle bool       // it has children of its own to end, see Launch
}

// A Process is a child that was started. Its methods may be called from any goroutine; End must be called in the end.
type Process struct {
	Conn
	PID   int
	Ended <-chan struct{} // closed when it has ended

	cmd    *exec.Cmd
	orders io.Closer
	said   tail
}

// Start starts a child. It waits for the system to do so, and for nothing that the child does.
func Start(o Options) (*Process, error) {
	path, args := self()
	if o.Binary != nil {
		path, args = o.Binary[0], o.Binary
	}
	p := &Process{cmd: exec.Command(path)}
	p.cmd.Args = append(args[:len(args):len(args)], o.Verb)
	p.cmd.Env, p.cmd.ExtraFiles = o.Env, o.Files
	p.cmd.WaitDelay = time.Second // what the child has started may hold its standard error for ever
	if p.cmd.Stderr = &p.said; o.Stderr != nil {
		p.cmd.Stderr = o.Stderr
	}
	orders, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("child: %w", err)
	}
	news, stdout, err := os.Pipe() // one of exec's would be closed before all was read
	if err != nil {
		return nil, fmt.Errorf("child: %w", err)
	}
	p.cmd.Stdout = stdout
	p.Ended, err = Launch(p.cmd, o.CPUs, o.Gentle)
	stdout.Close()
	if err != nil {
		news.Close()
		return nil, fmt.Errorf("child: %s: %w", o.Verb, err)
	}
	p.PID, p.orders = p.cmd.Process.Pid, orders
	p.Conn = Conn{in: bufio.NewReader(news), out: orders}
	go func() {
		<-p.Ended
		// What is left in the pipe is read at leisure, and something that holds its other end is not waited for.
		time.AfterFunc(10*time.Second, func() { news.Close() })
	}()
	p.Send(hello{version()}) // one that has ended already is found when its answer is read
	return p, nil
}

// Stop closes the child's input: no order follows, and it should end.
func (p *Process) Stop() { p.orders.Close() }

// Ending is how a child ended.
type Ending struct {
	How    string // such as "exit status 1"; "": with status 0
	Killed bool   // it did not end in time
	Said   string // the end of what it printed, as it was
}

// Err is what an error says of the ending.
func (e Ending) Err() error {
	text := "the process ended"
	if e.How != "" {
		text += " (" + e.How + ")"
	}
	if e.Said != "" {
		text += ": " + e.Said
	}
	return errors.New(text)
}

// End stops the child and waits for its end. When it is still there after that time, it is killed with all that is
// below it.
func (p *Process) End(patience time.Duration) Ending {
	p.Stop()
	var e Ending
	select {
	case <-p.Ended:
	default:
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-p.Ended:
		case <-timer.C:
			e.Killed = true
			for _, pid := range proc.Tree(p.PID) {
				if process, err := os.FindProcess(pid); err == nil {
					process.Kill()
				}
			}
			<-p.Ended
		}
	}
	if !p.cmd.ProcessState.Success() {
		e.How = p.cmd.ProcessState.String()
	}
	e.Said = p.said.String()
	return e
}
