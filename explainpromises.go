package listentest

// explanations of the promises. What breaks a promise in the words of the
// ledger stands in ledger.go.
var explanations = [numPromises]explanation{
	Conserve: {
		judged: "Each connection that an accept returned is matched with the dial that made it. The promise is broken by an accept that returns " +
			"a connection which another accept returned too, one whose dial was told refused or would-block, or one that nobody dialed; where " +
			"connections cannot be told apart, by more accepts than dials. That a connection is lost shows at a rest: as progress while an " +
			"accept waits, as shut once the listener is closed.",
		exempt: "A dial that was reset, timed out or was cancelled may have come through before, so its connection may be accepted. With anomalies " +
			"phantom, accept may return what nobody dialed.",
		suspect: "Never: it rests on what was returned, not on time.",
		fields:  []string{"anomalies"},
		from: []string{"POSIX accept(): it takes the first connection off the queue and makes a socket of it",
			"https://pubs.opengroup.org/onlinepubs/9699919799/functions/accept.html",
			"Linux net/ipv4/inet_connection_sock.c (inet_csk_accept), include/net/request_sock.h (reqsk_queue_remove)"},
		broken: []string{"smux: a repeated SYN made a second connection of the same stream", "https://github.com/xtaci/smux/commit/dea5644",
			"Zephyr: an entry was recycled for another connection while it was queued", "https://github.com/zephyrproject-rtos/zephyr/pull/42328",
			"SRT: accept took a connection off the queue and failed then, so it was lost", "https://github.com/Haivision/srt/commit/72303d7934f9"},
	},
	Isolation: {
		judged: "The promise is broken if an operation ends in a panic, or if an accept fails though nobody has shut the listener and nothing was " +
			"planned to fail. What befalls one connection, as a client that aborts before accept, is that connection's: accept may return it dead, " +
			"leave it out, or report it as reset, and then it serves the next one.",
		exempt: "Accepts that end after a shut was called; an accept for which the schedule planned a failure (fail), but not the next one; an accept " +
			"that was cancelled, or that reports a reset or a timeout of one connection.",
		suspect: "Never: it rests on what was returned. A connection that is stalled by another one shows as progress.",
		from: []string{"POSIX accept(): ECONNABORTED is of the connection, and the listener goes on",
			"https://pubs.opengroup.org/onlinepubs/9699919799/functions/accept.html",
			"accept(2) of Linux: errors that wait on a new socket are to be taken as if there was none yet"},
		broken: []string{"gVisor: accept failed for a connection that its peer had reset", "https://github.com/google/gvisor/commit/b69352245ab7",
			"pion/dtls: one client whose handshake failed ended the accept loop", "https://github.com/pion/dtls/commit/8ad6de55a389",
			"NuttX: RST of a connection nobody had accepted was told to the listener", "https://github.com/apache/nuttx/commit/f344a422e8ca",
			"Asterinas: with backlog 1 the first accept made it panic", "https://github.com/asterinas/asterinas/commit/040f5a53ae04"},
	},
	ShutPromise: {
		judged: "Where close is ends: once a close has returned, no dial and no accept that is called after it succeeds until the listener is opened " +
			"again. At the first rest behind it at which nobody is held, no accept waits any more, nor a dial that waited for room when close was " +
			"called, if overflow leaves dials open for no other reason (block, without drop and ghost); and each connection that was surely pending " +
			"then has been told its end. The close itself is not open at a rest. A connection that had been accepted when close was called is not " +
			"ended from there to that rest, unless one of its sides hung up, aborted or half-closed it. Whatever the contract says: after the " +
			"session was closed, no goroutine is left behind.",
		exempt: "A shut that only shuts down or drains, or that did not succeed; dials that overlap it, which may come in or not; a connection that was " +
			"not surely in the accept queue (see admit), or whose client had gone; an accepted one that timed out.",
		suspect: "What still waits at a rest that only waited (calm), the close itself included; a longer wait might end it.",
		fields:  []string{"admit", "overflow", "close"},
		from: []string{"Linux net/ipv4/inet_connection_sock.c (inet_csk_listen_stop): each pending connection is told its end",
			"FreeBSD sys/kern/uipc_socket.c (soclose): both queues are aborted"},
		broken: []string{"nanos: the queue was freed, and who was in it never told", "https://github.com/nanovms/nanos/commit/a4ae52f27239",
			"quinn: what came after close was queued for nobody", "https://github.com/quinn-rs/quinn/commit/9ce24f93",
			"gVisor: segments that had reached a listener at its close got no RST", "https://github.com/google/gvisor/commit/9c918340e4e6",
			"x/crypto/ssh: with two connections unaccepted Close hangs", "https://github.com/golang/go/issues/77035"},
	},
	MinPending: {
		judged: "A refusal is a dial that returned refused, reset, would-block or timeout; a connection that ended before any accept though its client " +
			"did nothing and nobody shut the listener; or a dial that is open at the first rest behind its call at which nobody is held, so that " +
			"overflow by dropping and by waiting is judged too. hi is the most connections that can have held a place in the accept queue at a moment, " +
			"whatever happened inside the operations. The promise is broken if hi was below guaranteed at every moment of the refusal: then no order of " +
			"events explains it.",
		exempt: "From the call of a shut until listen has returned again nothing is guaranteed; while a listen is open the smaller guarantee counts. A " +
			"refused dial holds no place itself (for others it may, if half-open connections count). Dials with a planned failure are exempt, and want " +
			"of ports or descriptors on our own side is trouble, not a refusal. While an acceptor is held inside accept, that accept has not returned, " +
			"so its place is not due: a refusal then is an observation, a credit window.",
		suspect: "A timeout, and a dial that is open at a rest which only waited (calm).",
		fields:  []string{"backlog", "guaranteed", "credit", "may", "close"},
		from: []string{"Microsoft KB 295079, the founding case: the unit of the backlog came back only when the thread in accept was preempted",
			"https://ftp.zx.net.nz/pub/archive/ftp.microsoft.com/MISC/KB/en-us/295/079.HTM",
			"Linux include/net/sock.h (sk_acceptq_is_full): backlog N admits N+1", "https://github.com/torvalds/linux/commit/64a146513f8f"},
		broken: []string{"quic-go: the goroutine that had filled the queue gave the place back, when it ran again", "https://github.com/quic-go/quic-go/commit/300884f2bf38",
			"gVisor: a connection counted as half-open and as queued at once", "https://github.com/google/gvisor/commit/5d909dd49c0b",
			"Linux vsock: a connection that failed a check kept its place for ever", "https://git.kernel.org/linus/52bcb57a4e8a",
			"picoTCP: RST of a half-open connection did not give its place back", "https://github.com/tass-belgium/picotcp/issues/53"},
	},
	MaxPending: {
		judged: "lo is the fewest connections that can have held a place at a moment. The promise is broken by a dial that surely got in (see admit) though " +
			"lo, without it, was at least max + race at every moment from its call until then; and where lo is above the greatest max + race that was in " +
			"force since the oldest of those connections was dialed.",
		exempt: "More than the limit in force now is lawful after listen with a smaller backlog, for nobody is thrown out of the queue. What the contract does " +
			"not surely count (see must) is not counted here, nor a dial of which it is not sure that it got in, nor anything between a shut and the next listen.",
		suspect: "Never: it rests on what was admitted, not on time.",
		fields:  []string{"backlog", "max", "race", "admit", "credit", "must"},
		from: []string{"POSIX listen(): the argument limits the outstanding connections in the queue", "https://pubs.opengroup.org/onlinepubs/9699919799/functions/listen.html",
			"Linux include/net/sock.h (L+1), FreeBSD sys/kern/uipc_socket.c (solisten_clone: floor(3L/2)+1)"},
		broken: []string{"gVisor: the test and the entry were not under one lock", "https://github.com/google/gvisor/commit/c633a7f9d1c1",
			"nanos: the greater of backlog and limit was taken, not the smaller", "https://github.com/nanovms/nanos/commit/da4ec8709cab",
			"go-libp2p: > where >= was meant, one too many", "https://github.com/libp2p/go-libp2p/commit/be4a5f410f36",
			"Zephyr: the backlog was ignored until 2025", "https://github.com/zephyrproject-rtos/zephyr/pull/96092"},
	},
	OrderPromise: {
		judged: "Of two connections, one was surely in the accept queue before the other was dialed. The promise is broken if the later one was accepted and " +
			"the accept of the earlier one was called only after that; or if the later one was accepted and the earlier one never, though nothing " +
			"ended it and no open accept can have it.",
		exempt: "Connections whose dials overlapped have no order, since it is that of completed handshakes. A connection whose client went away before it was " +
			"accepted may be left out.",
		suspect: "Never: it rests on what was returned, not on time.",
		fields:  []string{"admit", "order"},
		from: []string{"POSIX accept(): the first connection on the queue is taken", "https://pubs.opengroup.org/onlinepubs/9699919799/functions/accept.html",
			"Linux include/net/request_sock.h (reqsk_queue_remove): the head of the queue"},
		broken: []string{"smux: each stream was handed over by a goroutine of its own, in any order", "https://github.com/xtaci/smux/commit/99c50ed",
			"gVisor: a second listen replaced the queue under those who filled it", "https://github.com/google/gvisor/commit/2fea7d096b62"},
	},
	EarlyData: {
		judged: "Each side of a connection sends a pattern of its own, before or after accept, and a recv tells how many bytes have arrived in all. The promise is " +
			"broken if other bytes arrive than were sent, or more; if a recv that is called behind a quiet rest lacks bytes whose send had returned " +
			"before it; or if the end (FIN) arrives before all bytes, or though the other side has not ended. It is judged in both directions, so for a " +
			"server that speaks first as well.",
		exempt: "Once a side aborts, or closes with bytes unread, what is on its way may be lost. Both ends must be known: an accepted connection " +
			"whose dial is not known is not judged.",
		suspect: "Never: it is judged at returns, and behind quiet rests at which nobody is held.",
		from: []string{"RFC 9293, section 3.6: what was sent before a close is delivered before its end", "https://www.rfc-editor.org/rfc/rfc9293#section-3.6",
			"Linux net/ipv4/tcp_minisocks.c (tcp_child_process): the last ACK of a handshake may carry data"},
		broken: []string{"gVisor: data and FIN on the last ACK were dropped", "https://github.com/google/gvisor/commit/03f17c7d9029",
			"quinn: what came while a connection waited to be accepted was dropped", "https://github.com/quinn-rs/quinn/commit/30e1d6fe146f",
			"quic-go: a stream that was over before accept was deleted with its data", "https://github.com/quic-go/quic-go/commit/f17ddffb70fc",
			"bufconn: close of the client discarded what was not yet read", "https://github.com/grpc/grpc-go/commit/2625f0335f20"},
	},
	CreditPromise: {
		judged: "A probe is a row of dials, one after the other, right behind a quiet rest at which nobody is held and nothing is open. Where one of them is " +
			"turned away, at once or behind its ok, as many of the others must be admitted as guaranteed less hi, the most that can have held a place at " +
			"the rest. So places that earlier connections have leaked show as a queue that is smaller than it was, also where each refusal alone could be " +
			"excused by the others. That no more are admitted than there are places is judged by max-pending.",
		exempt: "Probes in which a dial already breaks min-pending, which is named instead; dials that another operation overlaps; listeners with phantoms, for one " +
			"that was turned away may come again; and whatever lies between a shut and the next listen.",
		suspect: "Never: it is judged behind quiet rests only.",
		fields:  []string{"backlog", "guaranteed", "max", "race", "admit", "credit", "must", "may", "close"},
		from: []string{"Microsoft KB 295079: an accept adds one to what is available of the backlog",
			"https://ftp.zx.net.nz/pub/archive/ftp.microsoft.com/MISC/KB/en-us/295/079.HTM",
			"Linux include/net/request_sock.h (reqsk_queue_remove): the place is back before accept returns"},
		broken: []string{"hashicorp/yamux: streams closed before their ACK kept the dialer's places", "https://github.com/hashicorp/yamux/issues/26",
			"gvisor-tap-vsock: ten health checks took all places for good", "https://github.com/containers/gvisor-tap-vsock/pull/128",
			"netutil.LimitListener: an accept that failed kept its unit", "https://github.com/golang/net/commit/a479876f5206",
			"NuttX: a client that closed before accept kept its place", "https://github.com/apache/nuttx/commit/3db1654b8061"},
	},
	Progress: {
		judged: "At a rest at which nobody is held: an accept is open while a connection is surely pending; or a dial has been open since an earlier quiet rest " +
			"while hi was below guaranteed from there to here, where overflow is block. Where a dropped dial is tried again every retry milliseconds, it must " +
			"have returned once the clock has passed a whole interval with room.",
		exempt: "A rest with an actor held judges nothing: a correct listener that is held under its own lock blocks everybody. A connection is not surely pending " +
			"if its admission is not sure (see admit), if its client has gone, or if the listener was shut. Dials that wait at an overflow of drop are not judged unless retry is stated.",
		suspect: "An accept that waits at a rest which only waited (calm).",
		fields:  []string{"backlog", "guaranteed", "admit", "credit", "may", "overflow", "retry", "close"},
		from: []string{"POSIX accept(): it waits only until a connection is present", "https://pubs.opengroup.org/onlinepubs/9699919799/functions/accept.html",
			"Linux net/ipv4/inet_connection_sock.c (inet_csk_wait_for_connect), net/unix/af_unix.c (unix_listen wakes who waits in connect)"},
		broken: []string{"quic-go: a signal was dropped while the acceptor was not yet parked", "https://github.com/quic-go/quic-go/commit/64daf71e3a84",
			"Linux MPTCP: a blocking accept was never woken", "https://github.com/multipath-tcp/mptcp_net-next/issues/40",
			"gVisor: the goroutine that serves the listener blocked in a full queue", "https://github.com/google/gvisor/issues/236",
			"eventcore: one accept for each edge left the rest of a burst pending", "https://github.com/vibe-d/eventcore/pull/20"},
	},
	RefusalMode: {
		judged: "Each refusal (as in min-pending) has a look: refuse, reset and would-block are what the dial returned; drop and block are a dial that timed out or is " +
			"open at rest, which look alike; end is a connection that was dialed and ended unaccepted. The promise is broken if the look is not among those of " +
			"overflow. A ghost is a dial that returned ok and of which nothing follows, so it is seen as no refusal.",
		exempt: "Whatever ends after a shut was called: a closed listener refuses as it likes. Dials with a planned failure, and want of ports or descriptors on our " +
			"own side.",
		suspect: "A timeout, and a dial that is open at a rest which only waited (calm).",
		fields:  []string{"overflow"},
		from: []string{"Linux tcp_abort_on_overflow, and connect(2) and unix(7) for EAGAIN and ECONNREFUSED", "https://docs.kernel.org/networking/ip-sysctl.html",
			"RFC 9000, section 20.1: CONNECTION_REFUSED", "https://www.rfc-editor.org/rfc/rfc9000#section-20.1"},
		broken: []string{"quic-go: no refusal was sent, so that the client hung", "https://github.com/quic-go/quic-go/issues/4251",
			"Asterinas: AF_UNIX refused where connect must wait", "https://github.com/asterinas/asterinas/commit/069cd7932b8e",
			"gVisor: AF_UNIX refused where EAGAIN is due", "https://github.com/google/gvisor/commit/2739cf46284f",
			"Linux before 4.10: a full queue answered SYNs and dropped the last ACK", "https://git.kernel.org/linus/5ea8ea2cb7f1"},
	},
}
