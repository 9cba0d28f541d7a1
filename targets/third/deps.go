//go:build pinned

// Package third has the listeners of others as targets.
package third

import (
	_ "github.com/hashicorp/yamux"
	_ "github.com/libp2p/go-yamux/v5"
	_ "github.com/pion/transport/v3/udp"
	_ "github.com/pion/transport/v4/udp"
	_ "github.com/pires/go-proxyproto"
	_ "github.com/quic-go/quic-go"
	_ "github.com/soheilhy/cmux"
	_ "github.com/soypat/seqs/stacks"
	_ "github.com/valyala/fasthttp/fasthttputil"
	_ "github.com/xtaci/kcp-go/v5"
	_ "github.com/xtaci/smux"
	_ "golang.ngrok.com/muxado/v2"
	_ "golang.org/x/crypto/ssh"
	_ "golang.org/x/net/netutil"
	_ "google.golang.org/grpc/test/bufconn"
	_ "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)
