package sched

// portfolio has the policies among which a portfolio draws. Which one finds a
// defect first differs from defect to defect, so each has a share. Enumeration
// has none: one case takes it a hundred runs and more, in which the others see a
// hundred cases.
var portfolio = [...]struct {
	Spec
	weight int
}{
	{Spec{kind: choices}, 6},     // most defects need no switch, or one that the schedule asks for
	{Spec{kind: randomWalk}, 14}, // many switches, anywhere
	{Spec{pctKind, 2}, 1},        // few switches, at any distance
	{Spec{pctKind, 3}, 1},
	{Spec{kind: posKind}, 14}, // orders of what races, among much that does not
	{Spec{kind: urwKind}, 1},  // a short task late in a long one
}

// Portfolio returns the Spec of a portfolio.
func Portfolio() Spec { return Spec{kind: portfolioKind} }

// Draw returns the policy of a case: one of a portfolio's, drawn from src,
// and every other one itself, drawing nothing.
func (s Spec) Draw(src Source) Spec {
	if s.kind != portfolioKind {
		return s
	}
	total := 0
	for _, p := range portfolio {
		total += p.weight
	}
	n, drawn := src.IntN(total), 0
	for n >= portfolio[drawn].weight {
		n -= portfolio[drawn].weight
		drawn++
	}
	return portfolio[drawn].Spec
}
