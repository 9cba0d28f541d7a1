package sched

import "math"

// Missed returns the most probability with which all of so many runs of PCT
// miss a defect of a depth that the program of each can reach, where no run
// has more than so many tasks and steps: (1 - 1/(tasks·steps^(depth-1)))^runs,
// by the theorem of Burckhardt and others. All but runs are at least 1.
//
// The depth of a defect is the least number of orderings of two steps, the
// first before the second, that bring it about: 1 for one that comes in the
// wrong order, 2 for one that comes in between, 3 for two that come in between
// each other.
func Missed(depth, tasks, steps, runs int) float64 {
	hit := 1 / (float64(tasks) * math.Pow(float64(steps), float64(depth-1)))
	return math.Exp(float64(runs) * math.Log1p(-hit))
}

// OneIn returns the largest q for which what shows in at least one case of q
// was missed by so many cases with a probability of at most 5 %: the rule of
// three (Hanley and Lippman-Hand, If Nothing Goes Wrong, Is Everything All
// Right?, JAMA 1983). It is 0 for fewer than three cases, of which nothing can
// be said.
func OneIn(cases int) int { return cases / 3 }
