package book

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Marker is the file by which a folder is known to be a book. Only such a folder, or an empty one, is replaced.
const Marker = "socketbench-book.txt"

// Write writes the book to dir. It does nothing where dir holds something else. The pages are written beside dir, which
// they replace when all are done: nobody ever sees half a book, and a failure leaves the old one.
func (b Book) Write(ctx context.Context, dir string) (err error) {
	dir, err = place(dir)
	if err != nil {
		return err
	}
	work, err := workspace(dir)
	if err != nil {
		return err
	}
	if err := os.Remove(work); err != nil { // it was only tried: what is gathered takes a while
		return fmt.Errorf("book: %w", err)
	}
	s, err := b.gather(ctx)
	if err != nil {
		return err
	}
	if work, err = workspace(dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	made := filepath.Join(work, "new")
	if err := s.write(made); err != nil {
		return err
	}
	if _, err := place(dir); err != nil { // something may have been put there meanwhile
		return err
	}
	old := filepath.Join(work, "old")
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("book: %w", err)
	}
	if err := os.Rename(made, dir); err != nil {
		return errors.Join(fmt.Errorf("book: %w", err), ignoreMissing(os.Rename(old, dir)))
	}
	return nil
}

// workspace makes a folder beside dir, on the same file system.
func workspace(dir string) (string, error) {
	parent := filepath.Dir(dir)
	work, err := os.MkdirTemp(parent, ".book-*")
	var why *fs.PathError
	if errors.As(err, &why) {
		err = fmt.Errorf("book: no folder can be made in %s (%w); choose another place, to which you may write", parent, why.Err)
	}
	return work, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// place returns the whole path of the folder in which the book is to be. It fails if that holds something else.
func place(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("book: %w", err)
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	there, err := os.ReadDir(dir)
	isMarker := func(e os.DirEntry) bool { return e.Name() == Marker && e.Type().IsRegular() }
	switch info, statErr := os.Stat(dir); {
	case statErr == nil && !info.IsDir():
		return "", fmt.Errorf("book: %s is a file; name a folder", dir)
	case errors.Is(statErr, fs.ErrNotExist):
		parent := filepath.Dir(dir)
		if info, err := os.Stat(parent); err != nil || !info.IsDir() {
			return "", fmt.Errorf("book: there is no folder %s to write the book into; make it first", parent)
		}
		return dir, nil
	case err != nil:
		return "", fmt.Errorf("book: %w", err)
	case len(there) > 0 && !slices.ContainsFunc(there, isMarker):
		return "", fmt.Errorf("book: %s holds something other than a book; name a new folder", dir)
	}
	return dir, nil
}
