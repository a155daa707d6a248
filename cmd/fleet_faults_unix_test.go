//go:build unix

package cmd

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/fleet"
	"socketbench/experiments/result"
	"socketbench/patterns/proc"
)

// Whatever happens to the machines of a run, each trial is counted once, a run that could not be ended is resumed, and
// nothing that an agent has started outlives its lease.
func TestFaultsOfAFleet(t *testing.T) {
	if underRaceDetector() {
		return // all its machines are processes of their own
	}
	for seed := range uint64(2) { // one with a coordinator that listens, and one with a cluster
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			faultsOfAFleet(t, seed)
		})
	}
}

// The same with as many seeds as it is told to run: -benchtime 50x.
func BenchmarkFaultsOfAFleet(b *testing.B) {
	for seed := range uint64(b.N) {
		t := &tidy{TB: b}
		faultsOfAFleet(t, seed)
		t.clean()
	}
}

// tidy is a benchmark whose rounds clean up after themselves.
type tidy struct {
	testing.TB
	last []func()
}

func (t *tidy) Cleanup(f func()) { t.last = append(t.last, f) }

func (t *tidy) clean() {
	for _, f := range slices.Backward(t.last) {
		f()
	}
}

// faultsOfAFleet is one schedule of faults. Even seeds have a coordinator that listens, and links that are cut; odd ones
// have a cluster of three NATS servers, which are killed and come back.
func faultsOfAFleet(t testing.TB, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 20))
	dir := t.TempDir()
	var f brokenFleet
	if seed%2 == 0 {
		f = overLinks(t, dir)
	} else {
		f = overCluster(t, dir)
	}
	results := filepath.Join(dir, "results")
	run := []string{"run", "head-of-line", "goroutine", "epoll", "--blocks", "2", "--duration", "300ms", "--seed", "4", "--set", "load.mute=0,1", "--out", results}
	over := []string{"--fleet", f.key, "--serve-on", "server", "--load-on", "one,two"}
	coordinator := start(t, append(run, over...)...)
	var log []string
	for range 1 + random.IntN(3) {
		time.Sleep(time.Duration(200+random.IntN(2500)) * time.Millisecond)
		log = append(log, f.fault(random, coordinator))
	}
	said := coordinator.wait(t, 3*time.Minute)
	history := fmt.Sprintf("seed %d: %s\n%s", seed, strings.Join(log, ", "), said)
	for range 3 { // a fault may come late
		r, err := result.Load(results)
		if err == nil && !r.Manifest.Finished.IsZero() {
			break
		}
		if _, none := os.Stat(results); none != nil { // the run ended before its first result
			said = start(t, append(run, over...)...).wait(t, 3*time.Minute)
			history += "\nanew: " + said
			continue
		}
		require.NoError(t, err, history)
		said = start(t, append([]string{"run", "--resume", results}, over...)...).wait(t, 3*time.Minute)
		history += "\nresumed: " + said
		require.Equal(t, faultyTrials-len(r.Final()), announced(said), "it says what is missing: %s", history)
	}
	r, err := result.Load(results)
	require.NoError(t, err, history)
	require.False(t, r.Manifest.Finished.IsZero(), history)
	require.Len(t, r.Final(), faultyTrials, history)
	counted := map[int]bool{}
	for _, trial := range r.Final() {
		require.False(t, counted[trial.Order], history)
		counted[trial.Order] = true
	}
	for _, a := range f.agents {
		pid := a.cmd.Process.Pid
		require.Eventually(t, func() bool { return len(proc.Tree(pid)) <= 1 }, 3*time.Minute, 50*time.Millisecond, "%s has left something: %s", a.name, history)
	}
}

// faultyTrials are those of a run that has faults: two servers under two loads in two blocks, and the baseline twice.
const faultyTrials = 10

