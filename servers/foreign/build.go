package foreign

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Programs that must be built are built when first asked for, and kept in the user's cache.

// Cached returns the path at which a program that this one builds is kept in the user's cache. The name has a hash of all that
// the program depends on.
func Cached(name string, of ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("foreign: %s is built into the user's cache: %w; set XDG_CACHE_HOME", name, err)
	}
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	dir := filepath.Join(cache, "socketbench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("foreign: %s cannot be kept: %w; set XDG_CACHE_HOME", name, err)
	}
	return filepath.Join(dir, name+"-"+hex.EncodeToString(sum[:6])), nil
}

// compile builds the source of p in a folder of its own, once for each source and each command, and returns the path of
// what became of it. A build that fails leaves nothing, and one that is interrupted leaves nothing that is used.
func (p program) compile(source string) (path string, err error) {
	if path, err = Cached(p.name, source, p.build); err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), p.name+"-")
	if err != nil {
		return "", fmt.Errorf("foreign: %s: %w", p.name, err)
	}
	defer os.RemoveAll(dir)
	file, out := filepath.Join(dir, p.file), filepath.Join(dir, "out")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		return "", fmt.Errorf("foreign: %s: cannot write its source: %w", p.name, err)
	}
	line := strings.NewReplacer("{file}", ShellLine(file), "{out}", ShellLine(out)).Replace(p.build)
	if said, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		return "", notBuilt(p.name, said, err, p.build)
	}
	if err := os.Rename(out, path); err != nil {
		if _, other := os.Stat(path); other != nil { // else another process has built it meanwhile
			return "", fmt.Errorf("foreign: %s: %w", p.name, err)
		}
	}
	return path, nil
}

// notBuilt is the error of a build, in one line: the first thing that the compiler said.
func notBuilt(name string, said []byte, err error, command string) error {
	for line := range strings.Lines(string(said)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") { // Go's tool names packages with #
			err = errors.New(line)
			break
		}
	}
	return fmt.Errorf("foreign: %s cannot be built: %w; the whole message: %s", name, err, command)
}

// ModuleRoot is the folder with the source of this program; "" if it is not here.
func ModuleRoot() string {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return ""
	}
	return root
}
