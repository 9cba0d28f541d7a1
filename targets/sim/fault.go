package sim

import (
	"slices"
	"strings"

	lt "github.com/listentest/listentest"
)

// A Fault is a defect that can be injected by its name. Each is modelled
// on one that shipped.
type Fault struct {
	Name  string
	Doc   string // what is wrong, in one clause
	Class string // of the defects of the same kind, as in Classes
	Zoo   string // number of the defect that it is modelled on,
	Impl  string // the implementation that had it,
	Year  string // when, if that is known,
	Link  string // and where it is written down
	On    string // settings of the simulator that it needs; may be empty
	// Breaks are the promises that it can break: first the one that it is
	// found by.
	Breaks []lt.Promise
}

// Classes names the classes of defects.
var Classes = map[string]string{
	"F01": "credit leak: the peer dies before accept",
	"F02": "credit leak on an error or a side path",
	"F03": "close leaves pending connections, or ends them wrongly",
	"F04": "lost wake-up, stuck acceptor",
	"F05": "connected for its client only",
	"F06": "backlog of zero, of one, below zero",
	"F07": "head-of-line blocking",
	"F08": "published before it is ready, phantom",
	"F09": "listener poisoned by one connection",
	"F10": "double credit",
	"F11": "miscount in a hand-off",
	"F12": "deferred credit (KB 295079)",
	"F13": "off by one, inverted clamp",
	"F14": "counter wrap, truncation",
	"F15": "early data or its end lost",
	"F16": "a failed accept loses the connection",
	"F17": "accepted twice, wrong order",
	"F18": "wrong listener",
	"F19": "stacked queues, resize",
	"F20": "wrong mode of refusal, established connection dropped",
	"F21": "the wrong thing is counted",
}

// fault is the index of a Fault in the catalogue.
type fault uint8

const (
	deferredCredit fault = iota
	creditByProducer
	countedTwice
	checkThenEnqueue
	halfNotCounted
	leakOnAbort
	leakOnHangup
	halfLeak
	leakOnExpiry
	deadHoldsPlace
	releaseOnlyLater
	leakOnRefusal
	leakOnFailedDial
	leakOnFailedAccept
	leakOnCancelledAccept
	cancelledDialSwallows
	closeWakesNobody
	closeLeavesPending
	closeAcceptsPending
	closeStillConnectable
	queueAfterClose
	closeKeepsUnits
	lostWakeup
	edgeAcceptOne
	lateSubscriber
	deafAfterError
	cancelledAcceptSwallows
	blockedNotWoken
	ghostWhenFull
	nobodyToTakeIt
	resetAfterConnect
	zeroLiteral
	negativeLiteral
	backlogOneAnchor
	silentBlocksHead
	halfBlocksHead
	deadBlocksHead
	abortMakesPhantom
	acceptsHalfOpen
	failedDialEnqueues
	deadFailsAccept
	deadPanics
	failedAcceptCloses
	abortClosesListener
	creditAgainOnAbort
	creditTwice
	hangupReleasesTwice
	bothEndsCredit
	offByOneLow
	offByOneHigh
	capacityOne
	maxForMin
	halfOffByOne
	counterU8
	backlogU16
	backlogI8
	underflowPins
	earlyDataLost
	finLosesData
	spuriousEOF
	serverFirstLost
	failedAcceptLoses
	failedAcceptEndsAll
	fdAtDial
	duplicateAccept
	lifoOrder
	orderByClient
	retransmitTwice
	deadReusesNext
	creditToSuccessor
	refusedUntilChildCloses
	staleWaiterSwallows
	stackedQueue
	relistenIgnored
	relistenDropsPending
	relistenForgets
	needsAcceptor
	refuseByDrop
	refuseByBlock
	blockByRefuse
	dropByReset
	refusalEvicts
	countsLive
	lifetimeCap
	greedyAcceptor
	noLimit
	halfCounted
	creditAtAccept
	closeLeavesBlocked
	closeWaitsForDial
	closeEndsAccepted
	siblingCloseEnds
	creditToSibling
	closedMember
	closeEndsMovable
	numFaults
)

// Catalogue returns what can be injected, in the order of classes.
func Catalogue() []Fault {
	all := slices.Clone(catalogue[:])
	slices.SortStableFunc(all, func(a, b Fault) int { return strings.Compare(a.Class, b.Class) })
	return all
}

// Faults returns the names of the faults.
func Faults() []string {
	var names []string
	for _, f := range Catalogue() {
		names = append(names, f.Name)
	}
	return names
}

