package main

import (
	"slices"
	"testing"
)

func TestTagged(t *testing.T) {
	const tag = "listentest_sched"
	for _, c := range []struct{ args, flags, wantArgs, wantFlags []string }{
		{[]string{"test", "./..."}, nil, []string{"test", "./..."}, []string{"-tags=" + tag}},
		{[]string{"test"}, []string{"-tags=a", "-v"}, []string{"test"}, []string{"-v", "-tags=" + tag + ",a"}},
		{[]string{"test", "-tags", "a", "."}, nil, []string{"test", "-tags", "a," + tag, "."}, nil},
		{[]string{"test", "-tags=a,b", "."}, nil, []string{"test", "-tags=a,b," + tag, "."}, nil},
		{[]string{"test", ".", "-args", "-tags", "a"}, nil, []string{"test", ".", "-args", "-tags", "a"}, []string{"-tags=" + tag}},
	} {
		before := slices.Clone(c.args)
		args, flags := tagged(c.args, c.flags)
		if !slices.Equal(args, c.wantArgs) || !slices.Equal(flags, c.wantFlags) || !slices.Equal(c.args, before) {
			t.Errorf("tagged(%q, %q): %q, %q", before, c.flags, args, flags)
		}
	}
}
