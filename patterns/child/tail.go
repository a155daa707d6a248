package child

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// tailSize is the number of bytes that are kept of a child's output: the last ones, which give the reason.
const tailSize = 8 << 10

// tail keeps the last bytes that are written to it. Safe for concurrent use.
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

// String returns the kept bytes as text, without surrounding blanks.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept
	for n := 0; t.cut && n < utf8.UTFMax-1 && len(kept) > 0 && !utf8.RuneStart(kept[0]); n++ {
		kept = kept[1:] // the rest of a character that was cut
	}
	s := strings.TrimSpace(string(kept))
	if t.cut {
		s = "... " + s
	}
	return s
}
