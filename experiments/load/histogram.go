package load

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histogram is how often values occurred, in ns: the buckets of an HdrHistogram of three figures up to an
// hour, those alone that are not empty. It does not change any more. A nil one is empty.
type Histogram struct {
	cells []cell // by index
	total int64
	sum   int64
	max   int64
}

// cell is a bucket that is not empty.
type cell struct {
	index int32
	count int64
}

// NewHistogram returns the histogram of some values.
func NewHistogram(values ...int64) *Histogram {
	c := newCounts()
	for _, v := range values {
		c.add(v)
	}
	return c.histogram()
}

// Merge returns what is in all of them together.
func Merge(parts ...*Histogram) *Histogram {
	if len(parts) == 1 && parts[0] != nil {
		return parts[0]
	}
	var all Histogram
	for _, h := range parts {
		if h == nil {
			continue
		}
		all.cells = append(all.cells, h.cells...)
		all.sum += h.sum
		all.max = max(all.max, h.max)
	}
	all.settle()
	return &all
}

// settle brings cells in order, one for each index, and counts what is in them.
func (h *Histogram) settle() {
	slices.SortFunc(h.cells, func(a, b cell) int { return int(a.index - b.index) })
	kept := h.cells[:0]
	h.total = 0
	for _, c := range h.cells {
		h.total += c.count
		if n := len(kept); n > 0 && kept[n-1].index == c.index {
			kept[n-1].count += c.count
		} else {
			kept = append(kept, c)
		}
	}
	h.cells = kept
}

// TotalCount returns how many values were counted.
func (h *Histogram) TotalCount() int64 {
	if h == nil {
		return 0
	}
	return h.total
}

// Max returns the largest value; 0 when there is none.
func (h *Histogram) Max() int64 {
	if h == nil {
		return 0
	}
	return h.max
}

// Quantile returns the value below or at which a share of q lies, to three figures; 0 when there is none.
func (h *Histogram) Quantile(q float64) int64 {
	if h == nil {
		return 0
	}
	rank := max(1, int64(q*float64(h.total)+0.5))
	for _, c := range h.cells {
		if rank -= c.count; rank <= 0 {
			return min(lowest(int(c.index)+1)-1, h.max)
		}
	}
	return h.max
}

// Packed returns h as an HdrHistogram, which its tools and its log writer understand.
func (h *Histogram) Packed() *hdrhistogram.PackedHistogram {
	p := hdrhistogram.NewPacked(1, highest, figures)
	if h != nil {
		for _, c := range h.cells {
			_ = p.RecordValues(lowest(int(c.index)), c.count) // within the range
		}
	}
	return p
}

// wired is a Histogram as it travels between processes: of each cell how far it is from the one before, and
// its count, as varints.
type wired struct {
	Cells    []byte
	Sum, Max int64
}

// MarshalJSON writes all of h.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	w := wired{Cells: make([]byte, 0, 4*len(h.cells)), Sum: h.sum, Max: h.max}
	last := int32(0)
	for _, c := range h.cells {
		w.Cells = binary.AppendUvarint(binary.AppendUvarint(w.Cells, uint64(c.index-last)), uint64(c.count))
		last = c.index
	}
	return json.Marshal(w)
}

var errGarbled = errors.New("load: the generator's result is garbled")

// UnmarshalJSON is the inverse of MarshalJSON.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var w wired
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*h = Histogram{cells: make([]cell, 0, len(w.Cells)/2), sum: w.Sum, max: w.Max}
	for index := uint64(0); len(w.Cells) > 0; {
		gap, a := binary.Uvarint(w.Cells)
		count, b := binary.Uvarint(w.Cells[max(a, 0):])
		if index += gap; a <= 0 || b <= 0 || gap >= bucketsAll || index >= bucketsAll {
			return errGarbled
		}
		h.cells = append(h.cells, cell{int32(index), int64(count)})
		h.total += int64(count)
		w.Cells = w.Cells[a+b:]
	}
	return nil
}

// Samples travel as varints, each field as the difference to that of the sample before.
type Samples []Sample

// Fields are all that a sample consists of, in the order of its type.
func (s *Sample) Fields() [7]int64 {
	return [...]int64{int64(s.Conn), int64(s.Session), s.Connect, s.Open, s.Intended, s.Sent, s.Done}
}

// MarshalJSON writes all of s.
func (s Samples) MarshalJSON() ([]byte, error) {
	packed := make([]byte, 0, 24*len(s))
	var last [7]int64
	for _, one := range s {
		now := one.Fields()
		for i, v := range now {
			packed = binary.AppendVarint(packed, v-last[i])
		}
		last = now
	}
	return json.Marshal(packed)
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (s *Samples) UnmarshalJSON(data []byte) error {
	var packed []byte
	if err := json.Unmarshal(data, &packed); err != nil {
		return err
	}
	*s = make(Samples, 0, maxSamples)
	var v [7]int64
	for len(packed) > 0 {
		for i := range v {
			d, n := binary.Varint(packed)
			if n <= 0 {
				return errGarbled
			}
			v[i] += d
			packed = packed[n:]
		}
		*s = append(*s, Sample{int(v[0]), int(v[1]), v[2], v[3], v[4], v[5], v[6]})
	}
	return nil
}
