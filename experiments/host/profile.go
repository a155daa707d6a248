package host

import (
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"runtime/trace"
)

// profile is one that is being written.
type profile struct {
	file io.Closer
	stop func()
}

func (s *service) startProfile(kind, path string) error {
	if s.profile != nil {
		return fmt.Errorf("host: a profile is being written already; end it first")
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("host: profile: %w", err)
	}
	p := &profile{file: f}
	switch kind {
	case ProfileCPU:
		p.stop, err = pprof.StopCPUProfile, pprof.StartCPUProfile(f)
	case ProfileTrace:
		p.stop, err = trace.Stop, trace.Start(f)
	default:
		err = fmt.Errorf("no profile %q; there are %s and %s", kind, ProfileCPU, ProfileTrace)
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return fmt.Errorf("host: profile: %w", err)
	}
	s.profile = p
	return nil
}

func (s *service) stopProfile() error {
	if s.profile == nil {
		return nil
	}
	s.profile.stop()
	err := s.profile.file.Close()
	s.profile = nil
	return err
}
