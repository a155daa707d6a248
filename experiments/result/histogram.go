package result

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"socketbench/experiments/load"
)

// Histograms are the latencies of one trial, in ns.
type Histograms struct {
	Response *hdrhistogram.Histogram // from the intended time; unanswered requests at their age
	Service  *hdrhistogram.Histogram // from the send
	Connect  *hdrhistogram.Histogram // until connect succeeded
	Lag      *hdrhistogram.Histogram // how late the generator sent
}

// Tags of the lines in a histogram log. The steps have none: they are what HdrHistogram's own tools
// show unless told otherwise.
const (
	tagResponse = "response"
	tagService  = "service"
	tagConnect  = "connect"
	tagLag      = "send_lag"
)

// writeHistograms writes an HdrHistogram interval log: the steps, then each whole histogram on a
// tagged line.
func writeHistograms(w io.Writer, start time.Time, r *load.Result) error {
	out := hdrhistogram.NewHistogramLogWriter(w)
	ms := start.UnixMilli()
	for _, head := range []error{
		out.OutputComment("[response times in ns, from the intended time of sending; tagged lines cover the whole window]"),
		out.OutputLogFormatVersion(),
		out.OutputStartTime(ms),
		out.OutputLegend(),
	} {
		if head != nil {
			return head
		}
	}
	line := func(h *hdrhistogram.Histogram, tag string, from, to int64) error {
		if h == nil {
			return nil
		}
		h.SetTag(tag)
		h.SetStartTimeMs(from)
		h.SetEndTimeMs(to)
		return out.OutputIntervalHistogram(h)
	}
	end := ms
	for _, step := range r.Log {
		from := ms + step.Start.Milliseconds()
		end = from + step.Length.Milliseconds()
		if err := line(step.Response, "", from, end); err != nil {
			return err
		}
	}
	for _, whole := range []struct {
		h   *hdrhistogram.Histogram
		tag string
	}{{r.Response, tagResponse}, {r.Service, tagService}, {r.Connect, tagConnect}, {r.Lag, tagLag}} {
		if err := line(whole.h, whole.tag, ms, end); err != nil {
			return err
		}
	}
	return nil
}

// readHistograms reads those of the whole window. The steps are the greater part of a log, and are left
// out before they are unpacked: a report reads a thousand logs.
func readHistograms(r io.Reader) (Histograms, error) {
	var all Histograms
	err := readLog(r, func(line []byte) bool { return bytes.HasPrefix(line, []byte("Tag=")) }, func(h *hdrhistogram.Histogram) error {
		switch tag := h.Tag(); tag {
		case tagResponse:
			all.Response = h
		case tagService:
			all.Service = h
		case tagConnect:
			all.Connect = h
		case tagLag:
			all.Lag = h
		default:
			return fmt.Errorf("histogram with the unknown tag %q", tag)
		}
		return nil
	})
	return all, err
}

// readSteps reads the response times in steps of 100 ms; StartTimeMs and EndTimeMs say which.
func readSteps(r io.Reader) (steps []*hdrhistogram.Histogram, err error) {
	err = readLog(r, func(line []byte) bool { return !bytes.HasPrefix(line, []byte("Tag=")) }, func(h *hdrhistogram.Histogram) error {
		steps = append(steps, h)
		return nil
	})
	return steps, err
}

// readLog tells each histogram of a log, in order, among the lines that are wanted.
func readLog(r io.Reader, want func(line []byte) bool, tell func(*hdrhistogram.Histogram) error) error {
	log, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var kept bytes.Buffer
	for line := range bytes.Lines(log) {
		if line[0] == '#' || line[0] == '"' || want(line) {
			kept.Write(line)
		}
	}
	in := hdrhistogram.NewHistogramLogReader(&kept)
	for {
		h, err := in.NextIntervalHistogram()
		if err != nil || h == nil {
			return err
		}
		if err := tell(h); err != nil {
			return err
		}
	}
}
