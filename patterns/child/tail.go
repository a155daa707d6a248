package child

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// tailSize is how many bytes of what a child prints are kept: the end, where the reason stands.
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

// String is what was written, without the blanks around it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept
	for n := 0; t.cut && n < utf8.UTFMax-1 && len(kept) > 0 && !utf8.RuneStart(kept[0]); n++ {
		kept = kept[1:] // the rest of a letter that is cut
	}
	s := strings.TrimSpace(string(kept))
	if t.cut {
		s = "... " + s
	}
	return s
}
