module github.com/listentest/listentest/targets/third

go 1.26.3

require (
	github.com/hashicorp/yamux v0.1.2
	github.com/libp2p/go-yamux/v5 v5.1.0
	github.com/listentest/listentest v0.0.0-00010101000000-000000000000
	github.com/pion/transport/v3 v3.1.1
	github.com/pion/transport/v4 v4.1.3
	github.com/pires/go-proxyproto v0.15.0
	github.com/quic-go/quic-go v0.65.0
	github.com/soheilhy/cmux v0.1.5
	github.com/soypat/seqs v0.0.0-20260125140838-2c1c6b1bd69e
	github.com/valyala/fasthttp v1.74.0
	github.com/xtaci/kcp-go/v5 v5.6.24
	github.com/xtaci/smux v1.5.56
	golang.ngrok.com/muxado/v2 v2.0.2
	golang.org/x/crypto v0.58.0
	golang.org/x/net v0.62.0
	google.golang.org/grpc v1.85.0
	gvisor.dev/gvisor v0.0.0-20260905035102-160fafc42237
)

require (
	github.com/google/btree v1.1.2 // indirect
	github.com/klauspost/cpuid/v2 v2.2.6 // indirect
	github.com/klauspost/reedsolomon v1.12.0 // indirect
	github.com/libp2p/go-buffer-pool v0.0.2 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/tjfoc/gmsm v1.4.1 // indirect
	golang.org/x/exp v0.0.0-20250711185948-6ae5c78190dc // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.15.0 // indirect
)

replace github.com/listentest/listentest => ../..
