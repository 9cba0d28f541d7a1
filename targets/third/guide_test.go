package third

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestGuide runs the example of docs/adding.md, as it stands there.
func TestGuide(t *testing.T) {
	m := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(read(t, "docs/adding.md"))
	if m == nil {
		t.Fatal("docs/adding.md has no example")
	}
	file := filepath.Join(t.TempDir(), "listener_test.go")
	if err := os.WriteFile(file, []byte(m[1]), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
