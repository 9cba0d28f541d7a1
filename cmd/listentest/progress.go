package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/listentest/listentest/ci/campaign"
	"golang.org/x/term"
)

// A progress shows how far a campaign is: on a terminal one line that is
// written over, elsewhere a line now and then.
type progress struct {
	w        io.Writer
	terminal bool
	last     time.Time
}

// every is how often a line is written where there is no terminal.
const every = 10 * time.Second

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, terminal: ok && term.IsTerminal(int(f.Fd())), last: time.Now()}
}

func (p *progress) show(c campaign.Progress) {
	line := fmt.Sprintf("%s: %d cases, %.0f cases/s, %d violations, %s left", c.Target, c.Cases, c.Rate, c.Broken, left(c.Left))
	switch {
	case p.terminal:
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	case time.Since(p.last) >= every:
		p.last = time.Now()
		fmt.Fprintln(p.w, line)
	}
}

// clear takes the line away.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func left(d time.Duration) string { return max(d, 0).Round(time.Second).String() }
