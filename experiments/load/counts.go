package load

import (
	"math/bits"
	"time"
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

// counts is a histogram being filled. It knows the range it has touched: to read what lies beside it would
// cost more than to read what is in it, as memory that nobody has written to is made on the spot.
type counts struct {
	n     []int64
	total int64
	sum   int64
	min   int64
	max   int64
}

func newCounts() counts { return counts{n: make([]int64, bucketsAll), min: highest} }

// add counts v, in ns; values out of range count at its border.
func (c *counts) add(v int64) {
	v = min(max(v, 0), highest)
	c.n[bucket(v)]++
	c.total++
	c.sum += v
	c.min, c.max = min(c.min, v), max(c.max, v)
}

// touched returns the range of buckets that may not be empty.
func (c *counts) touched() (low, end int) {
	if c.total == 0 {
		return 0, 0
	}
	return bucket(c.min), bucket(c.max) + 1
}

// clear empties c.
func (c *counts) clear() {
	low, end := c.touched()
	clear(c.n[low:end])
	*c = counts{n: c.n, min: highest}
}

// histogram returns what was counted.
func (c *counts) histogram() *Histogram {
	low, end := c.touched()
	filled := 0
	for _, n := range c.n[low:end] {
		if n > 0 {
			filled++
		}
	}
	h := &Histogram{cells: make([]cell, 0, filled), total: c.total, sum: c.sum, max: c.max}
	for i, n := range c.n[low:end] {
		if n > 0 {
			h.cells = append(h.cells, cell{int32(low + i), n})
		}
	}
	return h
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
	ends  []mark
}

// mark is where a step ends in the cells, and what it held.
type mark struct {
	cells    int
	sum, max int64
}

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
		log.cells = append(log.cells, cell{int32(i), int64(n)})
		if seen < half && seen+int(n) >= half {
			p50 = lowest(i)
		}
		if seen < most && seen+int(n) >= most {
			p99 = lowest(i)
		}
		seen += int(n)
	}
	log.ends = append(log.ends, mark{len(log.cells), s.sum, s.max})
	if s.total > 0 {
		total.total += int64(s.total)
		total.sum += s.sum
		total.min, total.max = min(total.min, lowest(s.low)), max(total.max, s.max)
	}
	s.low, s.top, s.total, s.max, s.sum = bucketsAll, 0, 0, 0, 0
	return p50, p99
}

// step returns the i-th step; nil when there is none.
func (l *stepLog) step(i int) *Histogram {
	if i >= len(l.ends) {
		return nil
	}
	from, end := 0, l.ends[i]
	if i > 0 {
		from = l.ends[i-1].cells
	}
	h := &Histogram{cells: l.cells[from:end.cells], sum: end.sum, max: end.max}
	for _, c := range h.cells {
		h.total += c.count
	}
	return h
}

// intervals returns the steps that several logs of the same run have between them. One that begins at the
// window's end has no length: it holds what came later.
func intervals(logs []*stepLog, length, window time.Duration) []Interval {
	most := 0
	for _, log := range logs {
		most = max(most, len(log.ends))
	}
	all := make([]Interval, most)
	steps := make([]*Histogram, len(logs))
	for i := range all {
		for k, log := range logs {
			steps[k] = log.step(i)
		}
		start := min(time.Duration(i)*length, window)
		all[i] = Interval{Start: start, Length: min(length, window-start), Response: Merge(steps...)}
	}
	return all
}
