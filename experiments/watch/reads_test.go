package watch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/address"
	"socketbench/servers/upper"
)

// logged is a server that keeps what each of its reads returned, for each connection by itself, and is slow.
func logged(t *testing.T, readSize int, busy time.Duration) (at address.Address, all func() (reads []Read, of map[string][]int)) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	t.Cleanup(func() { ln.Close(); serving.Wait() })
	var mu sync.Mutex
	var reads []Read
	of := map[string][]int{}
	began := time.Now()
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				buf := make([]byte, readSize)
				for {
					n, err := conn.Read(buf)
					if err != nil {
						return
					}
					mu.Lock()
					reads = append(reads, Read{At: time.Since(began), Bytes: n, Text: append([]byte(nil), buf[:n]...)})
					of[conn.RemoteAddr().String()] = append(of[conn.RemoteAddr().String()], n)
					mu.Unlock()
					time.Sleep(busy)
					if _, err := conn.Write(upper.Bytes(nil, buf[:n])); err != nil {
						return
					}
				}
			})
		}
	})
	return address.Of(ln.Addr()), func() ([]Read, map[string][]int) {
		mu.Lock()
		defer mu.Unlock()
		return reads, of
	}
}

// What Assign says of whom a read was equals what the server that made the reads logged for each connection, over 50 plays with
// other pauses and sizes.
func TestReadsAreThoseOfTheServer(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			scene := Scene{Name: "random", Lasts: 10 * time.Second}
			for i := range 2 + r.IntN(2) {
				steps := []Step{{Do: "connect"}}
				for range 2 + r.IntN(5) {
					steps = append(steps, Step{Do: "pause", For: time.Duration(1+r.IntN(15)) * time.Millisecond},
						Step{Do: "send", Text: fmt.Sprintf("%c%d ", 'a'+rune(i), r.IntN(100)), Times: 1 + r.IntN(100)})
				}
				scene.Clients = append(scene.Clients, Client{Name: fmt.Sprint(i), Steps: append(steps, Step{Do: "read"}, Step{Do: "close"})})
			}
			at, all := logged(t, 16+r.IntN(500), time.Duration(r.IntN(3))*time.Millisecond)
			perf := Performance{ReadsKnown: true}
			over, done := context.WithCancel(t.Context())
			left := len(scene.Clients)
			start := time.Now()
			Play(over, scene, at, nil, start, func(e Event) {
				perf.Events = append(perf.Events, e)
				if e.What == Closed {
					if left--; left == 0 {
						done()
					}
				}
			})
			require.Zero(t, left)
			reads, of := all()
			assigned := scene.Assign(perf, reads)
			var counted [][]int
			for i := range scene.Clients {
				counted = append(counted, readBy(Performance{Reads: assigned, ReadsKnown: true}, i, time.Hour))
			}
			var wanted [][]int
			for _, sizes := range of {
				wanted = append(wanted, sizes)
			}
			require.ElementsMatch(t, wanted, counted)
		})
	}
}

func TestAFramingMakesMessagesOfSends(t *testing.T) {
	s := Scene{Clients: []Client{{Name: "ann", Steps: []Step{{Do: "connect"}, {Do: "send", Text: "hi ", Times: 2}, {Do: "send", Times: 1}}}}}
	require.Equal(t, "hi hi ", string(s.frame(s.Clients[0].Steps[1])))
	require.Equal(t, "hi hi \n", string(s.Under(upper.Line).frame(s.Clients[0].Steps[1])))
	require.Equal(t, "\x00\x00\x00\x00", string(s.Under(upper.Length).frame(s.Clients[0].Steps[2])), "an empty message is one")
}

// What a server has not read is no reading of it: a scene that is not about reads does not tell of it.
func TestUnreadSendsAreNoReads(t *testing.T) {
	s := Scene{Lasts: time.Second, Clients: []Client{{Name: "ann"}, {Name: "bob"}}}
	perf := Performance{ReadsKnown: true, Events: []Event{
		{Client: 0, What: Connected}, {Client: 0, What: Sent, Bytes: 5, Text: "hello"},
		{Client: 1, What: Connected}, {Client: 1, What: Sent, Bytes: 5, Text: "hello"},
	}, Reads: []Read{{Client: 1, Bytes: 3}, {Client: 1, Bytes: 2}}}
	require.Equal(t, "1 send of bob was 2 reads (3, 2 bytes)", s.pieces(perf))
	s.See = []Seen{{If: "any", Joined: []string{"ann"}}}
	require.Contains(t, s.pieces(perf), "1 send of ann was 0 reads")
}
