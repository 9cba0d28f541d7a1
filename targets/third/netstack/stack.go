package netstack

import (
	"crypto/rand"
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const nic = 1

var (
	address = tcpip.AddrFrom4([4]byte{127, 0, 0, 1})
	nowhere = tcpip.AddrFrom4([4]byte{10, 0, 0, 1}) // no route leads there
)

// newStack returns a stack with one interface, over which it reaches itself.
func newStack(clock tcpip.Clock, link stack.LinkEndpoint) (*stack.Stack, error) {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		Clock:              clock,
		// gVisor asks the system by a call of its own, which schedule control does not reach
		SecureRNG: rand.Reader,
	})
	a := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: address, PrefixLen: 8}}
	err := s.CreateNIC(nic, link)
	if err == nil {
		err = s.AddProtocolAddress(nic, a, stack.AddressProperties{})
	}
	if err != nil {
		s.Destroy()
		return nil, fmt.Errorf("open a stack: %v", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4LoopbackSubnet, NIC: nic}})
	return s, nil
}
