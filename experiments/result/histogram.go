package result

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/stats"
)

// tag is how the whole histogram of a family of times is called in a log. The intervals have no tag: they are what
// HdrHistogram's own tools show unless told otherwise.
func tag(family string) string {
	if family == metric.Latency {
		return "response"
	}
	return family
}

// WriteLog writes what the generator saw as an HdrHistogram interval log: the response times in intervals of 100 ms, then
// each whole histogram on a tagged line. start is when the window began. Values are ns.
func WriteLog(w io.Writer, start time.Time, r *load.Result) error {
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
	line := func(h *stats.Histogram, tag string, from, to int64) error {
		if h == nil {
			return nil
		}
		named := h.Clone() // others may read h meanwhile
		named.SetTag(tag)
		named.SetStartTimeMs(from)
		named.SetEndTimeMs(to)
		return out.OutputIntervalPackedHistogram(named)
	}
	end := ms
	for _, interval := range r.Log {
		from := ms + interval.Start.Milliseconds()
		end = from + interval.Length.Milliseconds()
		if err := line(interval.Response, "", from, end); err != nil {
			return err
		}
	}
	for _, f := range r.Families() {
		if err := line(*f.Times, tag(f.Name), ms, end); err != nil {
			return err
		}
	}
	return nil
}

// readLog reads the histograms of the whole window. The intervals are the greater part of a log, and are left out before
// they are unpacked: a report reads a thousand logs. For that reason the lines are taken apart here: HdrHistogram's
// reader unpacks each into an array of all buckets.
func readLog(r io.Reader) (all load.Times, err error) {
	log, err := io.ReadAll(r)
	if err != nil {
		return all, err
	}
	places := map[string]**stats.Histogram{}
	for _, f := range all.Families() {
		places[tag(f.Name)] = f.Times
	}
	for line := range bytes.Lines(log) {
		line, tagged := bytes.CutPrefix(bytes.TrimSpace(line), []byte("Tag="))
		if !tagged {
			continue
		}
		fields := bytes.Split(line, []byte(",")) // tag, start, length, greatest value, histogram
		name := string(fields[0])
		place, known := places[name]
		if !known {
			return all, fmt.Errorf("histogram with the unknown tag %q", name)
		}
		h, err := hdrhistogram.DecodePacked(fields[len(fields)-1])
		if err != nil {
			return all, fmt.Errorf("histogram %q: %w", name, err)
		}
		*place = &stats.Histogram{PackedHistogram: h}
	}
	return all, nil
}
