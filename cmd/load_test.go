package cmd

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/servers/upper"
)

// answering starts a server that turns what it reads into something, and returns its address.
func answering(t *testing.T, reply func(req []byte) []byte) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				buf := make([]byte, 16<<10)
				for {
					n, err := conn.Read(buf)
					if err != nil {
						return
					}
					if _, err := conn.Write(reply(buf[:n])); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		all.Wait()
	})
	return "tcp://" + ln.Addr().String()
}

func upperCase(req []byte) []byte { return upper.Bytes(nil, req) }

func TestLoad(t *testing.T) {
	good := answering(t, upperCase)
	short := []string{"--duration", "200ms", "--warmup", "20ms", "--connections", "4", "--placement", "shared"}
	load := func(args ...string) (int, string, string) {
		return command(append(append([]string{"load"}, args...), short...)...)
	}
	t.Run("a good server", func(t *testing.T) {
		code, out, progress := load(good)
		require.True(t, code == exitDone || strings.Contains(out, "stood still"), out+progress)
		require.Contains(t, out, "4 of 4 connections")
		require.Contains(t, out, "response time")
		require.Contains(t, progress, good, "the plan comes first")
	})
	t.Run("json", func(t *testing.T) {
		log := filepath.Join(t.TempDir(), "x.hlog")
		code, out, progress := load(good, "--json", "--rate", "1k", "--log", log)
		require.True(t, code == exitDone || strings.Contains(out, "stood still"), out+progress)
		var trial result.Trial
		require.NoError(t, json.Unmarshal([]byte(out), &trial))
		require.True(t, trial.Valid || len(trial.Reasons) > 0)
		for name := range trial.Metrics {
			_, known := metric.Find(name)
			require.True(t, known || strings.HasPrefix(name, "errors."), "a metric %q that nothing describes", name)
		}
		require.EqualValues(t, 4, trial.Metrics["served"])
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		require.Contains(t, string(text), "StartTimestamp")
	})
	t.Run("a wrong reply", func(t *testing.T) {
		code, out, _ := load(answering(t, func(req []byte) []byte { return req }))
		require.Equal(t, exitNo, code)
		require.Contains(t, out, "first wrong reply")
		code, out, progress := load(answering(t, func(req []byte) []byte { return req }), "--json")
		require.Equal(t, exitNo, code)
		require.Contains(t, progress, "first wrong reply")
		require.True(t, json.Valid([]byte(out)), out)
	})
	t.Run("no reply", func(t *testing.T) {
		code, out, _ := load(answering(t, func([]byte) []byte { return nil }))
		require.Equal(t, exitNo, code)
		require.Contains(t, out, "0 of 4 connections")
		require.NotRegexp(t, `(response|service) time +[0-9]`, out, "every time is an age, and says so")
		if !strings.Contains(out, "stood still") { // else times that the machine made are left out
			require.Regexp(t, `service time +>= `, out)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address := "tcp://" + ln.Addr().String()
		require.NoError(t, ln.Close())
		code, out, _ := load(address)
		require.Equal(t, exitNo, code)
		require.Contains(t, out, "4 connections refused")
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		address = "udp://" + pc.LocalAddr().String()
		require.NoError(t, pc.Close())
		code, out, progress := command("load", address, "--connections", "4", "--duration", "10m", "--placement", "shared") // it ends early, or never
		require.Equal(t, exitNo, code)
		require.Contains(t, out, "NOT VALID: nothing was played: nobody received the datagrams: ")
		require.Contains(t, progress, "nobody listens on "+address+"; start a server: socketbench serve udp --listen "+address)
	})
	t.Run("a conversation", func(t *testing.T) {
		dir := t.TempDir()
		say, expect := filepath.Join(dir, "say"), filepath.Join(dir, "expect")
		require.NoError(t, os.WriteFile(say, []byte("helo there\r\n"), 0o644))
		require.NoError(t, os.WriteFile(expect, []byte("HELO THERE\r\n"), 0o644))
		for _, end := range [][]string{{"--expect", expect}, {"--until", `E\r\n`}, {"--reply-bytes", "12"}} {
			code, out, progress := load(append([]string{good, "--say", say}, end...)...)
			require.True(t, code == exitDone || strings.Contains(out, "stood still"), out+progress)
		}
	})
	t.Run("refused", func(t *testing.T) {
		for _, bad := range [][]string{
			{}, {"127.0.0.1"}, {"carrier://pigeon"}, {good, "--rate", "1000M"}, {good, "--pipeline", "65"}, {good, "--connections", "x"},
			{good, "--size", "0"}, {good, "--pipeline", "0"}, {good, "--rate", "0"}, {good, "--rate", "NaN"}, {good, "--size", "inf"}, {good, "--peak", "5k"},
			{good, "--until", "x"}, {good, "--say", "no such file", "--until", "x"}, {good, "--size", "-1"}, {good, "--arrivals", "maybe"},
			{good, "--log", filepath.Join(t.TempDir(), "no folder", "x.hlog")},
		} {
			code, out, progress := load(bad...)
			require.Equal(t, exitUsage, code, "%q", bad)
			require.Empty(t, out, "%q", bad)
			require.NotContains(t, progress, "of warm-up", "%q: no plan of what is not played", bad)
			require.NotContains(t, progress, "load: load:", "%q", bad)
		}
	})
}

func TestLoadProves(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a run without -short, because it takes 3 s")
	}
	_, out, progress := command("load", "--prove", "--duration", "2500ms", "--warmup", "100ms")
	require.Contains(t, out, "p99.9", progress)
	require.Contains(t, out, "by arithmetic")
}

