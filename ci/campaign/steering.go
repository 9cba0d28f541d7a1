package campaign

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/listentest/listentest"
)

// Round is how many cases are drawn before what they reached has a say in what
// is drawn next. Within a round no case depends on another one, so that any
// number of workers comes to the same.
const Round = 64

// Share is how many percent of the cases are changed ones of a pool.
const Share = 25

// most is how many schedules a pool has; the oldest make room.
const most = 64

// A Steering draws the cases of a plan: fresh ones, and by Share such as are
// changed ones of those that reached something new.
type Steering struct {
	Share   int                // percent
	Shapes  []listentest.Shape // of what is drawn; those of listentest.Shapes if empty
	Reached []Reached

	known map[string]bool
	pool  []listentest.Schedule
}

// A Reached is an element of coverage, and the first case that reached it.
type Reached struct {
	Element string
	Case    int
}

// News are what a case was the first to reach, as one worker saw it.
type News struct {
	Case     int
	Schedule listentest.Schedule
	Elements []string
}

// Draw makes s a case, drawn from src, in the memory that s and scratch have.
func (g *Steering) Draw(src *rand.Rand, s, scratch *listentest.Schedule) {
	s.Draw(src, g.Shapes...)
	if g.Share > 0 && len(g.pool) > 0 && src.IntN(100) < g.Share {
		*s, *scratch = *scratch, *s
		change(src, s, &g.pool[src.IntN(len(g.pool))], scratch)
	}
}

// Learn enters what the cases of a round have reached.
func (g *Steering) Learn(news []News) {
	if g.known == nil {
		g.known = map[string]bool{}
	}
	slices.SortStableFunc(news, func(a, b News) int { return cmp.Compare(a.Case, b.Case) })
	for _, n := range news {
		isNew := false
		for _, e := range n.Elements {
			if !g.known[e] {
				g.known[e], isNew = true, true
				g.Reached = append(g.Reached, Reached{e, n.Case})
			}
		}
		if isNew {
			g.pool = append(g.pool, n.Schedule)
		}
	}
	g.pool = slices.Delete(g.pool, 0, max(len(g.pool)-most, 0))
}
