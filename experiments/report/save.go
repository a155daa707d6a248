package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// Save writes a run's report into its directory, in every format that has a file there, and replaces earlier reports. A
// reader of the directory sees the whole old file or the whole new one.
func Save(in Input) error {
	p := newPage(in)
	for _, f := range Formats {
		if f.File == "" {
			continue
		}
		var b bytes.Buffer
		if err := f.write(&b, p, in); err != nil {
			return err
		}
		if err := replace(filepath.Join(in.Run.Dir, f.File), b.Bytes()); err != nil {
			return fmt.Errorf("report: %w; socketbench report --format %s -o FILE writes it elsewhere", err, f.Name)
		}
	}
	return nil
}

func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
