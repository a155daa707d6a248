package experiments

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// tmpfs names a directory to a test that runs in namespaces of its own, where it may mount something on it.
const tmpfs = "SOCKETBENCH_TMPFS"

// A disk that fills up ends the run with the name of the file; what was measured stays, and the rest is
// measured when there is room.
func TestFullDisk(t *testing.T) {
	dir := os.Getenv(tmpfs)
	if dir == "" {
		inNamespaces(t)
		return
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("needs a tmpfs, which cannot be mounted: %v", err)
	}
	p := small(t, "goroutine")
	filler := filepath.Join(dir, "filler")
	var last Ended
	o := Options{Plan: p, Registry: registry(), Dir: filepath.Join(dir, "results"), once: true}
	o.Emit = func(e Event) {
		switch e := e.(type) {
		case Finished:
			if e.Number == 2 {
				require.ErrorIs(t, fill(filler), syscall.ENOSPC)
			}
		case Ended:
			last = e
		}
	}
	r, err := Run(t.Context(), o)
	require.ErrorIs(t, err, syscall.ENOSPC)
	var file *os.PathError
	require.True(t, errors.As(err, &file))
	require.Contains(t, file.Path, o.Dir)
	require.ErrorContains(t, err, "trial 3: ")
	require.Len(t, r.Trials, 2)
	require.False(t, last.Complete)
	require.Equal(t, "ended by an error", last.Decision)

	// Resuming needs room too, and takes nothing away when there is none.
	o.Resume, o.Emit = true, nil
	_, err = Run(t.Context(), o)
	require.ErrorIs(t, err, syscall.ENOSPC)

	require.NoError(t, os.Remove(filler))
	r, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, r.Trials, len(p.Trials))
	require.False(t, r.Manifest.Finished.IsZero())
}

// fill writes until nothing more can be written.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	block := bytes.Repeat([]byte{1}, 4096)
	for range 1 << 20 {
		if _, err := f.Write(block); err != nil {
			return err
		}
	}
	return errors.New("no end in sight")
}

// inNamespaces runs the test again as the root of a user namespace with mounts of its own.
func inNamespaces(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), tmpfs+"="+t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("needs a user namespace: %v", err)
	}
	err = cmd.Wait()
	if bytes.Contains(out.Bytes(), []byte("--- SKIP")) {
		t.Skipf("needs a file system of its own, in a namespace:\n%s", out.String())
	}
	require.NoError(t, err, out.String())
}
