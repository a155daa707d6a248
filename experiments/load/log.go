package load

import (
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

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
		h := step.Response.Packed()
		h.SetStartTimeMs(base + step.Start.Milliseconds())
		h.SetEndTimeMs(base + (step.Start + step.Length).Milliseconds())
		if err := log.OutputIntervalPackedHistogram(h); err != nil {
			return err
		}
	}
	return nil
}
