package main

import (
	"context"
	"fmt"

	"github.com/listentest/listentest"
)

func shrinkCommand(ctx context.Context, e *env, args []string) (int, error) {
	f := newFlags("shrink", "FILE -target T [-save DIR]")
	target := f.String("target", "", "the `target` on which the schedule breaks a promise")
	save := f.String("save", "findings", "the `folder` for the result")
	files, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	if len(files) != 1 || *target == "" {
		return 0, &listentest.MisuseError{Reason: "shrink needs one file and -target"}
	}
	entry, err := readEntry(files[0], true)
	if err != nil {
		return 0, err
	}
	isolate([]string{*target})
	t, err := one(*target)
	if err != nil {
		return 0, err
	}
	r := &listentest.Runner{Target: t}
	h, err := r.Run(ctx, entry.Schedule)
	if err != nil {
		return 0, err
	}
	v := listentest.Check(h, t.Contract()).First()
	if v == nil {
		fmt.Fprintf(e.stdout, "%s on %s: nothing is violated, so there is nothing to shrink\n", entry.Name, *target)
		return exitOK, nil
	}
	found, err := listentest.Shrink(ctx, r, entry.Schedule, *v)
	if err != nil {
		return 0, err
	}
	out := &printer{env: e}
	out.printf("%s breaks %v: %s\n(%d steps shrunk to %d in %d runs)\n", *target, found.Promise, found.Violation.Text,
		len(entry.Schedule.Steps), len(found.Schedule.Steps), found.Executions)
	out.schedule(found.Schedule, found.History, t.Contract(), &found.Violation)
	file, err := saveFinding(*save, found, "shrunk from "+entry.Name, listentest.LevelOf(t), t.Contract())
	if err != nil {
		return 0, err
	}
	out.printf("written: %s\nreplay:  listentest replay %s -target %s\n", file, shellWord(file), shellWord(*target))
	return exitViolation, nil
}
