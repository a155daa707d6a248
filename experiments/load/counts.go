package load

import (
	"math/bits"
	"sync/atomic"
	"time"

	"socketbench/experiments/stats"
)

// The geometry of [stats.Histogram], so that what an engine counts becomes one without loss. Engines count into plain
// arrays because a recording must be inlined, must not allocate and cannot fail.
const (
	highest    = stats.Highest
	subBits    = 11 // 2048 buckets below 2048 ns, then 1024 for each power of two
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

// counts is a histogram being filled. It knows the range of buckets that it has touched: to read the others would
// cost more than to read what was counted, as the system provides memory when it is first used.
type counts struct {
	n        []int64 // by bucket
	low, end int     // the range; low >= end: nothing was counted
}

func newCounts() counts { return counts{n: make([]int64, bucketsAll), low: bucketsAll} }

// add counts v, in ns; values out of range count at its border.
func (c *counts) add(v int64) {
	i := bucket(min(max(v, 0), highest))
	c.n[i]++
	c.low, c.end = min(c.low, i), max(c.end, i+1)
}

// clear empties c.
func (c *counts) clear() {
	if c.low < c.end {
		clear(c.n[c.low:c.end])
	}
	c.low, c.end = bucketsAll, 0
}

// histogram returns what was counted.
func (c *counts) histogram() *stats.Histogram {
	h := stats.NewHistogram()
	for i := c.low; i < c.end; i++ {
		if n := c.n[i]; n > 0 {
			h.Record(lowest(i), n)
		}
	}
	return h
}

// intervalLog keeps, for each interval of a window, the buckets that are not empty. An interval that has ended does
// not change any more, so that another goroutine may read it.
type intervalLog struct {
	buckets   []bucketCount   // of all intervals, one after the other
	intervals [][]bucketCount // as many as the window has; those that have not ended are nil
	ended     atomic.Int64
}

// bucketCount is a bucket that is not empty.
type bucketCount struct {
	index int32
	count int64
}

// logIntervals is how many intervals a log holds; a run with more of them makes each longer.
const (
	logIntervals = 6000
	logInterval  = 100 * time.Millisecond
)

// intervalLength returns how long an interval is in a window of so much.
func intervalLength(window time.Duration) time.Duration {
	length := logInterval
	for window/length >= logIntervals {
		length *= 2
	}
	return length
}

// reserve makes room for the intervals of a window, so that nothing is allocated while it lasts.
func (l *intervalLog) reserve(window time.Duration) {
	intervals := int(window/intervalLength(window)) + 3 // a shorter last one, and one for what comes after the window
	l.intervals, l.buckets = make([][]bucketCount, intervals), make([]bucketCount, 0, intervals*2048)
}

// fold moves what an interval has counted to the total and to the log, and empties it.
func (l *intervalLog) fold(interval, total *counts) {
	from := len(l.buckets)
	for i := interval.low; i < interval.end; i++ {
		if n := interval.n[i]; n > 0 {
			interval.n[i] = 0
			total.n[i] += n
			l.buckets = append(l.buckets, bucketCount{int32(i), n})
		}
	}
	total.low, total.end = min(total.low, interval.low), max(total.end, interval.end)
	interval.low, interval.end = bucketsAll, 0
	n := l.ended.Load()
	l.intervals[n] = l.buckets[from:]
	l.ended.Store(n + 1)
}

// interval returns the i-th interval; an empty one when there is none.
func (l *intervalLog) interval(i int64) *stats.Histogram {
	h := stats.NewHistogram()
	if i >= 0 && i < l.ended.Load() {
		for _, c := range l.intervals[i] {
			h.Record(lowest(int(c.index)), c.count)
		}
	}
	return h
}

// last returns the last interval that has ended.
func (l *intervalLog) last() *stats.Histogram { return l.interval(l.ended.Load() - 1) }

// mergedIntervals returns the intervals that several logs of the same run have between them. One that begins at the
// window's end has no length: it holds what came later.
func mergedIntervals(logs []*intervalLog, length, window time.Duration) []Interval {
	most := int64(0)
	for _, log := range logs {
		most = max(most, log.ended.Load())
	}
	all := make([]Interval, most)
	intervals := make([]*stats.Histogram, len(logs))
	for i := range all {
		for k, log := range logs {
			intervals[k] = log.interval(int64(i))
		}
		start := min(time.Duration(i)*length, window)
		all[i] = Interval{Start: start, Length: min(length, window-start), Response: stats.Merge(intervals...)}
	}
	return all
}
