package child

import (
	"os/exec"
	"runtime"

	"socketbench/patterns/proc"
)

// Launch starts a program, this one or another, on cpus; none means wherever this process may run. It is in a process
// group of its own, so that Ctrl-C on a terminal reaches this process alone. On Linux it is killed when this process
// ends; with gentle it is sent SIGTERM instead, for a program that has children of its own to end.
//
// Launch waits for the program, so nobody else may: ended is closed when it has ended, and cmd.ProcessState says how.
func Launch(cmd *exec.Cmd, cpus []int, gentle bool) (ended <-chan struct{}, err error) {
	started, over := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(over)
		// Linux signals a child when the thread that forked it ends, and not only its process: a thread that Go's
		// scheduler retires would end the child with it. This one is held until the child has ended; it is never given
		// back, as it may run on these CPUs only, and ends with the goroutine.
		runtime.LockOSThread()
		if len(cpus) > 0 { // a child inherits them
			if err := proc.ConfineThread(cpus); err != nil {
				started <- err
				return
			}
		}
		cmd.SysProcAttr = tied(gentle)
		err := cmd.Start()
		if started <- err; err == nil {
			cmd.Wait() // its state tells
		}
	}()
	return over, <-started
}
