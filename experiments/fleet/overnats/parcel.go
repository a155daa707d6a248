package overnats

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// sliceSize is how much of a parcel a message has.
const sliceSize = 256 << 10

// parcel says how large an outcome is that is pulled in slices, and how the whole is recognised.
type parcel struct {
	Bytes  int
	SHA256 string
}

// slice is a request for one.
type slice struct {
	SHA256 string // of the parcel
	From   int
}

// pack writes v.
func pack(v any) ([]byte, parcel, error) {
	var packed bytes.Buffer
	squeeze, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, parcel{}, err
	}
	if err := errors.Join(json.NewEncoder(squeeze).Encode(v), squeeze.Close()); err != nil {
		return nil, parcel{}, err
	}
	sum := sha256.Sum256(packed.Bytes())
	return packed.Bytes(), parcel{packed.Len(), hex.EncodeToString(sum[:])}, nil
}

// mostUnpacked bounds what a parcel may come to: the outcome of a trial has some megabytes, and a trace some tens.
const mostUnpacked = 1 << 30

// unpack reads v.
func (p parcel) unpack(packed []byte, v any) error {
	if sum := sha256.Sum256(packed); hex.EncodeToString(sum[:]) != p.SHA256 {
		return errors.New("fleet: an outcome was damaged on its way")
	}
	squeezed, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("fleet: outcome: %w", err)
	}
	if err := json.NewDecoder(io.LimitReader(squeezed, mostUnpacked)).Decode(v); err != nil {
		return fmt.Errorf("fleet: outcome: %w", err)
	}
	return nil
}
