/* The plain simulator (targets/sim with its default contract), and the judge of
 * its explorer, for SPIN: the same moves, each one step, and the same variables,
 * so that both must count the same states. -D gives the scope: B backlog, D
 * dials, A acceptors, N accepts of each; everybody may abort, the listener may
 * be closed once and listen again once. */

#define FRESH 0
#define DIALING 1
#define CONNECTED 2
#define GONE 3

/* where an actor stands */
#define IDLE 0
#define WAKE 1      /* a dial: the connection is in the queue */
#define ENTER 2     /* an accept that was woken; a task that has something to do */
#define PARK 3
#define ASLEEP 4
#define CREDIT 5
#define DRAIN 6
#define RELEASE 7

/* a connection */
#define NONE 0
#define QUEUED 1
#define TAKEN 2
#define OVER 3
#define CLOSED 4    /* for a moment: over, and its client is to be told */

#define OLD 2       /* of an era that is past; 1 is the present one, 0 none */

byte pc[D], stage[D], unit[D], era[D], acc[D];
bit cdead[D], gone[D], rst[D];
byte apc[A], aconn[A];
bit aera[A], asaw[A], alate[A];
byte called[A];
byte queue[D], qn, parked[A], pn, inbox[D], inn, lpc, tpc, units;
bit open = 1, shuts, listens;

/* the judge's */
byte phase[D], line[D], ln;
bit moment[D], overtaken[D], late[D], taken[D], accepted[D], dead[D], recent[D], ended[D], owed[D], nope[D], closed;

hidden byte i, j, k, c, n;
hidden byte yes, was;

/* held sets n to how many may hold a place beside client x. */
inline held(x) {
	n = 0;
	for (j : 0 .. D-1) {
		yes = recent[j] || taken[j];
		for (k : 0 .. D-1) {
			if :: k < ln && line[k] == j && !dead[j] -> yes = 1 :: else -> skip fi
		}
		if :: yes && !nope[j] && j != x -> n++ :: else -> skip fi
	}
}

inline moments() {
	for (i : 0 .. D-1) {
		if
		:: phase[i] == FRESH -> skip
		:: phase[i] != FRESH && (closed || lpc == DRAIN) ->
			overtaken[i] = 1;
			if :: phase[i] != GONE -> moment[i] = 1 :: else -> skip fi
		:: else ->
			if
			:: phase[i] != GONE && !moment[i] ->
				held(i);
				if :: n >= B -> moment[i] = 1 :: else -> skip fi
			:: else -> skip
			fi
		fi
	}
	for (i : 0 .. A-1) {
		if :: (closed || lpc == DRAIN) && apc[i] != IDLE -> asaw[i] = 1 :: else -> skip fi
	}
}

/* moved follows who came into the queue, and who left it. */
inline moved() {
	for (i : 0 .. D-1) {
		if
		:: i < qn ->
			c = queue[i];
			yes = 0;
			for (j : 0 .. D-1) { if :: j < ln && line[j] == c -> yes = 1 :: else -> skip fi }
			if
			:: !yes && !taken[c] && !accepted[c] ->
				n = 0;
				for (j : 0 .. D-1) { if :: j < ln && !dead[line[j]] && line[j] != c && !nope[line[j]] -> n++ :: else -> skip fi }
				assert(n < B); /* max-pending */
				line[ln] = c; ln++
			:: else -> skip
			fi
		:: else -> skip
		fi
	}
	k = 0;
	do
	:: k < ln ->
		c = line[k];
		yes = 0;
		was = 0;
		for (j : 0 .. D-1) { if :: j < qn && queue[j] == c -> yes = 1 :: else -> skip fi }
		for (j : 0 .. A-1) { if :: apc[j] == CREDIT && aconn[j] == c -> was = 1 :: else -> skip fi }
		if
		:: yes && !was -> k++
		:: else ->
			if
			:: was ->
				for (j : 0 .. D-1) { assert(!(j < k) || dead[line[j]]) } /* order */
				taken[c] = 1
			:: else -> if :: dead[c] -> recent[c] = 1 :: else -> skip fi
			fi;
			for (j : 0 .. D-2) { if :: j >= k -> line[j] = line[j+1] :: else -> skip fi }
			line[D-1] = 0;
			ln--
		fi
	:: else -> break
	od
}

