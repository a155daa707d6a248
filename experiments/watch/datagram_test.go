package watch_test

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/watch"
	"socketbench/servers/address"
)

const letters = `name: n
teaches: t
transport: udp
lasts: 1s
clients:
  - name: ann
    steps: [send "one", 'send ""', send "three", read 300ms, close]
  - name: bob
    steps: ['send "a" times 4', %s]
`

func overUDP(t *testing.T, bobs string) watch.Scene {
	t.Helper()
	s, err := watch.Parse("scene.yaml", fmt.Appendf(nil, letters, bobs))
	require.NoError(t, err)
	return s
}

func TestStepsWithoutMeaningOverDatagramsAreRefused(t *testing.T) {
	for steps, want := range map[string]string{
		"[connect]":                               "connect means nothing over udp, because a datagram needs no connection; leave it out and begin with send",
		"['send \"a\"', half-close]":              "half-close means nothing over udp",
		"['send \"a\"', reset]":                   "reset means nothing over udp, because there is no connection; use close",
		"[read]":                                  "read before send",
		"['send \"a\"', close, read]":             "read before send",
		"['send \"a\" times 70000']":              "a datagram carries at most 65507",
		"['send \"a\"', read soon]":               "a time such as 400ms",
		"['send \"a\"', read 1s]\ntransport: tcp": "read takes a time only over datagrams",
		"['send \"a\"']\ntransport: sctp":         `transport: no transport "sctp"; use tcp or udp`,
	} {
		src := "name: n\nteaches: t\nlasts: 2s\nclients:\n - name: a\n   steps: " + steps + "\n"
		if !bytes.Contains([]byte(src), []byte("transport")) {
			src += "transport: udp\n"
		}
		if want == "read takes a time only over datagrams" {
			src = string(bytes.Replace([]byte(src), []byte("['send"), []byte("[connect, 'send"), 1))
		}
		_, err := watch.Parse("x.yaml", []byte(src))
		require.ErrorContains(t, err, want, src)
	}
}

// correspond plays a scene to a server that answers each datagram with what answer returns.
func correspond(t *testing.T, s watch.Scene, answer func(in []byte) (out [][]byte)) watch.Performance {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for buf := make([]byte, 64<<10); ; {
			n, who, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, out := range answer(bytes.Clone(buf[:n])) {
				pc.WriteTo(out, who)
			}
		}
	})
	perf := watch.Performance{Server: "x"}
	watch.Play(t.Context(), s, address.Of(pc.LocalAddr()), nil, time.Now(), func(e watch.Event) { perf.Events = append(perf.Events, e) })
	pc.Close()
	serving.Wait()
	return perf
}

func honest(in []byte) [][]byte { return [][]byte{bytes.ToUpper(in)} }

func TestWhatBecameOfDatagramsIsTold(t *testing.T) {
	var held []byte
	for name, c := range map[string]struct {
		answer func([]byte) [][]byte
		want   []string
		says   string
	}{
		"answers": {honest, []string{"answered", "answered"}, "x: answered ann and bob"},
		"answers nothing empty": {func(in []byte) [][]byte {
			if len(in) == 0 {
				return nil
			}
			return honest(in)
		}, []string{"1 of 3 lost", "answered"}, "1 of the 3 datagrams of ann got no reply (2)"},
		"cuts": {func(in []byte) [][]byte { return honest(in[:min(len(in), 3)]) },
			[]string{"answered, cut", "answered, cut"}, "the reply to bob has 3 of 4 bytes"},
		"swaps": {func(in []byte) [][]byte {
			if string(in) == "one" {
				held = in
				return nil
			}
			if len(in) == 0 {
				return [][]byte{{}, bytes.ToUpper(held)}
			}
			return honest(in)
		}, []string{"answered, reordered", "answered"}, "ann got the replies in another order: 2, 1, 3"},
		"answers wrongly": {func(in []byte) [][]byte { return [][]byte{append(in, 'x')} },
			[]string{"wrong reply", "wrong reply"}, "ann and bob got a wrong reply"},
		"is silent": {func([]byte) [][]byte { return nil }, []string{"3 of 3 lost", "waits in vain"}, "(1 to 3); "},
	} {
		t.Run(name, func(t *testing.T) {
			s := overUDP(t, "read")
			perf := correspond(t, s, c.answer)
			require.True(t, watch.Played(perf))
			require.Equal(t, c.want, tell(perf))
			require.Contains(t, watch.Sentence(s, perf), c.says)
			picture := watch.Draw(s, []watch.Performance{perf}, s.Lasts).Text(100, nil)
			require.NotContains(t, picture, "connected")
			require.Equal(t, name == "is silent" || name == "answers nothing empty", bytes.Contains([]byte(picture), []byte("?")), picture)
		})
	}
}

// A reply that comes after the client has given up is still the reply to its datagram.
func TestALateReplyIsNoLoss(t *testing.T) {
	late := make(chan struct{})
	s := overUDP(t, `read 50ms, send "b", read`)
	perf := correspond(t, s, func(in []byte) [][]byte {
		switch string(in) {
		case "aaaa":
			close(late)
			return nil
		case "b":
			<-late
			return [][]byte{[]byte("AAAA"), []byte("B")}
		}
		return honest(in)
	})
	require.Equal(t, []string{"answered", "answered"}, tell(perf))
	require.NotContains(t, watch.Sentence(s, perf), "no reply")
}

func TestDatagramsToNobodyAreRefused(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	at := address.Of(pc.LocalAddr())
	pc.Close()
	s := overUDP(t, "read")
	var perf watch.Performance
	watch.Play(t.Context(), s, at, nil, time.Now(), func(e watch.Event) { perf.Events = append(perf.Events, e) })
	require.Equal(t, []string{"refused", "refused"}, tell(perf))
	require.False(t, watch.Played(perf))
	require.Contains(t, watch.Sentence(s, perf), "nobody listens on "+at.String())
}

// What the system dropped is said; where it does not say, a client cannot know.
func TestWhereADatagramWasLostIsSaidWhereItIsKnown(t *testing.T) {
	s := overUDP(t, "read")
	lost := []watch.Event{{What: watch.Sent, Number: 1, Bytes: 3}, {What: watch.Reading}, {What: watch.Lost, Number: 1}}
	for want, counted := range map[string][]watch.Event{
		"whether they or their replies were lost, or are only late, a client cannot know": nil,
		"the server's socket was full, and its system dropped 1":                          {{Client: -1, What: watch.Dropped, Number: 1}},
		"dropped none at the server's socket, so they wait there, or the server is slow":  {{Client: -1, What: watch.Dropped}},
	} {
		perf := watch.Performance{Server: "x", Events: append(lost, counted...)}
		require.Contains(t, watch.Sentence(s, perf), want)
	}
}
