//go:build pinned

package third

import (
	_ "github.com/soypat/seqs/stacks"
	_ "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)
