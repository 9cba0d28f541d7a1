//go:build pinned

package third

import (
	_ "github.com/soypat/seqs/stacks"
)
