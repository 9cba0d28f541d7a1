package third

import (
	_ "embed"
	"runtime/debug"
	"strings"
)

//go:embed go.mod
var pinned string

// versions returns the versions of the modules in this program, or those that
// are asked for where it does not know them, as a program of go test.
func versions() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(pinned) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], "v") {
			all[f[0]] = f[1]
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if all[m.Path] = m.Version; m.Replace != nil {
				all[m.Path] = m.Replace.Version
			}
		}
	}
	return all
}