/* rested judges a state in which nobody can move. */
inline rested() {
	yes = lpc == IDLE && tpc == IDLE;
	for (i : 0 .. D-1) { if :: pc[i] != IDLE -> yes = 0 :: else -> skip fi }
	for (i : 0 .. A-1) { if :: apc[i] != IDLE && apc[i] != ASLEEP -> yes = 0 :: else -> skip fi }
	if
	:: yes ->
		was = 0; /* somebody is pending */
		for (i : 0 .. D-1) {
			assert(!((owed[i] || closed) && phase[i] == CONNECTED && !ended[i] && !accepted[i] && !taken[i])); /* shut */
			owed[i] = 0;
			recent[i] = 0;
			if :: phase[i] == CONNECTED && !accepted[i] && !taken[i] && !ended[i] -> was = 1 :: else -> skip fi
		}
		for (i : 0 .. A-1) { assert(apc[i] != ASLEEP || !closed && !was) } /* shut, progress */
	:: else -> skip
	fi
}

inline judged() { moments(); rested() }

/* leave takes client x out of what is asked of it. */
inline leave(x) { phase[x] = GONE; moment[x] = 0 }

/* wake lets the acceptor that waits longest look again. */
inline wake() {
	if
	:: pn > 0 ->
		c = parked[0];
		for (j : 0 .. A-2) { parked[j] = parked[j+1] }
		parked[A-1] = 0;
		pn--;
		apc[c] = ENTER
	:: else -> skip
	fi
}

inline unqueue(at) {
	for (j : 0 .. D-2) { if :: j >= at -> queue[j] = queue[j+1] :: else -> skip fi }
	queue[D-1] = 0;
	qn--
}

inline giveBack(x) {
	if :: unit[x] == 1 -> units-- :: else -> skip fi;
	unit[x] = 0
}

inline refused(x) {
	assert(moment[x]); /* min-pending */
	leave(x);
	nope[x] = 1;
	late[x] = 0
}

proctype client(byte me) {
	do
	:: d_step { pc[me] == IDLE && phase[me] == FRESH ->
		phase[me] = DIALING;
		late[me] = closed;
		moments();
		if
		:: !open || units >= B -> refused(me)
		:: else ->
			stage[me] = QUEUED; unit[me] = 1; era[me] = 1;
			units++;
			queue[qn] = me; qn++;
			pc[me] = WAKE
		fi;
		moved(); judged() }
	:: d_step { pc[me] == WAKE ->
		wake();
		pc[me] = IDLE;
		assert(ended[me] || !late[me]); /* shut */
		if :: ended[me] -> leave(me) :: else -> phase[me] = CONNECTED fi;
		late[me] = 0;
		moved(); judged() }
	:: d_step { pc[me] == IDLE && phase[me] == CONNECTED ->
		gone[me] = 1; rst[me] = 1;
		if
		:: stage[me] == QUEUED ->
			cdead[me] = 1;
			inbox[inn] = me + 1; inn++;
			if :: tpc == IDLE -> tpc = ENTER :: else -> skip fi
		:: else -> skip
		fi;
		moved();
		leave(me);
		yes = 0;
		for (j : 0 .. D-1) { if :: j < ln && line[j] == me -> yes = 1 :: else -> skip fi }
		if :: !accepted[me] && !taken[me] -> dead[me] = 1; recent[me] = 1 :: else -> skip fi;
		if :: !yes && !accepted[me] -> recent[me] = 1 :: else -> skip fi;
		judged() }
	od
}

inline accept(me) {
	if
	:: !open ->
		assert(asaw[me]); /* isolation */
		apc[me] = IDLE; asaw[me] = 0; alate[me] = 0; aera[me] = 0
	:: open && qn == 0 -> parked[pn] = me; pn++; apc[me] = PARK
	:: else -> aconn[me] = queue[0]; unqueue(0); apc[me] = CREDIT
	fi
}

