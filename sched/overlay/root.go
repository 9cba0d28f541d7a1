package overlay

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Root returns the GOROOT under which files of the toolchain in goroot can be
// replaced: goroot itself, or, if the go command has downloaded it to the
// module cache, where it refuses that, a folder below cache with links to what
// is in there. Whoever runs that go command sets GOROOT to it, and GOTOOLCHAIN
// to local.
func Root(goroot, cache string) (string, error) {
	real, err := filepath.EvalSymlinks(goroot)
	if err != nil {
		return "", fmt.Errorf("link the toolchain: %w", err)
	}
	if !strings.Contains(filepath.ToSlash(goroot), "/golang.org/toolchain@") {
		return goroot, nil
	}
	sum := sha256.Sum256([]byte(real))
	root := filepath.Join(cache, fmt.Sprintf("go-%x", sum[:8]))
	if err := os.MkdirAll(root, 0o777); err != nil {
		return "", fmt.Errorf("link the toolchain: %w", err)
	}
	entries, err := os.ReadDir(real)
	if err != nil {
		return "", fmt.Errorf("link the toolchain: %w", err)
	}
	for _, e := range entries {
		err := os.Symlink(filepath.Join(real, e.Name()), filepath.Join(root, e.Name()))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("link the toolchain: %w", err)
		}
	}
	return root, nil
}
