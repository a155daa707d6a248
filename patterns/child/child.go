// Package child starts processes, exchanges values with them and waits for their end.
//
// A child is this program, started again with a verb as its first argument. [Become], which is the first call in main
// and in TestMain, detects that the process is a child. The parent sends its commands to the child's standard input, and the
// child answers on its standard output, one JSON value a line ([Conn]). Everything else that the child prints goes to
// standard error; the parent keeps the last part of it for its error.
//
// No child outlives its parent, however the parent ends. When the parent ends, the child's input closes, which tells the
// child to end; on Linux the kernel also sends it a signal (PR_SET_PDEATHSIG, prctl(2)).
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
	Verb   string     // the verb of the child's Become
	Binary []string   // the command that starts the child, without the verb; nil: this program
	Env    []string   // nil: the environment of this process
	CPUs   []int      // the CPUs of the child; none: those of this process
	Files  []*os.File // inherited files; the first becomes descriptor 3
	Stderr *os.File   // nil: the last part of its output is kept, see Ending
	Gentle bool       // the child has children of its own to end, see Launch
}

// A Process is a child that was started. Its methods may be called from any goroutine. End must be called once it is no
// longer needed.
type Process struct {
	Conn
	PID   int
	Ended <-chan struct{} // closed when the process has ended

	cmd      *exec.Cmd
	commands io.Closer
	news     io.Closer
	said     tail
}

// Start starts a child. It waits until the system has started the process, not until the child answers.
func Start(o Options) (*Process, error) {
	path, args := self()
	if o.Binary != nil {
		path, args = o.Binary[0], o.Binary
	}
	p := &Process{cmd: exec.Command(path)}
	p.cmd.Args = append(args[:len(args):len(args)], o.Verb)
	p.cmd.Env, p.cmd.ExtraFiles = o.Env, o.Files
	p.cmd.WaitDelay = time.Second // a process that the child started may keep its standard error open for ever
	if p.cmd.Stderr = &p.said; o.Stderr != nil {
		p.cmd.Stderr = o.Stderr
	}
	commands, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("child: %w", err)
	}
	news, stdout, err := os.Pipe() // Wait would close a pipe of package exec before everything is read
	if err != nil {
		return nil, fmt.Errorf("child: %w", err)
	}
	p.cmd.Stdout = stdout
	p.Ended, err = Launch(p.cmd, o.CPUs, o.Gentle)
	stdout.Close()
	if err != nil {
		news.Close()
		if _, none := os.Lstat(path); path == ownPath && none != nil {
			err = fmt.Errorf("%w; this program starts itself by way of /proc, which is not mounted here: mount -t proc proc /proc", err)
		}
		return nil, fmt.Errorf("child: %s: %w", o.Verb, err)
	}
	p.PID, p.commands, p.news = p.cmd.Process.Pid, commands, news
	p.Conn = Conn{in: bufio.NewReader(news), out: commands}
	go func() {
		<-p.Ended
		// The rest of the pipe can still be read. It does not wait for a process that keeps the other end open.
		time.AfterFunc(10*time.Second, func() { news.Close() })
	}()
	p.Send(hello{Version()}) // a child that has already ended is noticed when its answer is read
	return p, nil
}

// Receive is that of [Conn]. After io.EOF nothing of the conversation is left open.
func (p *Process) Receive(v any) error {
	err := p.Conn.Receive(v)
	if err == io.EOF {
		p.news.Close()
	}
	return err
}

// Stop closes the child's input, which tells it to end: no command follows.
func (p *Process) Stop() { p.commands.Close() }

// Ending is how a child ended.
type Ending struct {
	How    string // such as "exit status 1"; "": with status 0
	Killed bool   // it did not end in time
	Said   string // the last part of its output, unchanged
}

// Err describes the ending as an error.
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

// End stops the child and waits for its end. If it has not ended after patience, it is killed with all its descendants.
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
