package load

import "math/bits"

// clientRecord is what is kept of each measured client.
type clientRecord struct {
	asked      bool  // it wanted something within the window
	count      int64 // replies within the window
	right      int64 // of those, the right ones
	unanswered int64 // requests without a reply at the end
	max        int64
	ready      int64 // when its last reply came, and it had thought about that; 0: none did
	stuck      int64 // the intended time of its oldest request without a reply at the end; 0: it has none
	buckets    [clientBuckets]uint32
}

// clientBuckets are half powers of two from 256 ns to 4 s.
const clientBuckets = 48

func clientBucket(v int64) int {
	v >>= 7
	if v < 2 {
		return 0
	}
	power := bits.Len64(uint64(v)) - 1
	half := int(v>>(power-1)) & 1
	return min((power-1)*2+half, clientBuckets-1)
}

// clientValue returns the largest value of a bucket, ns.
func clientValue(i int) int64 {
	power, half := i/2+1, int64(i%2)
	return (2+half+1)<<(power-1)<<7 - 1
}
