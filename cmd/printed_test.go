package cmd

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// printed is what a command, a process or a terminal has printed so far. Any number of goroutines may write it and wait for it.
type printed struct {
	lock  sync.Mutex
	text  bytes.Buffer
	grows chan struct{} // closed by the next Write; nil while nobody waits
}

func (p *printed) Write(b []byte) (int, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.grows != nil {
		close(p.grows)
		p.grows = nil
	}
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.text.String()
}

// next returns the text, and a channel that is closed when it has grown.
func (p *printed) next() (text string, grows <-chan struct{}) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.grows == nil {
		p.grows = make(chan struct{})
	}
	return p.text.String(), p.grows
}

// until blocks until the text is as wanted. It returns false when ctx ends before.
func (p *printed) until(ctx context.Context, wanted func(text string) bool) bool {
	for {
		text, grows := p.next()
		if wanted(text) {
			return true
		}
		select {
		case <-grows:
		case <-ctx.Done():
			return false
		}
	}
}

// has blocks until the text has a part, and fails the test when that takes longer than a minute.
func (p *printed) has(t testing.TB, part string) {
	t.Helper()
	p.is(t, part, func(text string) bool { return strings.Contains(text, part) })
}

// is blocks until the text is as wanted, and fails the test when that takes longer than a minute.
func (p *printed) is(t testing.TB, what string, wanted func(text string) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.True(t, p.until(ctx, wanted), "%q was not printed: %q", what, p)
}
