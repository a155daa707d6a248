package servertest

import (
	"context"
	"regexp"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// Cases that run at once share a server that costs much to start. One that finds a fault gives it up: cases that have it go
// on with it, later ones get a new one, and each is stopped when no case has it any more.
func TestASharedServerIsGivenUpWhenACaseFails(t *testing.T) {
	t.Parallel()
	target := InProcess(entryOf("shared", each(func(c byte) byte {
		if c >= 0xe0 && c != 0xff {
			return c - 32
		}
		return plainByte(c)
	}), servers.Traits{}), "tcp", t.TempDir())
	target.Cheap = false
	start := target.Start
	var mu sync.Mutex
	var started []*Instance
	target.Start = func(ctx context.Context, cfg servers.Config) (*Instance, error) {
		inst, err := start(ctx, cfg)
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			started = append(started, inst)
		}
		return inst, err
	}
	report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^(bytes|cuts)/"), Quick: true, Parallel: 8})
	for _, r := range report.Results {
		switch r.Case {
		case "bytes/latin-1", "bytes/every":
			require.Equal(t, Failed, r.Outcome, r.Case)
		case "bytes/hello", "bytes/zero", "bytes/spaces", "cuts/late-first-byte":
			require.Equal(t, Passed, r.Outcome, "%s: %v", r.Case, r.Failure)
		}
	}
	require.Greater(t, len(started), 2, "a case that fails leaves its server to nobody else")
	require.Less(t, len(started), len(report.Results), "the others share theirs")
	for _, inst := range started {
		<-inst.Done
	}
}
