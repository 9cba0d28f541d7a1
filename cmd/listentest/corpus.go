package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/listentest/listentest"
)

// corpusCommands are the words after corpus.
var corpusCommands = map[string]func(context.Context, *env, []string) (int, error){
	"list": corpusList, "show": corpusShow, "add": corpusAdd,
}

func corpusCommand(ctx context.Context, e *env, args []string) (int, error) {
	word := ""
	if len(args) > 0 {
		word = args[0]
	}
	if word == "-h" || word == "-help" || word == "--help" {
		fmt.Fprintln(e.stdout, "usage: listentest corpus list | show NAME… | add FILE… [-dir DIR]")
		return exitOK, nil
	}
	run, ok := corpusCommands[word]
	if !ok {
		return 0, &listentest.MisuseError{Reason: fmt.Sprintf("corpus has no command %q", word), Word: word, Known: keys(corpusCommands)}
	}
	return run(ctx, e, args[1:])
}

func corpusList(_ context.Context, e *env, args []string) (int, error) {
	f := newFlags("corpus list", "")
	if _, err := f.parse(e, args); err != nil {
		return 0, err
	}
	all, err := listentest.Corpus()
	if err != nil {
		return 0, err
	}
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "name\tsteps\tfails\twhy")
	for _, entry := range all {
		fails := "-"
		if len(entry.Fails()) > 0 {
			fails = join(entry.Fails())
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", entry.Name, len(entry.Schedule.Steps), fails, entry.Value("why"))
	}
	return exitOK, t.Flush()
}

func corpusShow(_ context.Context, e *env, args []string) (int, error) {
	f := newFlags("corpus show", "NAME…")
	names, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	all, err := listentest.Corpus()
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(e listentest.Entry) bool { return e.Name == name })
		if i < 0 {
			m := &listentest.MisuseError{Reason: fmt.Sprintf("the corpus has no entry %q", name), Word: name}
			for _, entry := range all {
				m.Known = append(m.Known, entry.Name)
			}
			return 0, m
		}
		fmt.Fprint(e.stdout, all[i].String())
	}
	return exitOK, nil
}

// corpusAdd copies files to the corpus, if they come out as their headers
// say.
func corpusAdd(ctx context.Context, e *env, args []string) (int, error) {
	f := newFlags("corpus add", "FILE… [-dir DIR]")
	dir := f.String("dir", "corpus", "the `folder` of the corpus")
	files, err := f.parse(e, args)
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, &listentest.MisuseError{Reason: "corpus add needs a file"}
	}
	if _, err := os.Stat(*dir); err != nil {
		return 0, fmt.Errorf("find the corpus (-dir names it): %w", err)
	}
	status, err := replayCommand(ctx, e, files)
	if err != nil || status != exitOK {
		return status, err
	}
	for _, file := range files {
		entry, err := readEntry(file, false)
		if err != nil {
			return 0, err
		}
		to := filepath.Join(*dir, entry.Value("invariant"), filepath.Base(file))
		if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("add %s: %s is there already", file, to)
		}
		if err := entry.Write(to); err != nil {
			return 0, fmt.Errorf("add %s: %w", file, err)
		}
		fmt.Fprintf(e.stdout, "added: %s\n", to)
	}
	return exitOK, nil
}
