package load

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// wired is a Result as it travels: histograms in HdrHistogram's own compressed encoding.
type wired struct {
	plain
	Response, Service, Connect, First, Lag []byte
	Log                                    []wiredInterval
	Samples                                []Sample
}

type plain Result

type wiredInterval struct {
	Start, Length time.Duration
	Response      []byte
}

// MarshalJSON writes all of r, histograms in HdrHistogram's compressed encoding.
func (r *Result) MarshalJSON() ([]byte, error) {
	w := wired{plain: plain(*r), Samples: r.Samples}
	var err error
	for _, h := range []struct {
		to   *[]byte
		from *hdrhistogram.Histogram
	}{{&w.Response, r.Response}, {&w.Service, r.Service}, {&w.Connect, r.Connect}, {&w.First, r.First}, {&w.Lag, r.Lag}} {
		if *h.to, err = encode(h.from); err != nil {
			return nil, err
		}
	}
	for _, step := range r.Log {
		encoded, err := encode(step.Response)
		if err != nil {
			return nil, err
		}
		w.Log = append(w.Log, wiredInterval{step.Start, step.Length, encoded})
	}
	return json.Marshal(w)
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (r *Result) UnmarshalJSON(data []byte) error {
	var w wired
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*r = Result(w.plain)
	r.Samples = w.Samples
	var err error
	for _, h := range []struct {
		to   **hdrhistogram.Histogram
		from []byte
	}{{&r.Response, w.Response}, {&r.Service, w.Service}, {&r.Connect, w.Connect}, {&r.First, w.First}, {&r.Lag, w.Lag}} {
		if *h.to, err = decode(h.from); err != nil {
			return err
		}
	}
	for _, step := range w.Log {
		h, err := decode(step.Response)
		if err != nil {
			return err
		}
		r.Log = append(r.Log, Interval{step.Start, step.Length, h})
	}
	return nil
}

func encode(h *hdrhistogram.Histogram) ([]byte, error) {
	if h == nil {
		return nil, nil
	}
	encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("load: histogram: %w", err)
	}
	return encoded, nil
}

func decode(encoded []byte) (*hdrhistogram.Histogram, error) {
	if len(encoded) == 0 {
		return nil, nil
	}
	h, err := hdrhistogram.Decode(encoded)
	if err != nil {
		return nil, fmt.Errorf("load: histogram: %w", err)
	}
	return h, nil
}

// WriteLog writes the interval log in HdrHistogram's own format, which its tools read; began is when
// the window did. Values are ns.
func (r *Result) WriteLog(w io.Writer, began time.Time) error {
	log := hdrhistogram.NewHistogramLogWriter(w)
	base := began.UnixMilli()
	if err := log.OutputLogFormatVersion(); err != nil {
		return err
	}
	if err := log.OutputStartTime(base); err != nil {
		return err
	}
	log.SetBaseTime(base)
	if err := log.OutputBaseTime(base); err != nil {
		return err
	}
	if err := log.OutputLegend(); err != nil {
		return err
	}
	for _, step := range r.Log {
		h := step.Response
		h.SetStartTimeMs(base + step.Start.Milliseconds())
		h.SetEndTimeMs(base + (step.Start + step.Length).Milliseconds())
		if err := log.OutputIntervalHistogram(h); err != nil {
			return err
		}
	}
	return nil
}
