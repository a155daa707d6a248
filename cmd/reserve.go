package cmd

import "os"

// reserve makes sure that a file can be written later. It leaves the text of one that is there as it is. unused removes one
// that was not there, if it is still empty.
func reserve(path string) (unused func(), err error) {
	_, before := os.Lstat(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return func() {
		if info, err := os.Lstat(path); before != nil && err == nil && info.Size() == 0 {
			os.Remove(path)
		}
	}, f.Close()
}
