//go:build pinned

package third

import (
	_ "github.com/pion/transport/v3/udp"
	_ "github.com/pion/transport/v4/udp"
	_ "github.com/quic-go/quic-go"
	_ "github.com/soypat/seqs/stacks"
	_ "github.com/xtaci/kcp-go/v5"
	_ "golang.org/x/crypto/ssh"
	_ "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)
