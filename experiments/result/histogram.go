package result

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"socketbench/experiments/load"
)

// Histograms are the latencies of one trial, in ns, packed: they hold what occurred, in a hundredth of
// the memory, and are there to be added up.
type Histograms struct {
	Response *hdrhistogram.PackedHistogram // from the intended time; unanswered requests at their age
	Service  *hdrhistogram.PackedHistogram // from the send
	Connect  *hdrhistogram.PackedHistogram // until connect succeeded
	First    *hdrhistogram.PackedHistogram // from connect to the first reply; nil in runs from before it was kept
	Lag      *hdrhistogram.PackedHistogram // how late the generator sent
}

// Tags of the lines in a histogram log. The steps have none: they are what HdrHistogram's own tools
// show unless told otherwise.
const (
	tagResponse = "response"
	tagService  = "service"
	tagConnect  = "connect"
	tagFirst    = "first_reply"
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
	line := func(h *load.Histogram, tag string, from, to int64) error {
		if h == nil {
			return nil
		}
		packed := h.Packed()
		packed.SetTag(tag)
		packed.SetStartTimeMs(from)
		packed.SetEndTimeMs(to)
		return out.OutputIntervalPackedHistogram(packed)
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
		h   *load.Histogram
		tag string
	}{{r.Response, tagResponse}, {r.Service, tagService}, {r.Connect, tagConnect}, {r.First, tagFirst}, {r.Lag, tagLag}} {
		if err := line(whole.h, whole.tag, ms, end); err != nil {
			return err
		}
	}
	return nil
}

// readHistograms reads those of the whole window. The steps are the greater part of a log, and are left
// out before they are unpacked: a report reads a thousand logs. For that reason the lines are taken apart
// here: HdrHistogram's reader looks for the least and the greatest value of each.
func readHistograms(r io.Reader) (all Histograms, err error) {
	log, err := io.ReadAll(r)
	if err != nil {
		return all, err
	}
	for line := range bytes.Lines(log) {
		line, tagged := bytes.CutPrefix(bytes.TrimSpace(line), []byte("Tag="))
		if !tagged {
			continue
		}
		fields := bytes.Split(line, []byte(",")) // tag, start, length, greatest value, histogram
		tag := string(fields[0])
		h, err := hdrhistogram.DecodePacked(fields[len(fields)-1])
		if err != nil {
			return all, fmt.Errorf("histogram %q: %w", tag, err)
		}
		switch tag {
		case tagResponse:
			all.Response = h
		case tagService:
			all.Service = h
		case tagConnect:
			all.Connect = h
		case tagFirst:
			all.First = h
		case tagLag:
			all.Lag = h
		default:
			return all, fmt.Errorf("histogram with the unknown tag %q", tag)
		}
	}
	return all, nil
}

// readSteps reads the response times in steps of 100 ms; StartTimeMs and EndTimeMs say which.
func readSteps(r io.Reader) (steps []*hdrhistogram.Histogram, err error) {
	in := hdrhistogram.NewHistogramLogReader(r)
	for {
		h, err := in.NextIntervalHistogram()
		if err != nil || h == nil {
			return steps, err
		}
		if h.Tag() == "" {
			steps = append(steps, h)
		}
	}
}
