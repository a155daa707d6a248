package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/proc"
)

const watchdog = 30 * time.Second

func TestMain(m *testing.M) {
	Become("echo", func(_ context.Context, parent *Conn) error {
		fmt.Println("printed, and not said")
		for {
			var word string
			if err := parent.Receive(&word); err == io.EOF {
				return nil
			} else if err != nil {
				word = err.Error()
			}
			if word == "fail" {
				return errors.New("it could not go on")
			}
			if err := parent.Send([]string{word}); err != nil {
				return err
			}
		}
	})
	Become("stubborn", func(ctx context.Context, parent *Conn) error {
		cmd := exec.Command("sleep", "1000") // the process that ends this one must end it too
		if err := cmd.Start(); err != nil {
			return err
		}
		parent.Send(cmd.Process.Pid)
		select {}
	})
	Become("placed", func(_ context.Context, parent *Conn) error {
		cpus, err := proc.CPUsOf(os.Getpid())
		if err != nil {
			return err
		}
		return parent.Send(cpus)
	})
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, o Options) *Process {
	p, err := Start(o)
	require.NoError(t, err)
	late := time.AfterFunc(watchdog, func() { p.End(0) })
	t.Cleanup(func() { late.Stop(); p.End(0) })
	return p
}

func TestAParentAndItsChildSpeak(t *testing.T) {
	p := start(t, Options{Verb: "echo"})
	for _, word := range []string{"one", "two\nlines", strings.Repeat("long ", 100_000)} {
		go p.Send(word) // a long one is not taken whole before the answer begins
		var answer []string
		require.NoError(t, p.Receive(&answer))
		require.Equal(t, []string{word}, answer)
	}
	require.NoError(t, p.Send(5))
	var answer []string
	require.NoError(t, p.Receive(&answer), "what is not a value of the conversation is no end")
	require.Contains(t, answer[0], `"5\n" is not a value of the conversation`)
	require.Equal(t, Ending{Said: "printed, and not said"}, p.End(watchdog))
	require.Equal(t, io.EOF, p.Receive(&answer))
	require.Error(t, p.Send("nobody is there"))
}

// A server that has stopped its children must have no descriptor left of them.
func TestNothingIsLeftOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux: open descriptors are read from /proc")
	}
	open := func() []os.DirEntry {
		entries, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return entries
	}
	before := 0
	for n := range 3 { // the first opens what the runtime keeps
		p := start(t, Options{Verb: "echo"})
		p.Stop()
		require.Equal(t, io.EOF, p.Receive(new([]string)))
		p.End(watchdog)
		if n == 0 {
			before = len(open())
		}
	}
	require.LessOrEqual(t, len(open()), before, open())
}

func TestAChildThatFailsSaysWhy(t *testing.T) {
	p := start(t, Options{Verb: "echo"})
	require.NoError(t, p.Send("fail"))
	require.Equal(t, io.EOF, p.Receive(new(string)))
	require.EqualError(t, p.End(watchdog).Err(), "the process ended (exit status 1): printed, and not said\nit could not go on")
}

func TestAChildThatDoesNotEndIsKilledWithAllBelowIt(t *testing.T) {
	if _, err := exec.LookPath("sleep"); err != nil || len(proc.Threads(os.Getpid())) == 0 {
		t.Skip("needs the program sleep, and Linux: the children of a process are read from /proc")
	}
	p := start(t, Options{Verb: "stubborn"})
	var below int
	require.NoError(t, p.Receive(&below))
	require.Contains(t, proc.Tree(os.Getpid()), below)
	end := p.End(0)
	require.True(t, end.Killed)
	require.Contains(t, end.How, "killed")
	require.Eventually(t, func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", below))
		return err != nil || strings.Contains(string(stat), ") Z ") // nobody may wait for it here
	}, watchdog, time.Millisecond)
	require.Equal(t, end.How, p.End(0).How, "it may be ended again")
}

func TestAChildRunsOnItsCPUs(t *testing.T) {
	all := proc.CPUs()
	if len(all) == 0 {
		t.Skip("needs Linux: elsewhere a process cannot be given CPUs")
	}
	for _, cpus := range [][]int{all[len(all)-1:], all[:1]} {
		p := start(t, Options{Verb: "placed", CPUs: cpus})
		var has []int
		require.NoError(t, p.Receive(&has))
		require.Equal(t, cpus, has)
	}
	p := start(t, Options{Verb: "placed"})
	var has []int
	require.NoError(t, p.Receive(&has))
	require.Equal(t, all, has, "where its parent may")
	nowhere := slices.Max(all) + 1
	_, err := Start(Options{Verb: "placed", CPUs: []int{nowhere}})
	require.ErrorContains(t, err, fmt.Sprintf("CPUs [%d] cannot be used", nowhere))
}

func TestAProgramThatIsNotThereIsNamed(t *testing.T) {
	_, err := Start(Options{Verb: "echo", Binary: []string{"/nowhere/program"}})
	require.ErrorContains(t, err, "/nowhere/program")
}

// What a child is asked by hand, or by another build of its program, it does not do.
func TestAChildHasAParentOfItsOwnBuild(t *testing.T) {
	for input, want := range map[string]string{
		"":                          "this command is internal; the program itself starts it, with a pipe from its parent",
		"hello\n":                   "this command is internal; the program itself starts it, with a pipe from its parent",
		"{\"version\":\"older\"}\n": `and its parent "older"; the program has changed`,
	} {
		cmd := exec.Command(os.Args[0], "echo")
		cmd.Stdin = strings.NewReader(input)
		said, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Equal(t, 1, cmd.ProcessState.ExitCode())
		require.Contains(t, string(said), want)
	}
}

// The end of the pipe is the end of the conversation, also within a line.
func TestAnEndWithinALine(t *testing.T) {
	c := Conn{in: bufio.NewReader(strings.NewReader("1\n2"))}
	var n int
	require.NoError(t, c.Receive(&n))
	require.Equal(t, 1, n)
	require.Equal(t, io.EOF, c.Receive(&n))
	require.Error(t, c.Send(func() {}), "not a value")
}
