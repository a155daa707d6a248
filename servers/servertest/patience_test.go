package servertest

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A server that hangs again and again is waited for less and less, but for longer than its answers take.
func TestPatienceStaysAboveTheSlowestAnswer(t *testing.T) {
	for _, test := range []struct {
		hangs   int
		slowest time.Duration
		want    time.Duration
	}{
		{2, 0, 2 * time.Second},
		{3, 0, time.Second},
		{3, 100 * time.Millisecond, time.Second},
		{3, 200 * time.Millisecond, 1600 * time.Millisecond},
		{8, 0, 300 * time.Millisecond},
		{8, 100 * time.Millisecond, 800 * time.Millisecond},
		{8, 700 * time.Millisecond, 2 * time.Second}, // never more than was asked for
	} {
		r := &runner{target: &Target{}, options: Options{Patience: 2 * time.Second}, hangs: test.hangs}
		r.pace.came(test.slowest)
		r.pace.came(test.slowest / 2)
		require.Equal(t, test.want, r.patience(), "%+v", test)
	}
	var none *pace
	none.came(time.Second)
}

// The clients of a check tell how long they waited for an answer.
func TestAClientTellsHowLongAnAnswerTook(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	p := &pace{}
	c := &client{s: &caseRun{ctx: t.Context(), pace: p, server: &Instance{}, patience: time.Minute}, conn: ours, to: &Instance{}}
	c.owed.add([]byte("A"))
	var peer sync.WaitGroup
	began := time.Now()
	peer.Go(func() { theirs.Write([]byte("A")) })
	c.replies()
	all := time.Since(began)
	peer.Wait()
	require.Positive(t, p.slowest.Load())
	require.LessOrEqual(t, p.slowest.Load(), int64(all))
}
