package load

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"socketbench/experiments/reason"
	"socketbench/experiments/stats"
	"socketbench/servers/upper"
)

// encoded is a histogram as HdrHistogram's logs hold it.
func encoded(t require.TestingT, h interface{ EncodeV2() ([]byte, error) }) string {
	text, err := h.EncodeV2()
	require.NoError(t, err)
	return string(text)
}

func TestCountsAreAnHdrHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own, interval, folded := newCounts(), newCounts(), newCounts()
		var log intervalLog
		log.reserve(logInterval)
		theirs := hdrhistogram.New(1, highest, stats.Figures)
		values := rapid.SliceOfN(rapid.Int64Range(0, highest), 1, 200).Draw(t, "values")
		for _, v := range values {
			own.add(v)
			interval.add(v)
			require.NoError(t, theirs.RecordValue(v))
			i := bucket(v)
			require.LessOrEqual(t, lowest(i), v)
			require.Less(t, v, lowest(i+1))
		}
		want := encoded(t, theirs)
		require.Equal(t, want, encoded(t, own.histogram()))
		log.fold(&interval, &folded)
		require.Equal(t, newCounts(), interval, "a folded interval is empty")
		require.Equal(t, want, encoded(t, folded.histogram()), "and the total has what it had")
		require.Equal(t, want, encoded(t, log.last()))
		intervals := mergedIntervals([]*intervalLog{&log}, logInterval, logInterval)
		require.Len(t, intervals, 1)
		require.Equal(t, want, encoded(t, intervals[0].Response))

		own.clear()
		require.Equal(t, newCounts(), own)
	})
}

// What a generator's process tells is what it measured, and what is no such thing is an error and no panic.
func TestResultsTravel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		histograms := rapid.Custom(func(t *rapid.T) *stats.Histogram {
			return stats.NewHistogram(rapid.SliceOfN(rapid.Int64Range(0, highest), 0, 50).Draw(t, "values")...)
		})
		times := rapid.Int64Range(-highest, highest)
		sent := Result{
			Log:     []Interval{{Start: logInterval, Length: logInterval, Response: histograms.Draw(t, "interval")}},
			Reasons: reason.List{{Kind: reason.Drift, Text: "it drifted", RestsOn: "latency.p50", Warning: true}}, Metrics: map[string]float64{"completed": 2}, Late: 3,
		}
		for _, f := range sent.Families()[:rapid.IntRange(0, 5).Draw(t, "families")] {
			*f.Times = histograms.Draw(t, f.Name)
		}
		for range rapid.IntRange(1, 20).Draw(t, "samples") {
			sent.Samples = append(sent.Samples, Sample{
				Conn: int(times.Draw(t, "conn")), Session: 1, Connect: times.Draw(t, "connect"), Open: times.Draw(t, "open"),
				Intended: times.Draw(t, "intended"), Sent: times.Draw(t, "sent"), Done: rapid.SampledFrom([]int64{-1, 0, highest}).Draw(t, "done"),
			})
		}
		text, err := json.Marshal(&sent)
		require.NoError(t, err)
		var got Result
		require.NoError(t, json.Unmarshal(text, &got))
		again, err := json.Marshal(&got)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
		require.Equal(t, sent.Samples, got.Samples)
		for i, f := range got.Families() {
			if was := *sent.Families()[i].Times; was != nil {
				require.Equal(t, was.TotalCount(), (*f.Times).TotalCount(), f.Name)
				require.Equal(t, was.Max(), (*f.Times).Max(), f.Name)
			}
		}

		garbled, err := json.Marshal(rapid.SliceOf(rapid.Byte()).Draw(t, "garbled"))
		require.NoError(t, err)
		_ = json.Unmarshal(garbled, new(stats.Histogram))
		_ = json.Unmarshal(garbled, new(Samples))
	})
}

func TestClientBucketsHoldTheirValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, int64(4*time.Second)).Draw(t, "v")
		i := clientBucket(v)
		require.LessOrEqual(t, v, clientValue(i))
		if i > 0 {
			require.Greater(t, v, clientValue(i-1))
		}
	})
}

func TestAlarmsRingInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, 50), 1, 100).Draw(t, "times")
		var h alarms
		for i, at := range times {
			h.push(alarm{at: at, client: int32(i)})
		}
		slices.Sort(times)
		for _, at := range times {
			require.Equal(t, at, h.pop().at)
		}
		require.Empty(t, h)
	})
}

func TestBacklogKeepsEachQueueInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b backlog
		var queues [3]queue
		var want [3][]int64
		for k, i := range rapid.SliceOf(rapid.IntRange(0, 5)).Draw(t, "steps") {
			q := i % 3
			if i < 3 {
				b.push(&queues[q], int64(k))
				want[q] = append(want[q], int64(k))
			} else if len(want[q]) > 0 {
				require.Equal(t, want[q][0], b.pop(&queues[q]))
				want[q] = want[q][1:]
			}
			require.Equal(t, len(want[q]) == 0, queues[q].empty())
		}
		require.LessOrEqual(t, len(b.nodes), 200)
	})
}

// Any cut of the replies is read as the same replies, and any byte that differs is noticed.
func TestRepliesMayComeInAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		framing := rapid.SampledFrom([]upper.Framing{upper.Raw, upper.Line, upper.Length}).Draw(t, "framing")
		s := newScript(framing, rapid.SampledFrom([]int{1, 2, 64, 5000, 70_000, 200_000}).Draw(t, "size"))
		r := replyProgress{base: rapid.Uint32().Draw(t, "base")}
		const n = 3
		var stream []byte
		for k := range int64(n) {
			for at := 0; at < s.size; {
				p := s.request(s.start(r.base, k), at)
				stream = append(stream, p...)
				at += len(p)
			}
		}
		session := upper.Protocol{Framing: framing, Limit: 1 << 30}.NewSession()
		replies, took, err := session.Feed(t.Context(), nil, stream)
		require.NoError(t, err)
		require.Equal(t, len(stream), took)
		require.Len(t, replies, n*s.back)
		bad := rapid.IntRange(-1, len(replies)-1).Draw(t, "bad byte")
		lines := n
		if bad >= 0 {
			replies[bad] ^= 0x80
			if framing == upper.Line && replies[bad] == '\n' {
				lines++ // a wrong reply is over where its line is
			}
		}
		whole, wrong := 0, 0
		for len(replies) > 0 {
			piece := replies[:rapid.IntRange(1, len(replies)).Draw(t, "piece")]
			replies = replies[len(piece):]
			for len(piece) > 0 {
				m, done, want, _ := r.take(s, piece)
				if want != nil {
					wrong++
				}
				piece = piece[m:]
				if done {
					whole++
				}
			}
		}
		require.Equal(t, lines, whole)
		require.Equal(t, bad >= 0, wrong > 0)
		if lines == n {
			require.LessOrEqual(t, wrong, 1)
		}
	})
}

func TestUntilIsFoundAcrossPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := []byte(rapid.StringMatching(`[ab]{1,5}`).Draw(t, "until"))
		text := []byte(rapid.StringMatching(`[ab]{0,40}`).Draw(t, "text"))
		c := Conversation{Say: []byte("x"), Until: word}
		s := c.script()
		r := replyProgress{}
		var ends []int
		for at := 0; at < len(text); {
			n := rapid.IntRange(1, len(text)-at).Draw(t, "piece")
			for piece := text[at : at+n]; len(piece) > 0; {
				m, whole, _, _ := r.take(s, piece)
				piece, at = piece[m:], at+m
				if whole {
					ends = append(ends, at)
				}
			}
		}
		var want []int
		for i, from := 1, 0; i <= len(text); i++ {
			if i-from >= len(word) && string(text[i-len(word):i]) == string(word) {
				want, from = append(want, i), i
			}
		}
		require.Equal(t, want, ends)
	})
}

func TestSamplesAreDrawnEvenly(t *testing.T) {
	const n, rounds = 20_000, 30
	thirds := [3]int{}
	for seed := range rounds {
		b := newRecorder(Options{Seed: uint64(seed)}.WithDefaults(), 0, 1)
		for i := range n {
			if b.seen++; b.seen > b.pick {
				b.sample(Sample{Conn: i})
			}
		}
		require.Len(t, b.samples, maxSamples)
		for i, s := range b.samples[:opening] {
			require.Equal(t, i, s.Conn, "the opening is kept whole")
		}
		for _, s := range b.samples[opening:] {
			thirds[(s.Conn-opening)*3/(n-opening)]++
		}
	}
	for _, k := range thirds {
		require.InEpsilon(t, (maxSamples-opening)*rounds/3, k, 0.03)
	}
}

func BenchmarkCount(b *testing.B) {
	c, s := newCounts(), newCounts()
	r := rand.New(rand.NewPCG(1, 1))
	values := make([]int64, 1024)
	for i := range values {
		values[i] = int64(r.ExpFloat64() * 100_000)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.add(values[i%1024])
		s.add(values[i%1024])
	}
}
