package servertest

import (
	"testing"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// FuzzServers plays a script against one of the designs and compares every byte with the model. The
// first argument picks the design, so that one run covers every family.
func FuzzServers(f *testing.F) {
	var designs []servers.Entry
	for _, e := range servers.All() {
		if e.New != nil && !e.Traits.Processes && len(e.Traits.Faults) == 0 { // known faults are found at once
			designs = append(designs, e)
		}
	}
	for i := range designs {
		f.Add(uint8(i), uint8(i), []byte("\x00\x20\x03\x05\x06\x00\x0c\x09\x0f\x00\x12\x00\x00\x10"))
		f.Add(uint8(i), uint8(i+1), []byte("\x01\xff\x04\x07\x01\x01\x07\x00\x0d\xff\x15\x00\x01\x03\x10\x00"))
		f.Add(uint8(i), uint8(i+2), []byte("\x03\x01\x04\x02\x05\x03\x00\x01\x01\x02\x02\x03\x12\x00\x16\x00\x00\x05"))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, design, framing uint8, script []byte) {
		target := InProcess(designs[int(design)%len(designs)], "tcp", dir)
		target.Framing = upper.Framing(framing % 3)
		target.Limit = upper.DefaultLimit
		r := &runner{target: &target, options: Options{Patience: 5 * time.Second}}
		c := Case{Name: "chaos/fuzz", run: func(s *caseRun) { s.converse(script[:min(len(script), 400)]) }}
		if failure := r.play(t.Context(), &c, r.config(&c)).failure; failure != nil {
			t.Fatalf("%s, %s: %v", target.Name, target.Framing, failure)
		}
	})
}
