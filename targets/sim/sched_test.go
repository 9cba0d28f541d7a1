package sim_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/listentest/listentest"
	"github.com/listentest/listentest/sched"
	"github.com/listentest/listentest/targets/sim"
)

// TestPoliciesReplay: what a policy has chosen, as the Choices of the
// schedule, gives the same history, for every policy and fault.
func TestPoliciesReplay(t *testing.T) {
	const cases, most = 300, 20 // runs of a case
	for _, word := range []string{"run-on", "random", "pct:2", "pct:3", "pos", "urw", "dfs:1", "dfs:3"} {
		spec, err := sched.Parse(word)
		if err != nil {
			t.Fatal(err)
		}
		runs, chose := 0, 0
		for _, faults := range [][]string{nil, {"deferred-credit"}, {"lost-wakeup", "duplicate-accept"}, {"lifo-order", "credit-leak-on-abort"}} {
			under, again := newJudge(t, sim.Default, faults...), newJudge(t, sim.Default, faults...)
			policy := spec.New()
			under.Policy = policy
			for n := range uint64(cases) {
				rng := rand.New(rand.NewPCG(n, 8))
				s := listentest.Generate(rng)
				policy.Begin(rng)
				for i, more := 0, true; more && i < most; i, more = i+1, policy.Next() {
					runs++
					chose += replays(t, under, again, s)
				}
			}
		}
		t.Logf("%s: %d runs, %d of them with a choice that is not run on", word, runs, chose)
		if (chose == 0) != (word == "run-on") {
			t.Errorf("%s: %d runs with a choice", word, chose)
		}
	}
}

// replays compares a run under a policy with one by its choices, and returns
// 1 if there was one that is not run on.
func replays(t *testing.T, under, again *judge, s listentest.Schedule) int {
	t.Helper()
	h, err := under.Run(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.Choices = slices.Clone(under.Record().Choices)
	replayed, err := again.Run(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.Events, replayed.Events) {
		t.Fatalf("replayed from\n%v\nthe history\n%v\nis\n%v", s, h, replayed)
	}
	if len(s.Norm().Choices) > 0 {
		return 1
	}
	return 0
}

// TestPoliciesShrink: what a policy finds shrinks, from its choices alone, to
// a schedule that is as short as any and needs no choices.
func TestPoliciesShrink(t *testing.T) {
	const enough = 100
	lost, err := sim.New("sim", sim.Default, "lost-wakeup")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := sched.Parse("random")
	if err != nil {
		t.Fatal(err)
	}
	policy := spec.New()
	r := &listentest.Runner{Target: lost, Policy: policy}
	found := 0
	for n := uint64(0); found < enough && n < 100_000; n++ {
		rng := rand.New(rand.NewPCG(n, 9))
		s := listentest.Generate(rng)
		s.Choices = nil
		plain, err := listentest.Run(context.Background(), lost, s)
		if err != nil {
			t.Fatal(err)
		}
		policy.Begin(rng)
		h, err := r.Run(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		v := listentest.Check(h, lost.Contract()).First()
		if v == nil || v.Promise != listentest.Progress || listentest.Check(plain, lost.Contract()).First() != nil {
			continue // only what the policy alone shows
		}
		found++
		s.Choices = slices.Clone(r.Record().Choices)
		f, err := listentest.Shrink(context.Background(), r, s, *v)
		if err != nil {
			t.Fatal(err)
		}
		if f.Seen != f.Tries || len(f.Schedule.Steps) != 3 || len(f.Schedule.Choices) > 0 {
			t.Errorf("case %d: %d of %d, shrunk to\n%v", n, f.Seen, f.Tries, f.Schedule)
		}
	}
	if found < enough {
		t.Errorf("the random walk finds %d that running on does not", found)
	}
}

// TestPoliciesAllocate: a run under a policy allocates no more than one by
// choices.
func TestPoliciesAllocate(t *testing.T) {
	s, err := listentest.Parse("backlog 2\naccept s0 &\naccept s1 &\ndial c0 2 &\ndial c1 &\nabort c0\nshut l0\n")
	if err != nil {
		t.Fatal(err)
	}
	plain := newJudge(t, sim.Default)
	run := func(j *judge) {
		if _, err := j.Run(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
	want := testing.AllocsPerRun(100, func() { run(plain) })
	for _, word := range []string{"run-on", "random", "pct:3", "pos", "urw", "dfs:2"} {
		spec, err := sched.Parse(word)
		if err != nil {
			t.Fatal(err)
		}
		j, policy, rng := newJudge(t, sim.Default), spec.New(), rand.New(rand.NewPCG(1, 1))
		j.Policy = policy
		more := false
		got := testing.AllocsPerRun(1000, func() {
			if !more {
				policy.Begin(rng)
			}
			run(j)
			more = policy.Next()
		})
		if got > want {
			t.Errorf("%s: %v allocations a run, and %v by choices", word, got, want)
		}
	}
}
