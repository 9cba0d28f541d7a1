package third

import "runtime/debug"

// versions returns the versions of the modules in this program.
func versions() map[string]string {
	all := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if all[m.Path] = m.Version; m.Replace != nil {
				all[m.Path] = m.Replace.Version
			}
		}
	}
	return all
}