// A line that is written over must fit, and a stall is no response time of 0.
func TestTheLiveLineFits(t *testing.T) {
	p := load.Progress{Elapsed: 12 * time.Second, Rate: 123456, P50: 31 * time.Microsecond, P99: 1234 * time.Microsecond, Served: 1000}
	for _, width := range []int{20, 39, 60, 80, 200} {
		var out strings.Builder
		l := live{w: &out, o: load.Options{Connections: 1000, Duration: 30 * time.Second}, width: func() int { return width }}
		l.show(p)
		text := strings.TrimSuffix(strings.TrimPrefix(out.String(), "\r"), "\x1b[K")
		require.Less(t, len([]rune(text)), width, text)
		last := strings.Fields(text)[len(strings.Fields(text))-1]
		require.Contains(t, []string{"123456/s", "p99", "1.23ms", "1000/1000", "1000"}, last, "no figure is cut in two")
		if width >= 60 {
			require.Contains(t, text, "1000", "who was served is not cut off")
		}
	}
	var out strings.Builder
	(&live{w: &out}).show(load.Progress{Elapsed: time.Second})
	require.Contains(t, out.String(), "p99 -")
}

// A load whose disturbers were not all there has not played what was asked for.
func TestALoadBesideFewerThanWereAskedForDoesNotHold(t *testing.T) {
	r := &load.Result{Valid: true, Metrics: map[string]float64{"served": 4, "disturbers": 1}}
	require.NoError(t, satisfied(r))
	r.Metrics["disturbers"] = 12412.0 / 50000
	require.Error(t, satisfied(r))

	r.Disturbers = map[string]int64{"idle.wanted": 50000, "idle.start": 12412, "idle.end": 12412, "idle.connected": 12412, "idle.errors.refused": 37588}
	var out strings.Builder
	require.NoError(t, loadTable(&out, load.Options{Connections: 4, Idle: 50000}, r))
	require.Contains(t, out.String(), "12,412 of 50,000 idle clients at both ends of the window (37,588 refused)")
}

// Words and numbers of a plan agree: one connection, and a rate below one is not none.
func TestThePlanOfALoadInWords(t *testing.T) {
	text := loadPlan(load.Options{Address: "tcp://127.0.0.1:9000", Connections: 1, Arrivals: load.Poisson, Rate: 0.5, Mute: 1})
	require.Contains(t, text, "1 connection x 64 B")
	require.Contains(t, text, "poisson 0.5 requests/s")
	require.Contains(t, text, "beside 1 disturber (")
	err := load.Options{Address: "tcp://127.0.0.1:9000", Arrivals: load.Poisson, Rate: 12e6, CPUs: []int{0}}.Check()
	require.ErrorContains(t, err, "rate 12000000 requests/s")
}
