package load

import "time"

// KindOf names how an error of a connection is counted.
func KindOf(err error) string { return faultNames[kindOf(err)] }

// Recorded is what a generator process tells of a closed loop whose engines recorded these times, ns, by family.
func Recorded(engines ...map[string][]int64) *Result {
	o := Options{Duration: 10 * time.Second, Connections: len(engines)}.WithDefaults()
	recorders := make([]*recorder, len(engines))
	for i, times := range engines {
		b := newRecorder(o, i, 1)
		b.start, b.end = int64(o.Duration), 2*int64(o.Duration)
		for k, response := range times["latency"] {
			service := times["service"][k]
			intended := b.start + int64(k)*int64(50*time.Microsecond)
			b.done(0, Sample{Intended: intended, Sent: intended + response - service, Done: intended + response}, false, true)
			b.endIntervals(intended)
		}
		for _, v := range times["send_lag"] {
			b.sent(b.start, b.start+v)
		}
		for _, v := range times["connect"] {
			b.connect.add(v)
		}
		for _, v := range times["first_reply"] {
			b.first.add(v)
		}
		b.tick()
		recorders[i] = b
	}
	return collect(o, recorders, int64(o.Duration))
}

// Added is what several processes tell together.
func Added(parts ...*Result) *Result { return addUp(Options{}.WithDefaults(), parts) }