// FaultOf returns the fault of a name; ok is false if there is none.
func FaultOf(name string) (f Fault, ok bool) {
	i := slices.IndexFunc(catalogue[:], func(f Fault) bool { return f.Name == name })
	if i < 0 {
		return Fault{}, false
	}
	return catalogue[i], true
}

// Target returns the name of the simulator with this fault and what it needs.
func (f Fault) Target() string {
	if f.On == "" {
		return "sim:" + f.Name
	}
	return "sim:" + f.On + "," + f.Name
}

var catalogue = [numFaults]Fault{
	deferredCredit: {"deferred-credit", "the unit of an accepted connection comes back only at the acceptor's next point after accept returned",
		"F12", "Z01", "Windows 2000 Winsock", "2000", "https://ftp.zx.net.nz/pub/archive/ftp.microsoft.com/MISC/KB/en-us/295/079.HTM", "", []lt.Promise{lt.MinPending}},
	creditByProducer: {"credit-by-producer", "the unit of an accepted connection comes back only when a task of the listener runs next",
		"F12", "Z02", "quic-go", "2019", "https://github.com/quic-go/quic-go/commit/300884f2bf38b2e95ec622bd429afac5f5741351", "", []lt.Promise{lt.MinPending}},
	countedTwice: {"counted-twice", "from enqueue to wake-up a connection is counted in both of two ledgers",
		"F11", "Z03", "gVisor netstack", "2019", "https://github.com/google/gvisor/commit/5d909dd49c0b67f7f4d07fe832dc9aebbde731fb", "", []lt.Promise{lt.MinPending, lt.MaxPending}},
	checkThenEnqueue: {"check-then-enqueue", "the check for room and the enqueueing are two steps, so that two dials can find the same place",
		"F11", "Z05", "gVisor netstack", "2021", "https://github.com/google/gvisor/commit/c633a7f9d1c15c8f1639a95809d875576ac7707f", "", []lt.Promise{lt.MaxPending, lt.ShutPromise, lt.MinPending}},
	halfNotCounted: {"half-open-not-counted", "connections in the first stage of their handshake are in no limit, and those in the second come into the queue unchecked",
		"F11", "Z132", "Linux SMC", "2022", "https://git.kernel.org/linus/8270d9c21041", "half=shared", []lt.Promise{lt.MaxPending, lt.MinPending}},
	leakOnAbort: {"credit-leak-on-abort", "the unit of a connection that was aborted before accept never comes back",
		"F01", "Z11", "Linux vsock (VMCI)", "2026", "https://lore.kernel.org/all/20260526104356.469928-1-rafdog35@gmail.com/", "", []lt.Promise{lt.MinPending}},
	leakOnHangup: {"leak-on-hangup", "the unit of a connection whose client hung up before accept never comes back",
		"F01", "Z70", "hashicorp/yamux", "2016", "https://github.com/hashicorp/yamux/issues/26", "", []lt.Promise{lt.MinPending}},
	halfLeak: {"half-open-leak", "a half-open connection that is aborted keeps its unit for ever",
		"F01", "Z103", "picoTCP", "2013", "https://github.com/tass-belgium/picotcp/issues/53", "half=shared", []lt.Promise{lt.MinPending, lt.MaxPending}},
	leakOnExpiry: {"leak-on-expiry", "a half-open connection that expires keeps its unit for ever",
		"F01", "Z51", "gVisor netstack", "2022", "https://github.com/google/gvisor/issues/11535", "half=shared", []lt.Promise{lt.MinPending, lt.MaxPending}},
	deadHoldsPlace: {"dead-holds-place", "a connection that was aborted before accept keeps its place until it is accepted",
		"F01", "Z58", "quic-go", "2019", "https://github.com/quic-go/quic-go/pull/4245", "", []lt.Promise{lt.MinPending}},
	releaseOnlyLater: {"release-at-timeout", "the unit of a connection that was aborted before accept comes back only when a timeout notices",
		"F01", "Z57", "Tailscale netstack", "2024", "https://github.com/tailscale/tailscale/pull/11258", "", []lt.Promise{lt.MinPending}},
	leakOnRefusal: {"leak-on-refusal", "a dial is counted before it is checked, and one that is refused stays counted",
		"F02", "Z92", "paritytech/litep2p", "2024", "https://github.com/paritytech/litep2p/pull/286", "", []lt.Promise{lt.MinPending}},
	leakOnFailedDial: {"leak-on-failed-dial", "a unit is taken before the dial fails on its own side, and is not given back",
		"F02", "Z71", "hashicorp/yamux", "2016", "https://github.com/hashicorp/yamux/commit/59d1616", "", []lt.Promise{lt.MinPending}},
	leakOnFailedAccept: {"leak-on-failed-accept", "an accept that fails keeps the unit that it had taken",
		"F02", "Z82", "golang.org/x/net/netutil", "2014", "https://github.com/golang/net/commit/a479876f520673a2161a87faccbcd787a8e5cc84", "", []lt.Promise{lt.MinPending}},
	leakOnCancelledAccept: {"leak-on-cancelled-accept", "an accept that is given up keeps the unit that it had reserved",
		"F02", "Z91", "nim-libp2p", "2021", "https://github.com/vacp2p/nim-libp2p/pull/2360", "", []lt.Promise{lt.MinPending}},
	cancelledDialSwallows: {"cancelled-dial-swallows-room", "a dial that was given up stays in the list of those who wait for room, and takes a wake-up that another needs",
		"F02", "Z108", "NuttX AF_UNIX", "2023", "https://github.com/apache/nuttx/commit/3db1654b80615cffb3b47849d7d7b8b8d4ae82fc", "overflow=block", []lt.Promise{lt.Progress}},
	closeWakesNobody: {"close-wakes-no-acceptor", "an acceptor that waits is not told that the listener was closed",
		"F03", "Z97", "golang.org/x/crypto/ssh", "2018", "https://github.com/golang/crypto/commit/2fc4c88bf43f0ea5ea305eae2b7af24b2cc93287", "", []lt.Promise{lt.ShutPromise}},
	closeLeavesPending: {"close-leaves-pending", "close drops the queue without telling the clients in it",
		"F03", "Z39", "nanos", "2023", "https://github.com/nanovms/nanos/commit/a4ae52f27239d5fdf9e21e5f32c0054aa8450cb0", "", []lt.Promise{lt.ShutPromise}},
	closeAcceptsPending: {"close-accepts-pending", "after close accept still returns what was pending",
		"F03", "Z61", "quic-go", "2025", "https://github.com/quic-go/quic-go/commit/e629a12d06438a7c8ef11a584257baad39f9e522", "", []lt.Promise{lt.ShutPromise, lt.MinPending}},
	closeStillConnectable: {"close-still-connectable", "between the two halves of close a dial still gets into the queue, which nobody will empty",
		"F03", "Z22", "FreeBSD AF_UNIX", "2017", "https://reviews.freebsd.org/D9770", "", []lt.Promise{lt.ShutPromise}},
	queueAfterClose: {"queue-after-close", "a closed listener still takes dials into a queue that nobody reads",
		"F03", "Z67", "quinn", "2024", "https://github.com/quinn-rs/quinn/commit/9ce24f93", "", []lt.Promise{lt.ShutPromise, lt.Progress, lt.OrderPromise}},
	closeKeepsUnits: {"close-keeps-units", "the units of what was pending at close are missing to the next listener",
		"F03", "Z105", "FreeRTOS+TCP", "2021", "https://github.com/FreeRTOS/FreeRTOS-Plus-TCP/commit/f4ad1ebff1c8d9cefa571b55ed84c047ff26c5b5", "", []lt.Promise{lt.MinPending}},
	lostWakeup: {"lost-wakeup", "an acceptor that found the queue empty parks without a second look",
		"F04", "Z63", "quic-go", "2019", "https://github.com/quic-go/quic-go/commit/64daf71e3a84f958588540ae8cfbd0f8fc79baee", "", []lt.Promise{lt.Progress}},
	edgeAcceptOne: {"edge-accept-one", "an acceptor is woken only when the queue stops being empty, and takes one",
		"F04", "Z126", "vibe.d eventcore", "2017", "https://github.com/vibe-d/eventcore/pull/20", "", []lt.Promise{lt.Progress}},
	lateSubscriber: {"late-subscriber", "only arrivals wake an acceptor: one that comes later than the connection waits for the next",
		"F04", "Z101", "Haivision SRT", "2022", "https://github.com/Haivision/srt/pull/2444", "", []lt.Promise{lt.Progress, lt.MinPending}},
	deafAfterError: {"deaf-after-error", "after an accept that failed, readiness is not armed again, and the next wake-up is lost",
		"F04", "Z55", "gVisor netstack", "2021", "https://github.com/google/gvisor/commit/a804b42fe503df227600da0a8c62741af854c2e6", "", []lt.Promise{lt.Progress}},
	cancelledAcceptSwallows: {"cancelled-accept-swallows-wakeup", "an accept that was given up stays in the list of those who wait, and takes a wake-up that another needs",
		"F04", "Z125", "Seastar", "2020", "https://github.com/scylladb/seastar/commit/56f707c5e03a2debcdfc45cb17f7159019a15ce9", "", []lt.Promise{lt.Progress}},
	blockedNotWoken: {"blocked-not-woken", "room that comes back wakes no dial that waits for it",
		"F04", "Z70", "hashicorp/yamux", "2016", "https://github.com/hashicorp/yamux/issues/26", "overflow=block", []lt.Promise{lt.Progress}},
	ghostWhenFull: {"ghost-when-full", "a dial at a full queue is told that it is connected, and is in no queue",
		"F05", "Z17", "Linux TCP", "2016", "https://git.kernel.org/linus/5ea8ea2cb7f1d0db15762c9b0bb9e7330425a071", "", []lt.Promise{lt.MaxPending, lt.ShutPromise, lt.Progress, lt.OrderPromise}},
	nobodyToTakeIt: {"nobody-to-take-it", "before the first accept a connection counts as delivered, and is in no queue",
		"F05", "Z35", "lwIP", "2010", "https://github.com/lwip-tcpip/lwip/commit/eae97982", "", []lt.Promise{lt.Progress, lt.MaxPending, lt.ShutPromise, lt.OrderPromise}},
	resetAfterConnect: {"reset-after-connect", "a dial at a full queue is told that it is connected, and is reset then",
		"F05", "Z130", "Linux RDMA CM over iWARP", "", "https://git.stricted.de?a=commit&h=97cb7e40c69618ba03030b467faf60dc3ee982ee&p=GitHub%2Fmoto-9609%2Fandroid_kernel_motorola_exynos9610.git", "", []lt.Promise{lt.RefusalMode}},
	zeroLiteral: {"zero-literal", "a backlog of 0 gives no place, where the contract gives one",
		"F06", "Z29", "lwIP", "2016", "https://github.com/lwip-tcpip/lwip/commit/bf5866b2", "", []lt.Promise{lt.MinPending}},
	negativeLiteral: {"negative-literal", "a negative backlog is taken as it stands",
		"F06", "Z21", "FreeBSD", "1990s", "https://git.quacker.org/d/freebsd-nq/commits/commit/e911eafcbae5366e66f9560ca18bf60c5f8157a4/sys/kern/uipc_sockbuf.c", "", []lt.Promise{lt.MinPending}},
	backlogOneAnchor: {"backlog-one-anchor", "with a backlog of one the listener goes with the first connection that is accepted",
		"F06", "Z113", "Asterinas", "2023", "https://github.com/asterinas/asterinas/commit/040f5a53ae04021dead582cc9289b6651745e6c2", "", []lt.Promise{lt.MinPending, lt.Isolation, lt.MaxPending}},
	silentBlocksHead: {"silent-blocks-head", "accept waits for the first bytes of the head of the queue, and everybody behind it waits too",
		"F07", "Z94", "soheilhy/cmux", "2018", "https://github.com/cockroachdb/cockroach/pull/168128", "", []lt.Promise{lt.Progress, lt.MinPending}},
	halfBlocksHead: {"half-open-blocks-head", "the queue is in the order of arrival, and a half-open connection at its head blocks completed ones",
		"F07", "Z68", ".NET System.Net.Quic", "2023", "https://github.com/dotnet/runtime/pull/82261", "half=shared", []lt.Promise{lt.Progress, lt.MinPending, lt.OrderPromise, lt.Conserve, lt.MaxPending}},
	deadBlocksHead: {"dead-blocks-head", "a dead connection at the head of the queue blocks those behind it",
		"F07", "Z65", "quic-go", "2019", "https://github.com/quic-go/quic-go/commit/f17ddffb70fcba14efb977463048b07ab94ceabd", "", []lt.Promise{lt.Progress, lt.MinPending}},
	abortMakesPhantom: {"abort-makes-phantom", "the reset of a half-open connection is taken for its last ack, and it comes into the queue",
		"F08", "Z50", "gVisor netstack", "2021", "https://github.com/google/gvisor/commit/77dc0f5bc94dff28fa23812f3ad60a8b01e91138", "half=shared", []lt.Promise{lt.Conserve, lt.MinPending, lt.MaxPending, lt.OrderPromise}},
	acceptsHalfOpen: {"accepts-half-open", "accept returns connections that are half-open",
		"F08", "Z109", "NuttX", "2017", "https://github.com/apache/nuttx/commit/8dc7f6d7", "half=shared", []lt.Promise{lt.Conserve, lt.MaxPending, lt.OrderPromise}},
	failedDialEnqueues: {"failed-dial-enqueues", "a connection is in the queue before it is validated, and stays there when its dial fails",
		"F08", "Z69", ".NET System.Net.Quic", "2021", "https://github.com/dotnet/runtime/issues/57246", "", []lt.Promise{lt.MinPending}},
	deadFailsAccept: {"dead-fails-accept", "accept fails if the connection that it takes is dead",
		"F09", "Z49", "gVisor", "2020", "https://github.com/google/gvisor/commit/b69352245ab729cc01088c8258a3167f069bd684", "", []lt.Promise{lt.Isolation, lt.MinPending}},
	deadPanics: {"dead-panics", "accept panics if the connection that it takes is dead",
		"F09", "Z102", "mTCP", "2017", "https://github.com/mtcp-stack/mtcp/issues/148", "", []lt.Promise{lt.Isolation, lt.MinPending}},
	failedAcceptCloses: {"failed-accept-closes", "an accept that fails closes the listener",
		"F09", "Z133", "Netty", "2011", "https://github.com/apple/swift-nio/pull/125", "", []lt.Promise{lt.MinPending, lt.Isolation, lt.MaxPending}},
	abortClosesListener: {"abort-closes-listener", "the reset of a half-open connection is taken for an error of the listener, and closes it",
		"F09", "Z110", "NuttX", "2024", "https://github.com/apache/nuttx/commit/f344a422e8ca8cea6eb31812c1a00fccb7a6d392", "half=shared", []lt.Promise{lt.MinPending, lt.Isolation, lt.MaxPending}},
	creditAgainOnAbort: {"credit-again-on-abort", "a connection that is aborted after accept gives its unit back once more",
		"F10", "Z28", "lwIP", "2016", "https://github.com/lwip-tcpip/lwip/commit/27f03798", "", []lt.Promise{lt.MaxPending}},
	creditTwice: {"credit-twice", "a connection that is aborted before accept gives its unit back twice",
		"F10", "Z72", "hashicorp/yamux", "2026", "https://github.com/libp2p/go-yamux/commit/4cae7de", "", []lt.Promise{lt.MaxPending}},
	hangupReleasesTwice: {"hangup-releases-twice", "a connection whose client hung up before accept gives its unit back then, and at accept once more",
		"F10", "Z74", "libp2p/go-yamux", "2022", "https://github.com/libp2p/go-yamux/commit/fe89b5f", "", []lt.Promise{lt.MaxPending}},
	bothEndsCredit: {"both-ends-credit", "a connection gives its unit back at the close of either end",
		"F10", "Z83", "golang.org/x/net/netutil", "2013", "https://github.com/golang/net/commit/ee2e27e1c71b0f9ccb5d7895164d43f1442262cc", "credit=close", []lt.Promise{lt.MaxPending}},
	offByOneLow: {"off-by-one-low", "the queue holds one connection less than guaranteed",
		"F13", "Z07", "Linux TCP", "2007", "https://github.com/torvalds/linux/commit/64a146513f8f12ba204b7bf5cb7e9505594ead42", "", []lt.Promise{lt.MinPending}},
	offByOneHigh: {"off-by-one-high", "the queue holds one connection more than it may",
		"F13", "Z88", "go-libp2p-transport-upgrader", "2018", "https://github.com/libp2p/go-libp2p/commit/be4a5f410f36edf99d92151afa47a8e48f954c1d", "", []lt.Promise{lt.MaxPending, lt.OrderPromise}},
	capacityOne: {"capacity-one", "the queue holds one connection whatever the backlog is",
		"F13", "Z107", "NuttX", "2013", "https://github.com/apache/nuttx/commit/d361bce93aace6c3b118fe24edc752d8e50e8b01", "", []lt.Promise{lt.MinPending}},
	maxForMin: {"max-for-min", "the backlog is raised to eight where it should be cut to it",
		"F13", "Z36", "nanos unikernel", "2019", "https://github.com/nanovms/nanos/commit/da4ec8709cab40d2eb3318777d647a64cecf6109", "", []lt.Promise{lt.MaxPending, lt.MinPending, lt.OrderPromise}},
	halfOffByOne: {"half-open-off-by-one", "half-open connections are refused at one less than the limit",
		"F13", "Z09", "Linux", "2024", "https://github.com/torvalds/linux/commit/64a146513f8f12ba204b7bf5cb7e9505594ead42", "half=shared", []lt.Promise{lt.MinPending, lt.MaxPending}},
	counterU8: {"counter-u8", "units are counted in eight bits",
		"F14", "Z12", "Linux SCTP", "2014", "https://www.cvelogic.com/cve/CVE-2014-4667", "", []lt.Promise{lt.MaxPending}},
	backlogU16: {"backlog-u16", "the limit is stored in sixteen bits",
		"F14", "Z13", "Linux", "2013", "https://github.com/h2o/h2o/pull/183", "", []lt.Promise{lt.MinPending}},
	backlogI8: {"backlog-i8", "the limit is stored in eight bits with a sign",
		"F14", "Z14", "Go net", "2020", "https://github.com/golang/go/issues/41470", "", []lt.Promise{lt.MinPending}},
	underflowPins: {"underflow-pins", "a unit that is given back twice makes the counter negative, which is taken for full",
		"F14", "Z74", "libp2p/go-yamux", "2022", "https://github.com/libp2p/go-yamux/commit/fe89b5f", "", []lt.Promise{lt.MinPending, lt.MaxPending}},
	earlyDataLost: {"early-data-lost", "bytes that come before accept are dropped",
		"F15", "Z52", "gVisor netstack", "2021", "https://github.com/google/gvisor/commit/03f17c7d902945489f44bbd4e0c6e15695098b52", "", []lt.Promise{lt.EarlyData}},
	finLosesData: {"fin-loses-data", "bytes that have not been read are dropped when their sender hangs up",
		"F15", "Z87", "grpc bufconn", "2017", "https://github.com/grpc/grpc-go/commit/2625f0335f2019536bef55b355d9f1fe1b76b304", "", []lt.Promise{lt.EarlyData}},
	spuriousEOF: {"spurious-eof", "a read that takes all that has arrived ends in end of file",
		"F15", "Z95", "soheilhy/cmux", "2016", "https://github.com/soheilhy/cmux/commit/49c66ff", "", []lt.Promise{lt.EarlyData}},
	serverFirstLost: {"server-first-lost", "bytes that the acceptor sends before the client has sent any are dropped",
		"F15", "Z66", "quinn", "2024", "https://github.com/quinn-rs/quinn/commit/30e1d6fe146699f9798a10b3a7adc09c3398ad80", "", []lt.Promise{lt.EarlyData}},
	failedAcceptLoses: {"failed-accept-loses", "an accept that fails has taken the head of the queue",
		"F16", "Z100", "Haivision SRT", "2024", "https://github.com/Haivision/srt/commit/72303d7934f9c6b1cbe23c438672f0eba0f318cb", "", []lt.Promise{lt.Progress, lt.MaxPending, lt.OrderPromise, lt.ShutPromise}},
	failedAcceptEndsAll: {"failed-accept-ends-all", "an accept that fails ends all that is pending",
		"F16", "Z122", "libuv", "2012", "https://github.com/joyent/libuv/issues/690", "", []lt.Promise{lt.MinPending, lt.RefusalMode}},
	fdAtDial: {"fd-at-dial", "the descriptor is allocated when a connection comes, so that a dial is refused where accept should fail",
		"F16", "Z40", "nanos", "2023", "https://github.com/nanovms/nanos/commit/69baf5f7ea99c7d3b7c7fddd83a6314c55d23d95", "", []lt.Promise{lt.MinPending}},
	duplicateAccept: {"duplicate-accept", "the head of the queue is read and removed in two steps, so that two acceptors can read the same",
		"F17", "Z102", "mTCP", "2017", "https://github.com/mtcp-stack/mtcp/issues/148", "", []lt.Promise{lt.Conserve}},
	lifoOrder: {"lifo-order", "the newest connection is accepted first",
		"F17", "Z76", "xtaci/smux", "2016", "https://github.com/xtaci/smux/commit/99c50ed", "", []lt.Promise{lt.OrderPromise, lt.MinPending}},
	orderByClient: {"order-by-client", "the queue is keyed by client and not by arrival",
		"F17", "Z106", "FreeRTOS+TCP", "2024", "https://github.com/FreeRTOS/FreeRTOS-Plus-TCP/commit/ba6ba81f6487c042a2f3c27567b97fbbe1901027", "", []lt.Promise{lt.OrderPromise, lt.MinPending}},
	retransmitTwice: {"retransmit-twice", "a dial that is tried again comes into the queue twice",
		"F17", "Z75", "xtaci/smux", "2016", "https://github.com/xtaci/smux/commit/dea5644", "overflow=drop", []lt.Promise{lt.Conserve}},
	deadReusesNext: {"dead-reuses-next", "a dead connection's entry is used for the next one and stays in the queue: that is accepted twice",
		"F17", "Z117", "Zephyr", "2022", "https://github.com/zephyrproject-rtos/zephyr/pull/42328", "", []lt.Promise{lt.Conserve, lt.MinPending, lt.ShutPromise}},
	creditToSuccessor: {"credit-to-successor", "the unit of a connection of a closed listener is given back to the next one",
		"F18", "Z105", "FreeRTOS+TCP", "2021", "https://github.com/FreeRTOS/FreeRTOS-Plus-TCP/commit/f4ad1ebff1c8d9cefa571b55ed84c047ff26c5b5", "credit=close", []lt.Promise{lt.MaxPending}},
	refusedUntilChildCloses: {"refused-until-child-closes", "a new listener refuses everybody as long as a connection of the closed one is open",
		"F18", "Z25", "Windows NT", "1990s", "http://support2.microsoft.com/?scid=kb%3Ben-us%3B177074", "", []lt.Promise{lt.MinPending}},
	staleWaiterSwallows: {"stale-waiter-swallows", "an accept on the closed listener is not ended, and swallows the next listener's connection",
		"F18", "Z123", "libuv on Windows", "2012", "https://github.com/libuv/libuv/commit/6e8eb33249f7956f5ee82d80d801084e1d43411f", "", []lt.Promise{lt.Progress, lt.ShutPromise, lt.MaxPending}},
	stackedQueue: {"stacked-queue", "behind the check stands a queue of two, and what does not fit into it is reset",
		"F19", "Z31", "lwIP in ESP-IDF", "2023", "https://github.com/espressif/esp-idf/issues/12509", "", []lt.Promise{lt.MinPending, lt.RefusalMode}},
	relistenIgnored: {"relisten-ignored", "listen on a listener does not change its backlog",
		"F19", "Z30", "lwIP", "2016", "https://github.com/lwip-tcpip/lwip/commit/8cb64698", "", []lt.Promise{lt.MinPending, lt.MaxPending}},
	relistenDropsPending: {"relisten-drops-pending", "listen on a listener gives it a new queue, and what was in the old one is lost",
		"F19", "Z44", "gVisor netstack", "2021", "https://github.com/google/gvisor/commit/2fea7d096b6224da50e09fa4bace7f3c203ed074", "", []lt.Promise{lt.Progress, lt.MaxPending, lt.ShutPromise, lt.OrderPromise, lt.MinPending}},
	relistenForgets: {"relisten-forgets", "listen on a listener starts to count from nothing",
		"F19", "Z44", "gVisor netstack", "2021", "https://github.com/google/gvisor/commit/2fea7d096b6224da50e09fa4bace7f3c203ed074", "", []lt.Promise{lt.MaxPending}},
	needsAcceptor: {"needs-acceptor", "a dial waits until somebody accepts, as if the backlog were none",
		"F19", "Z41", "nanos unix sockets", "2021", "https://github.com/nanovms/nanos/commit/48e4748c", "overflow=block", []lt.Promise{lt.Progress, lt.MinPending}},
	refuseByDrop: {"refuse-by-drop", "a dial at a full queue hears nothing, where it should be refused",
		"F20", "Z59", "quic-go", "2024", "https://github.com/quic-go/quic-go/issues/4251", "", []lt.Promise{lt.RefusalMode}},
	refuseByBlock: {"refuse-by-block", "a dial at a full queue waits for room, where it should be refused",
		"F20", "Z90", "go-libp2p webtransport", "2022", "https://github.com/libp2p/go-libp2p/commit/7714b04df5e7302a847ebdaae37635c47629162e", "", []lt.Promise{lt.RefusalMode}},
	blockByRefuse: {"block-by-refuse", "a dial at a full queue is refused, where it should wait for room",
		"F20", "Z114", "Asterinas AF_UNIX", "2024", "https://github.com/asterinas/asterinas/commit/069cd7932b8e236ffcf8823052211768dc7413c7", "overflow=block", []lt.Promise{lt.RefusalMode}},
	dropByReset: {"drop-by-reset", "a dial at a full queue is reset, where it should hear nothing and try again",
		"F20", "Z129", "Linux RDMA CM", "2008", "https://err.no/cgi-bin/gitweb.cgi?a=commit&h=ead595aeb0974171eddd012df115424752413c26&p=linux-2.6", "overflow=drop", []lt.Promise{lt.RefusalMode}},
	refusalEvicts: {"refusal-evicts", "a dial that is refused takes the newest pending connection with it",
		"F20", "Z54", "gVisor netstack", "2023", "https://github.com/google/gvisor/commit/368fc605d68c86a7e03074505bcc1e3f11e7b4a1", "", []lt.Promise{lt.MinPending, lt.RefusalMode}},
	countsLive: {"counts-live", "a connection counts until it is closed, and not until it is accepted",
		"F21", "Z105", "FreeRTOS+TCP", "2021", "https://github.com/FreeRTOS/FreeRTOS-Plus-TCP/commit/f4ad1ebff1c8d9cefa571b55ed84c047ff26c5b5", "", []lt.Promise{lt.MinPending}},
	lifetimeCap: {"lifetime-cap", "the limit is on connections that were ever admitted",
		"F21", "Z98", "Haivision SRT", "2025", "https://github.com/Haivision/srt/pull/3172", "", []lt.Promise{lt.MinPending}},
	greedyAcceptor: {"greedy-acceptor", "an acceptor that waits holds a place",
		"F21", "Z91", "nim-libp2p", "2021", "https://github.com/vacp2p/nim-libp2p/pull/2360", "", []lt.Promise{lt.MinPending}},
	noLimit: {"no-limit", "the backlog is ignored",
		"F21", "Z118", "Zephyr", "2025", "https://github.com/zephyrproject-rtos/zephyr/pull/96092", "", []lt.Promise{lt.MaxPending, lt.OrderPromise, lt.MinPending}},
	halfCounted: {"half-open-counted", "half-open connections hold places of completed ones",
		"F21", "Z131", "Serval", "2014", "https://github.com/princeton-sns/serval/issues/2", "half=separate", []lt.Promise{lt.MinPending, lt.MaxPending}},
	creditAtAccept: {"credit-at-accept", "the limit is on connections that wait, where it should be on those that are open",
		"F21", "Z83", "golang.org/x/net/netutil", "2013", "https://github.com/golang/net/commit/ee2e27e1c71b0f9ccb5d7895164d43f1442262cc", "credit=close", []lt.Promise{lt.MaxPending, lt.MinPending}},
	closeLeavesBlocked: {"close-leaves-blocked", "a dial that waits for room is not told that the listener was closed",
		"F03", "Z43", "gVisor netstack", "2019", "https://github.com/google/gvisor/commit/dfbc0b0a4", "overflow=block", []lt.Promise{lt.ShutPromise}},
	closeWaitsForDial: {"close-waits-for-dial", "close waits for a lock that a dial holds as long as it waits for room",
		"F03", "Z86", "grpc bufconn", "2017", "https://github.com/grpc/grpc-go/commit/2bb318258959db281674bc6fd67b5167b7ff0d65", "overflow=block", []lt.Promise{lt.ShutPromise}},
	closeEndsAccepted: {"close-ends-accepted", "close ends accepted connections too",
		"F20", "Z62", "quic-go", "2023", "https://github.com/quic-go/quic-go/commit/dda63b90ebbbff4ef4e5af0fb9090171320457c3", "", []lt.Promise{lt.ShutPromise}},
	siblingCloseEnds: {"sibling-close-ends", "the close of one listener of a group ends what is pending at the others too",
		"F18", "Z111", "NuttX", "2025", "https://github.com/apache/nuttx/commit/0588d08d75244c5e56aee5bf453af018bad1c3d8", "", []lt.Promise{lt.MinPending}},
	creditToSibling: {"credit-to-sibling", "the place of an accepted connection is given to another listener at the same address",
		"F18", "Z105", "FreeRTOS+TCP", "2021", "https://github.com/FreeRTOS/FreeRTOS-Plus-TCP/commit/f4ad1ebff1c8d9cefa571b55ed84c047ff26c5b5", "", []lt.Promise{lt.MinPending, lt.MaxPending}},
	closedMember: {"closed-member", "a listener that was closed is given dials still, though another is open",
		"F18", "Z123", "libuv on Windows", "2012", "https://github.com/libuv/libuv/commit/6e8eb33249f7956f5ee82d80d801084e1d43411f", "", []lt.Promise{lt.MinPending}},
	closeEndsMovable: {"close-ends-movable", "what is pending at a listener that is closed is ended, and does not move to another one",
		"F18", "Z15", "Linux SO_REUSEPORT", "2021", "http://mail.spinics.net/lists/bpf/msg30220.html", "close=moves", []lt.Promise{lt.ShutPromise, lt.MinPending}},
}
