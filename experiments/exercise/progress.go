package exercise

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Progress is a file of what the students of a class have tried and passed. It is JSON, and small enough to be handed in.
type Progress struct {
	Format   string                      `json:"format"`   // progressFormat
	Students map[string]map[string]Tried `json:"students"` // by the student's name and the task's
}

// progressFormat tells the file from any other.
const progressFormat = "socketbench exercises 1"

// Tried is what a student has tried for one task.
type Tried struct {
	Attempts int       `json:"attempts"`        // that were decided
	Passed   time.Time `json:"passed,omitzero"` // the first time
	Last     string    `json:"last,omitempty"`  // what the last attempt was told, if it has not passed
}

// ReadProgress reads a file, which need not be there yet. A file that holds something else is an error.
func ReadProgress(file string) (Progress, error) {
	none := Progress{Format: progressFormat, Students: map[string]map[string]Tried{}}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none, nil
	case err != nil:
		return none, fmt.Errorf("exercise: the progress cannot be read: %w; name another file with --progress", err)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // of an editor
	var p Progress
	switch err := json.Unmarshal(text, &p); {
	case len(bytes.Trim(text, "\x00 \r\n")) == 0:
		return none, nil // made to be filled, or lost in a crash: there is nothing in it that could be overwritten
	case err == nil && p.Format == progressFormat && p.Students != nil:
		return p, nil
	case err != nil && bytes.Contains(text, []byte(progressFormat)):
		return none, fmt.Errorf("exercise: %s is cut off or was edited (%w); mend it, or name another file with --progress", file, err)
	}
	return none, fmt.Errorf("exercise: %s holds something else than progress; name another file with --progress", file)
}

// CanKeep says, before an attempt is graded, why its grade could not be kept in a file. It leaves the file as it is.
func CanKeep(file string) error {
	if _, err := ReadProgress(file); err != nil {
		return err
	}
	probe, err := os.CreateTemp(filepath.Dir(file), ".progress-*")
	if err != nil {
		return notKept(err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// Keep adds an attempt of a student to a file. Several processes may do so at once: the file beside it, FILE.new, is made by
// one of them at a time, and replaces FILE in one step. Keep waits for at most two seconds.
func Keep(file, student string, g Grade) error {
	next := file + ".new"
	const tries, pause = 100, 20 * time.Millisecond
	var out *os.File
	var err error
	for range tries {
		out, err = os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
		time.Sleep(pause)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("exercise: the progress cannot be kept: another attempt is writing %s; remove that file if none is", next)
	}
	if err != nil {
		return notKept(err)
	}
	if err = add(out, file, student, g); err != nil {
		os.Remove(next) // once it has its place, the next one of this name is another attempt's
	}
	return err
}

// add writes the progress of a file and one attempt more to out, which then replaces the file.
func add(out *os.File, file, student string, g Grade) error {
	p, err := ReadProgress(file)
	if err != nil {
		return errors.Join(err, out.Close())
	}
	p.note(student, g)
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if err := errors.Join(e.Encode(p), out.Close()); err != nil {
		return notKept(err)
	}
	if err := os.Rename(out.Name(), file); err != nil {
		return notKept(err)
	}
	return nil
}

func notKept(err error) error {
	return fmt.Errorf("exercise: the progress cannot be kept: %w; name another file with --progress", err)
}

// note adds an attempt.
func (p Progress) note(student string, g Grade) {
	if p.Students[student] == nil {
		p.Students[student] = map[string]Tried{}
	}
	t := p.Students[student][g.Task]
	t.Attempts++
	t.Last = g.Advice
	if g.Passed && t.Passed.IsZero() {
		t.Passed = time.Now().Truncate(time.Second)
	}
	p.Students[student][g.Task] = t
}