proctype acceptor(byte me) {
	do
	:: d_step { apc[me] == IDLE && called[me] < N ->
		called[me]++;
		alate[me] = closed;
		asaw[me] = closed || lpc == DRAIN;
		aera[me] = 1;
		accept(me);
		moved(); judged() }
	:: d_step { apc[me] == ENTER -> accept(me); moved(); judged() }
	:: d_step { apc[me] == PARK -> apc[me] = ASLEEP; moved(); judged() }
	:: d_step { apc[me] == CREDIT ->
		c = aconn[me];
		acc[c] = 1 + me * N + called[me] - 1;
		stage[c] = TAKEN;
		giveBack(c);
		apc[me] = IDLE; aconn[me] = 0; aera[me] = 0;
		moved();
		c = 0;
		for (j : 0 .. D-1) { if :: acc[j] == 1 + me * N + called[me] - 1 -> c = j :: else -> skip fi }
		assert(!alate[me] && !accepted[c] && !nope[c]); /* shut, conserve */
		accepted[c] = 1; taken[c] = 0;
		alate[me] = 0; asaw[me] = 0;
		judged() }
	od
}

proctype listener() {
	do
	:: d_step { lpc == IDLE && !shuts -> shuts = 1; open = 0; lpc = DRAIN; moved(); judged() }
	:: d_step { lpc == DRAIN ->
		for (i : 0 .. D-1) {
			if
			:: stage[i] == QUEUED -> giveBack(i); stage[i] = (cdead[i] -> OVER : CLOSED); rst[i] = 1
			:: else -> skip
			fi;
			queue[i] = 0
		}
		qn = 0;
		for (i : 0 .. A-1) { wake() }
		/* the judge: who left the queue, and who was told */
		for (i : 0 .. D-1) { if :: i < ln && dead[line[i]] -> recent[line[i]] = 1 :: else -> skip fi }
		for (c : 0 .. D-1) {
			if
			:: stage[c] == CLOSED ->
				stage[c] = OVER;
				assert(!accepted[c] && overtaken[c]); /* shut */
				ended[c] = 1;
				if :: phase[c] != DIALING -> leave(c) :: else -> skip fi
			:: else -> skip
			fi
		}
		for (i : 0 .. D-1) { line[i] = 0 }
		ln = 0;
		lpc = IDLE; closed = 1;
		for (i : 0 .. D-1) { if :: phase[i] == CONNECTED && !accepted[i] && !taken[i] -> owed[i] = 1 :: else -> skip fi }
		judged() }
	:: d_step { lpc == IDLE && !listens ->
		listens = 1;
		if
		:: !open ->
			open = 1; units = 0;
			for (i : 0 .. D-1) {
				if :: unit[i] -> unit[i] = OLD :: else -> skip fi;
				if :: era[i] -> era[i] = OLD :: else -> skip fi
			}
			for (i : 0 .. A-1) { aera[i] = 0 }
		:: else -> skip
		fi;
		moved();
		closed = 0;
		judged() }
	od
}

proctype task() {
	do
	:: d_step { tpc == ENTER -> tpc = RELEASE; moved(); judged() }
	:: d_step { tpc == RELEASE ->
		c = inbox[0] - 1;
		for (j : 0 .. D-2) { inbox[j] = inbox[j+1] }
		inbox[D-1] = 0;
		inn--;
		k = D;
		for (j : 0 .. D-1) { if :: j < qn && queue[j] == c -> k = j :: else -> skip fi }
		if :: k < D -> unqueue(k); stage[c] = OVER; giveBack(c) :: else -> skip fi;
		tpc = (inn > 0 -> ENTER : IDLE);
		moved(); judged() }
	od
}

init {
	atomic {
		for (i : 0 .. D-1) { run client(i) }
		for (i : 0 .. A-1) { run acceptor(i) }
		run listener();
		run task()
	}
}
