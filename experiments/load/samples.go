package load

import (
	"encoding/binary"
	"encoding/json"
	"errors"
)

var errGarbled = errors.New("load: the samples of a generator's result are garbled")

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
