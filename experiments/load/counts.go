package load

import (
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The geometry of hdrhistogram.New(1, an hour in ns, 3), so that what an engine counts becomes such a
// histogram without loss. Engines count into plain arrays of their own because a recording must be
// inlined and must not fail.
const (
	highest    = int64(time.Hour)
	figures    = 3
	subBits    = 11 // 2048 steps below 2048 ns, then 1024 for each power of two
	bucketsAll = (42-subBits)<<(subBits-1) + 1<<subBits
)

// bucket returns the index of v, which is within 0 and highest.
func bucket(v int64) int {
	shift := bits.Len64(uint64(v)|(1<<subBits-1)) - subBits
	return shift<<(subBits-1) + int(v>>shift)
}

// lowest returns the smallest value of a bucket.
func lowest(index int) int64 {
	if index < 1<<subBits {
		return int64(index)
	}
	shift := index>>(subBits-1) - 1
	return int64(index-shift<<(subBits-1)) << shift
}

// counts is a histogram being filled.
type counts struct {
	n     []int64
	total int64
	sum   int64
	max   int64
}

func newCounts() counts { return counts{n: make([]int64, bucketsAll)} }

// add counts v, in ns; values out of range count at its border.
func (c *counts) add(v int64) {
	v = min(max(v, 0), highest)
	c.n[bucket(v)]++
	c.total++
	c.sum += v
	c.max = max(c.max, v)
}

// clear empties c.
func (c *counts) clear() {
	clear(c.n)
	c.total, c.sum, c.max = 0, 0, 0
}

// merge adds all of other.
func (c *counts) merge(other *counts) {
	for i, n := range other.n {
		c.n[i] += n
	}
	c.total += other.total
	c.sum += other.sum
	c.max = max(c.max, other.max)
}

// quantile returns the value below or at which a share of q lies; 0 when nothing was counted.
func (c *counts) quantile(q float64) int64 {
	rank := max(1, int64(q*float64(c.total)+0.5))
	for i, n := range c.n {
		if rank -= n; rank <= 0 && c.total > 0 {
			return min(lowest(i+1)-1, c.max)
		}
	}
	return c.max
}

// histogram returns what was counted as an HdrHistogram.
func (c *counts) histogram() *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue: 1, HighestTrackableValue: highest, SignificantFigures: figures, Counts: c.n,
	})
}

// step is the histogram of one interval, filled and then folded into a total and a log. It knows the
// range it has touched, so that folding costs what was counted and not what could have been.
type step struct {
	n        []uint32
	low, top int // touched
	total    int
	max      int64
	sum      int64
}

func newStep() step { return step{n: make([]uint32, bucketsAll), low: bucketsAll} }

func (s *step) add(v int64) {
	v = min(max(v, 0), highest)
	i := bucket(v)
	s.n[i]++
	s.total++
	s.sum += v
	if v > s.max {
		s.max, s.top = v, i
	}
	if i < s.low {
		s.low = i
	}
}

// stepLog keeps folded steps: for each, the buckets that are not empty.
type stepLog struct {
	cells []cell
	ends  []int // of each step in cells
}

type cell struct{ index, count uint32 }

// logSteps is how many steps a log holds; a run with more of them makes each longer.
const (
	logSteps = 6000
	logStep  = 100 * time.Millisecond
)

// stepLength returns how long a step is in a window of so much.
func stepLength(window time.Duration) time.Duration {
	length := logStep
	for window/length >= logSteps {
		length *= 2
	}
	return length
}

// fold moves s to total and log, and empties it. It returns the quantiles p50 and p99 of the step.
func (s *step) fold(total *counts, log *stepLog) (p50, p99 int64) {
	half, most, seen := (s.total+1)/2, s.total-s.total/100, 0
	for i := s.low; i <= s.top && s.total > 0; i++ {
		n := s.n[i]
		if n == 0 {
			continue
		}
		s.n[i] = 0
		total.n[i] += int64(n)
		log.cells = append(log.cells, cell{uint32(i), n})
		if seen < half && seen+int(n) >= half {
			p50 = lowest(i)
		}
		if seen < most && seen+int(n) >= most {
			p99 = lowest(i)
		}
		seen += int(n)
	}
	log.ends = append(log.ends, len(log.cells))
	total.total += int64(s.total)
	total.sum += s.sum
	total.max = max(total.max, s.max)
	s.low, s.top, s.total, s.max, s.sum = bucketsAll, 0, 0, 0, 0
	return p50, p99
}

// intervals returns the steps that several logs of the same run have between them.
func intervals(logs []*stepLog, length, window time.Duration) []Interval {
	var all []Interval
	for i := 0; ; i++ {
		n := make([]int64, bucketsAll)
		found := false
		for _, log := range logs {
			if i >= len(log.ends) {
				continue
			}
			found = true
			from := 0
			if i > 0 {
				from = log.ends[i-1]
			}
			for _, c := range log.cells[from:log.ends[i]] {
				n[c.index] += int64(c.count)
			}
		}
		if !found {
			return all
		}
		start := time.Duration(i) * length
		all = append(all, Interval{Start: start, Length: min(length, window-start), Response: compact(n)})
	}
}

// compact returns a histogram no longer than what was counted: a log has many of them.
func compact(n []int64) *hdrhistogram.Histogram {
	top := len(n)
	for top > 0 && n[top-1] == 0 {
		top--
	}
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue: 1, HighestTrackableValue: max(2, lowest(top)), SignificantFigures: figures, Counts: n[:top],
	})
}
