// Package third has listeners of others as targets: multiplexers, user-space
// stacks, QUIC, in-memory listeners. Each runs in a worker process, so that a
// panic or a hang of theirs is a finding, and not our end.
package third

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/preset"
	"github.com/listentest/listentest/targets/third/netstack"
)

// A library is somebody's listener: a target, and what its runs need.
type library struct {
	target func(wire) listentest.Target
	module string // whose version is the listener's; none if it is ours
	wired  bool   // it runs over a connection, of which there are kinds
	// real is set where cases cannot run in bubbles, locks where they can only
	// under schedule control: who waits for a lock counts as working in a bubble,
	// so that time stands still where its holder waits for time. One with a time
	// of its own needs no bubble.
	real, locks, own bool
}

// inRealTime reports whether cases take real time.
func (l library) inRealTime() bool { return l.real || l.locks && !sched.Controlled() }

// libraries by the names of their targets.
var libraries = map[string]library{
	"bufconn":         {target: bufconnTarget, module: "google.golang.org/grpc"},
	"channel":         {target: channelTarget},
	"cmux":            {target: cmuxTarget, module: "github.com/soheilhy/cmux"},
	"fasthttputil":    {target: fasthttputilTarget, module: "github.com/valyala/fasthttp"},
	"go-yamux":        {target: goYamuxTarget, module: "github.com/libp2p/go-yamux/v5", wired: true},
	"gonet":           {target: gonetTarget("gonet", false), module: "gvisor.dev/gvisor", real: true},
	"gonet-backlog":   {target: gonetTarget("gonet-backlog", true), module: "gvisor.dev/gvisor", locks: true},
	"gvisor":          {target: gvisorTarget(), module: "gvisor.dev/gvisor", own: true},
	"gvisor-parallel": {target: gvisorTarget(netstack.Setting{Key: "parallel", Value: "1"}), module: "gvisor.dev/gvisor", own: true},
	"kcp-go":          {target: kcpTarget, module: "github.com/xtaci/kcp-go/v5", real: true},
	"limit-listener":  {target: limitTarget, module: "golang.org/x/net"},
	"mutex":           {target: mutexTarget},
	"muxado":          {target: muxadoTarget, module: "golang.ngrok.com/muxado/v2", wired: true, locks: true},
	"pion-udp":        {target: pionTarget(listenPion4), module: "github.com/pion/transport/v4", real: true},
	"pion-udp-v3":     {target: pionTarget(listenPion3), module: "github.com/pion/transport/v3", real: true},
	"proxyproto":      {target: proxyprotoTarget, module: "github.com/pires/go-proxyproto"},
	"quic-go":         {target: quicTarget, module: "github.com/quic-go/quic-go"},
	"quic-go-early":   {target: quicEarlyTarget, module: "github.com/quic-go/quic-go"},
	"seqs":            {target: seqsTarget, module: "github.com/soypat/seqs"},
	"smux":            {target: smuxTarget, module: "github.com/xtaci/smux", wired: true},
	"ssh-forward":     {target: sshTarget, module: "golang.org/x/crypto", wired: true, locks: true},
	"yamux":           {target: yamuxTarget, module: "github.com/hashicorp/yamux", wired: true},
}

// Names returns the names that Open knows, in order.
func Names() []string { return slices.Sorted(maps.Keys(libraries)) }

// Module returns the module whose listener the target of a name is, and its
// version in this program; the version is empty where that is not known.
func Module(name string) (path, version string) {
	base, _, _ := strings.Cut(name, ":")
	path = libraries[base].module
	return path, versions()[path]
}

// Open returns the target of a name NAME[:KEY=VALUE,…]. With wire=sync each write
// of what a multiplexer runs over waits for its read; else it is kept until it is
// read (buffered). With time=real cases that could be in a bubble take real time. The
// error is a [*listentest.MisuseError].
func Open(name string) (*Worker, error) {
	lib, w, err := find(name)
	if err != nil {
		return nil, err
	}
	return &Worker{Target: lib.target(w), library: lib, name: name}, nil
}

// find returns what a name names.
func find(name string) (library, wire, error) {
	base, items, set := strings.Cut(name, ":")
	lib, ok := libraries[base]
	if !ok {
		return lib, nil, &listentest.MisuseError{Reason: fmt.Sprintf("there is no target %q", base), Word: base, Known: Names()}
	}
	w := wire(newPipe)
	if !set {
		return lib, w, nil
	}
	kinds := map[string]wire{"buffered": newPipe, "sync": net.Pipe}
	values := map[string][]string{}
	if lib.wired {
		values["wire"] = slices.Sorted(maps.Keys(kinds))
	}
	if !lib.real && !lib.own {
		values["time"] = []string{"real"}
	}
	if len(values) == 0 {
		return lib, nil, &listentest.MisuseError{Reason: base + " has no settings, and " + name + " has one"}
	}
	for _, item := range strings.Split(items, ",") {
		key, value, _ := strings.Cut(item, "=")
		switch {
		case values[key] == nil:
			return lib, nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: %q is no setting", name, key), Word: key, Known: slices.Sorted(maps.Keys(values))}
		case !slices.Contains(values[key], value):
			return lib, nil, &listentest.MisuseError{Reason: fmt.Sprintf("%s: %q is no kind of %s", name, value, key), Word: value, Known: values[key]}
		case key == "time":
			lib.real = true
		default:
			w = kinds[value]
		}
	}
	return lib, w, nil
}

// promise returns the contract of a preset, which must be there.
func promise(name string) listentest.Contract {
	p, ok := preset.Get(name)
	if !ok {
		panic("no preset " + name)
	}
	return p.Contract
}
