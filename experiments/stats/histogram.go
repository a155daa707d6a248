package stats

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The geometry of every histogram: three figures, up to an hour. Longer times count as an hour.
const (
	Highest = int64(time.Hour) // ns
	Figures = 3
)

// Histogram says how often times occurred, in ns: a sparse HdrHistogram. The generator's counts become one when its
// window has ended; from there to a report it is the only form of a distribution: merged, asked for percentiles,
// sent from one process to another, and stored in HdrHistogram's own encoding. It is safe for concurrent readers.
type Histogram struct{ *hdrhistogram.PackedHistogram }

// NewHistogram returns the histogram of some values.
func NewHistogram(values ...int64) *Histogram {
	h := &Histogram{hdrhistogram.NewPacked(1, Highest, Figures)}
	for _, v := range values {
		h.Record(v, 1)
	}
	return h
}

// Record adds a value that occurred so many times. One that is out of range counts at its border.
func (h *Histogram) Record(value, times int64) {
	_ = h.RecordValues(min(max(value, 0), Highest), times) // within the range
}

// Merge returns what is in all of them together, and leaves them as they are. Those that are nil are left out.
func Merge(parts ...*Histogram) *Histogram {
	sum := NewHistogram()
	for _, h := range parts {
		if h != nil {
			sum.PackedHistogram.Merge(h.PackedHistogram)
		}
	}
	return sum
}

// Quantile is the value at or below which a share q of the values lies, 0 to 1, to three figures; 0 where there is
// no value.
func (h *Histogram) Quantile(q float64) int64 { return h.ValueAtPercentile(100 * q) }

// MarshalJSON writes the buckets that are not empty: of each how far its value lies from the one before, and its count.
// HdrHistogram's own encoding is for files: it takes ten times as long, which every trial would wait for.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	packed, last := make([]byte, 0, 4*h.Populated()), int64(0)
	for value, count := range h.ForEachBucket {
		packed = binary.AppendUvarint(binary.AppendUvarint(packed, uint64(value-last)), uint64(count))
		last = value
	}
	return json.Marshal(packed)
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var packed []byte
	if err := json.Unmarshal(text, &packed); err != nil {
		return err
	}
	*h = *NewHistogram()
	for value := uint64(0); len(packed) > 0; {
		gap, a := binary.Uvarint(packed)
		count, b := binary.Uvarint(packed[max(a, 0):])
		if value += gap; a <= 0 || b <= 0 || value > uint64(Highest) {
			return errors.New("stats: the text is no histogram")
		}
		h.Record(int64(value), int64(count))
		packed = packed[a+b:]
	}
	return nil
}

// beyond is how many values must lie beyond a percentile: with fewer it is the figure of a handful of requests.
const beyond = 10

// Enough reports whether n values are enough for a percentile q, 0 to 1, to be shown.
func Enough(n int64, q float64) bool {
	return float64(n)*(1-q) >= beyond-1e-6 // 1 - 0.99 is a little less than 0.01
}

// Farthest is the highest percentile, 0 to 1, that n values are enough for, and whether there is any.
func Farthest(n int64) (q float64, any bool) {
	return 1 - beyond/float64(max(n, 1)), n >= beyond
}
