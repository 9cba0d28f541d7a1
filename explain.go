package listentest

import (
	"fmt"
	"slices"
	"strings"
)

// An explanation says how a promise is judged and where it is from.
type explanation struct {
	judged, exempt, suspect string
	fields                  []string // of the contract, that it reads
	from, broken            []string // references, each with its link or file
}

// Explain returns a text of several paragraphs, at most 78 columns wide: how
// p is judged, what is exempt and why, when it is suspect only, which fields
// of the contract it reads, which rule it is from, and who broke it.
func (p Promise) Explain() string {
	e := &explanations[p]
	fields := "none: it holds for every target"
	if len(e.fields) > 0 {
		fields = strings.Join(e.fields, ", ")
	}
	return fmt.Sprintf("How it is judged\n%s\nWhat is exempt\n%s\nWhen it is suspect\n%s\n"+
		"Fields of the contract that it reads\n%s\nSource\n%s\nBroken by\n%s",
		wrap(e.judged), wrap(e.exempt), wrap(e.suspect), wrap(fields), wrap(e.from...), wrap(e.broken...))
}

// ExplainField returns what a field of the text form of contracts means, the
// words or the form of its value, and which promises read it. ok is false if
// there is no such field.
func ExplainField(name string) (text string, ok bool) {
	i := slices.IndexFunc(contractFields, func(f contractField) bool { return f.name == name })
	if i < 0 {
		return "", false
	}
	var readers []string
	for _, p := range Promises() {
		if slices.Contains(explanations[p].fields, name) {
			readers = append(readers, p.String())
		}
	}
	values := fieldForms[name]
	for _, w := range fieldWords[name] {
		values = append(values, w[0]+": "+w[1])
	}
	return fmt.Sprintf("%s\nValues\n%s\nPromises that read it\n%s",
		wrap(contractFields[i].doc), wrap(values...), wrap(strings.Join(readers, ", "))), true
}

// wrap breaks paragraphs into lines of at most 78 columns, where words allow,
// and ends the last line.
func wrap(paragraphs ...string) string {
	const width = 78
	var b strings.Builder
	for _, p := range paragraphs {
		col := 0
		for word := range strings.FieldsSeq(p) {
			switch n := len([]rune(word)); {
			case col == 0:
				col = n
			case col+1+n > width:
				b.WriteByte('\n')
				col = n
			default:
				b.WriteByte(' ')
				col += 1 + n
			}
			b.WriteString(word)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// fieldForms are the forms of values that are no words.
var fieldForms = map[string][]string{
	"backlog": {"zero=N negative=N low=N high=N (or high=none): listen's argument b is read as zero where b = 0, as negative where b < 0, else as b; " +
		"then L is that, but at least low and at most high. On Linux negative and high are somaxconn."},
	"guaranteed": boundForms,
	"max":        boundForms,
	"race":       {"N: as the number of processors less one on Linux, where handshakes that end on several of them do not see each other"},
	"retry":      {"N: a dial that was dropped has been tried again within N ms of any moment; 0 where the intervals grow, as those of TCP do"},
}

var boundForms = []string{"not stated; unlimited; a number; or a formula: L, L+1, 2L-1, floor(3L/2)+1, in which L is the effective backlog (see backlog)"}

var countWords = [][2]string{
	{"none", "no connection does"},
	{"half-open", "those whose handshake has begun and is not over, as in a SYN queue that shares its places with the accept queue"},
	{"completed", "those that are in the accept queue"},
	{"aborted", "those that their client ended before accept: a dead entry that keeps its place"},
	{"accepted", "those that accept has returned and that are still open, as where a listener limits the connections that are alive"},
}

// fieldWords are the words of each field, and what they mean.
var fieldWords = map[string][][2]string{
	"admit": {
		{"return", "when the dial returned ok (Linux AF_UNIX)"},
		{"unless-overlapped", "so, if no other dial, ack or listen overlapped it; else it may be a ghost (Linux TCP over loopback)"},
		{"later", "at the next quiet rest at which nobody is held, if it has not ended by then (FreeBSD, yamux, quic-go)"},
		{"never", "only when it is accepted: ok of a dial says nothing (kcp-go, datagrams, ghosts)"},
	},
	"credit": {
		{"return", "when accept returned: what Microsoft KB 295079 broke"},
		{"rest", "at the next quiet rest at which nobody is held"},
		{"close", "when its acceptor has closed it: accepted connections count"},
	},
	"must": countWords,
	"may":  countWords,
	"order": {
		{notStated, "any order"},
		{"fifo", "as they came into the accept queue; those whose dials overlapped may come either way"},
	},
	"overflow": {
		{notStated, "any look"},
		{"refuse", "the dial returns refused: RST to a SYN, ECONNREFUSED, CONNECTION_REFUSED"},
		{"reset", "it returns reset: RST once the handshake had begun"},
		{"would-block", "it returns would-block: EAGAIN of a non-blocking connect"},
		{"drop", "nothing comes back, the dialer tries again, and may time out: a SYN that is dropped"},
		{"block", "it waits for room, and may time out"},
		{"end", "it returns ok, and the connection ends unaccepted"},
		{"ghost", "it returns ok, and nothing follows: the client believes that it is connected, the server knows nothing of it"},
	},
	"close": {
		{notStated, "anything, as that they stay alive and may still be accepted"},
		{"ends", "each is told its end, and no accept returns it"},
		{"moves", "each goes to another listener of the address, as with tcp_migrate_req=1; the last one's are told their end"},
	},
	"anomalies": {
		{"none", "nothing is"},
		{"severs", "the close of the listener ends what was accepted as well, as where it is a session and connections are its streams"},
		{"phantom", "accept may return what nobody dialed, as from a SYN cookie that is shown twice"},
	},
}
