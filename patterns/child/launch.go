package child

import (
	"os/exec"
	"runtime"

	"socketbench/patterns/proc"
)

// Launch starts a program, this one or another, on cpus; none means the CPUs of this process. The program gets a process
// group of its own, so that Ctrl-C on a terminal reaches only this process. On Linux the program is killed when this
// process ends; with gentle it gets SIGTERM instead, for a program that must end children of its own.
//
// Launch calls cmd.Wait, so the caller must not. ended is closed when the program has ended, and then cmd.ProcessState
// says how.
func Launch(cmd *exec.Cmd, cpus []int, gentle bool) (ended <-chan struct{}, err error) {
	started, over := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(over)
		// Linux signals a child when the thread that forked it ends, even if its process goes on: a thread that Go's
		// scheduler retires would end the child. So this goroutine keeps its thread until the child has ended. It never
		// unlocks the thread, because the thread may run only on these CPUs; the thread ends with the goroutine.
		runtime.LockOSThread()
		if len(cpus) > 0 { // the child inherits the CPUs of this thread
			if err := proc.ConfineThread(cpus); err != nil {
				started <- err
				return
			}
		}
		cmd.SysProcAttr = tied(gentle)
		err := cmd.Start()
		if started <- err; err == nil {
			cmd.Wait() // the caller finds the error in cmd.ProcessState
		}
	}()
	return over, <-started
}
