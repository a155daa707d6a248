package host

import (
	"errors"
	"os/exec"
	"runtime"
	"sync"
)

// A Launcher starts child processes from one operating system thread that lives until Close. Linux
// ties a child's death signal to the thread that forked it, not to the process: were the thread one
// that the Go scheduler retires, the child would be killed in the middle of a run.
//
// Each child starts on the CPUs it is given, as affinity is inherited over fork, and in a process group
// of its own, so that Ctrl-C on a terminal reaches this process alone.
type Launcher struct {
	jobs chan func()
	once sync.Once
	done chan struct{}

	ready readiness
}

// NewLauncher starts the launching thread. Call Close when the run is over.
func NewLauncher() *Launcher {
	l := &Launcher{jobs: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		// Never unlocked: when this goroutine returns the runtime ends the thread with it, and the
		// kernel ends every child that is still there.
		runtime.LockOSThread()
		for job := range l.jobs {
			job()
		}
	}()
	return l
}

// Start starts cmd on cpus; none means wherever this process may run. The child is killed when this
// process ends or the Launcher is closed. With gentle it is sent SIGTERM instead, for a child that has
// children of its own to end.
func (l *Launcher) Start(cmd *exec.Cmd, cpus []int, gentle bool) error {
	result := make(chan error, 1)
	job := func() {
		if err := confineThread(cpus); err != nil {
			result <- err
			return
		}
		cmd.SysProcAttr = tied(gentle)
		result <- cmd.Start()
	}
	select {
	case l.jobs <- job:
		return <-result
	case <-l.done:
		return errors.New("host: launcher is closed")
	}
}

// Close ends the launching thread and with it every child that was not waited for. It may be called
// more than once, but not beside Start.
func (l *Launcher) Close() error {
	l.once.Do(func() { close(l.jobs) })
	<-l.done
	return nil
}
