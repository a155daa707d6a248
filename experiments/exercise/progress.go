package exercise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Progress is a file of what one student has tried and passed. It is JSON, and small enough to be handed in.
type Progress struct {
	Format string           `json:"format"` // progressFormat
	Tasks  map[string]Tried `json:"tasks"`
}

// progressFormat tells the file from any other.
const progressFormat = "socketbench exercises 1"

// Tried is what was tried for one task.
type Tried struct {
	Attempts int       `json:"attempts"`        // that were decided
	Passed   time.Time `json:"passed,omitzero"` // the first time
	Last     string    `json:"last,omitempty"`  // what the last attempt was told, if it has not passed
}

// ReadProgress reads a file, which need not be there yet; "" is none. A file that holds something else is an error.
func ReadProgress(file string) (Progress, error) {
	none := Progress{Format: progressFormat, Tasks: map[string]Tried{}}
	if file == "" {
		return none, nil
	}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none, nil
	case err != nil:
		return none, fmt.Errorf("exercise: the progress cannot be read: %w", err)
	}
	var p Progress
	if err := json.Unmarshal(text, &p); err != nil || p.Format != progressFormat || p.Tasks == nil {
		return none, fmt.Errorf("exercise: %s holds something else than progress; name another file with --progress", file)
	}
	return p, nil
}

// Note adds an attempt.
func (p Progress) Note(g Grade) {
	t := p.Tasks[g.Task]
	t.Attempts++
	t.Last = g.Advice
	if g.Passed && t.Passed.IsZero() {
		t.Passed = time.Now().Truncate(time.Second)
	}
	p.Tasks[g.Task] = t
}

// Write replaces the file in one step.
func (p Progress) Write(file string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = os.WriteFile(file+".new", append(text, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		return fmt.Errorf("exercise: the progress cannot be kept: %w; name another file with --progress", err)
	}
	return nil
}
