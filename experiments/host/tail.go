package host

import (
	"strings"
	"sync"
	"unicode/utf8"

	"socketbench/experiments/quote"
)

// tailSize is how much of a server's standard error is kept: the end, where the reason stands.
const tailSize = 8 << 10

// tail keeps the end of what is written to it. Safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	kept []byte
	cut  bool
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailSize; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
		t.cut = true
	}
	return len(p), nil
}

// String is what was written, quoted but for its lines: foreign bytes go no further than here.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept
	for n := 0; t.cut && n < utf8.UTFMax-1 && len(kept) > 0 && !utf8.RuneStart(kept[0]); n++ {
		kept = kept[1:] // the end of a letter whose begin is gone
	}
	s := strings.TrimSpace(quote.Lines(string(kept)))
	if t.cut {
		s = "... " + s
	}
	return s
}