// announced is how many trials a run says that it is going to measure.
func announced(said string) int {
	found := regexp.MustCompile(`head-of-line: (\d+) trials?`).FindStringSubmatch(said)
	if found == nil {
		return -1
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// brokenFleet is a fleet to which something can be done.
type brokenFleet struct {
	key    string
	agents []*process
	links  []*link // one for each agent; none: they meet at a cluster
	more   func(*rand.Rand) string
}

// fault does something, and says what.
func (f *brokenFleet) fault(random *rand.Rand, coordinator *process) string {
	a := f.agents[random.IntN(len(f.agents))]
	switch pick := random.IntN(8); {
	case pick == 0:
		coordinator.cmd.Process.Kill()
		return "coordinator killed"
	case pick <= 2:
		a.cmd.Process.Kill()
		a.wait(nil, time.Minute)
		pause(random, 1500)
		a.again()
		return a.name + " killed, and started again"
	case pick <= 4:
		a.cmd.Process.Signal(syscall.SIGSTOP)
		d := pause(random, 3000)
		a.cmd.Process.Signal(syscall.SIGCONT)
		return fmt.Sprintf("%s stopped for %v", a.name, d)
	}
	return f.more(random)
}

func pause(random *rand.Rand, most int) time.Duration {
	d := time.Duration(50+random.IntN(most)) * time.Millisecond
	time.Sleep(d)
	return d
}

var fleetAgents = []struct {
	name  string
	flags []string
}{{"server", []string{"--serve"}}, {"one", []string{"--load", "--shared"}}, {"two", []string{"--load", "--shared"}}}

// overLinks is a fleet with a link between the coordinator and each agent that can be cut.
func overLinks(t testing.TB, dir string) (f brokenFleet) {
	at := freeAddress(t)
	code, _, errs := command("fleet", "new", at, "--dir", dir)
	require.Equal(t, exitDone, code, errs)
	f.key = filepath.Join(dir, "fleet.key")
	join, err := fleet.ReadJoin(filepath.Join(dir, "fleet.join"))
	require.NoError(t, err)
	for _, a := range fleetAgents {
		l := newLink(t, at)
		f.links = append(f.links, l)
		join.Address = l.Addr().String()
		path := filepath.Join(dir, a.name+".join")
		require.NoError(t, fleet.Write(path, join))
		f.agents = append(f.agents, start(t, append([]string{"agent", path, "--name", a.name}, a.flags...)...).called(a.name))
	}
	f.more = func(random *rand.Rand) string {
		i := random.IntN(len(f.links))
		f.links[i].cut.Lock()
		d := pause(random, 5000)
		f.links[i].cut.Unlock()
		return fmt.Sprintf("link of %s cut for %v", fleetAgents[i].name, d)
	}
	return f
}

// overCluster is a fleet that meets at three NATS servers, each a process.
func overCluster(t testing.TB, dir string) (f brokenFleet) {
	var urls, routes []string
	for range 3 {
		urls, routes = append(urls, "nats://"+freeAddress(t)), append(routes, "nats://"+freeAddress(t))
	}
	var nodes []*process
	for i := range urls {
		node := &process{name: "node", env: asNode + "=" + strings.Join([]string{urls[i], routes[i], strings.Join(routes, ",")}, " ")}
		node.begin(t)
		nodes = append(nodes, node)
	}
	code, _, errs := command("fleet", "new", strings.Join(urls, ","), "--dir", dir)
	require.Equal(t, exitDone, code, errs)
	f.key = filepath.Join(dir, "fleet.key")
	for _, a := range fleetAgents {
		f.agents = append(f.agents, start(t, append([]string{"agent", filepath.Join(dir, "fleet.join"), "--name", a.name, "--listen", "127.0.0.1"}, a.flags...)...).called(a.name))
	}
	f.more = func(random *rand.Rand) string {
		n := nodes[random.IntN(len(nodes))]
		n.cmd.Process.Kill()
		n.wait(nil, time.Minute)
		d := pause(random, 2000)
		n.again()
		return fmt.Sprintf("a NATS server killed, and there again after %v", d)
	}
	return f
}

// process is one of this binary, which ends with the test.
type process struct {
	name string
	args []string
	env  string
	cmd  *exec.Cmd
	said *printed
	over chan struct{}
}

func start(t testing.TB, args ...string) *process {
	p := &process{name: args[0], args: args, env: asMain + "=1"}
	p.begin(t)
	return p
}

func (p *process) called(name string) *process { p.name = name; return p }

func (p *process) begin(t testing.TB) {
	p.said = new(printed)
	require.NoError(t, p.again())
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGCONT)
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.wait(nil, 30*time.Second)
	})
}

// again starts the process, which has ended or was never started.
func (p *process) again() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p.cmd = exec.Command(self, p.args...)
	p.cmd.Env = append(os.Environ(), p.env)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	if err := p.cmd.Start(); err != nil {
		return err
	}
	over, cmd := make(chan struct{}), p.cmd
	p.over = over
	go func() { cmd.Wait(); close(over) }()
	return nil
}

// wait waits for the end of the process, which is killed when it takes longer, and returns what it has printed.
func (p *process) wait(t testing.TB, most time.Duration) string {
	late := false
	timer := time.AfterFunc(most, func() { late = true; p.cmd.Process.Kill() })
	<-p.over
	timer.Stop()
	if t != nil {
		require.False(t, late, "%s hung: %s", p.name, p.said)
	}
	return p.said.String()
}

// A link forwards connections, and stands still while it is cut, as one whose cable is pulled.
type link struct {
	net.Listener
	cut sync.RWMutex
}

func newLink(t testing.TB, to string) *link {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &link{Listener: ln}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			here, err := ln.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				here.Close()
				continue
			}
			forward := func(to, from net.Conn) {
				defer to.Close()
				defer from.Close()
				_, _ = io.Copy(throughLink{to, l}, from)
			}
			all.Go(func() { forward(here, there) })
			all.Go(func() { forward(there, here) })
		}
	})
	t.Cleanup(func() { ln.Close() }) // both ends of what it forwards end before
	return l
}

type throughLink struct {
	io.Writer
	link *link
}

func (w throughLink) Write(b []byte) (int, error) {
	w.link.cut.RLock()
	defer w.link.cut.RUnlock()
	return w.Writer.Write(b)
}

// freeAddress is a loopback address that was free just now.
func freeAddress(t testing.TB) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}
