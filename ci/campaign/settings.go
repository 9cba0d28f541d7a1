package campaign

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/listentest/listentest"
)

// A Job is a line of a night's settings: "WEIGHT KIND ARGUMENTS".
type Job struct {
	Weight int    `json:"weight"` // its share of the time, at least 1
	Kind   string `json:"kind"`
	Args   string `json:"args"`
}

// The kinds of jobs.
const (
	RunJob    = "run"    // generated cases against the target Args
	CanaryJob = "canary" // the same, and a violation must be found, or the night is broken
	GoJob     = "go"     // the go command with Args, in which {budget} is the time that it has
)

func (j Job) String() string { return j.Kind + " " + j.Args }

// ParseSettings reads settings: a job a line, with comments from # on. The
// error is a [*listentest.SyntaxError].
func ParseSettings(file, text string) ([]Job, error) {
	var jobs []Job
	line := 0
	for raw := range strings.Lines(text) {
		line++
		raw, _, _ = strings.Cut(raw, "#")
		words := strings.Fields(raw)
		if len(words) == 0 {
			continue
		}
		fail := func(word int, want string) error {
			got := "the end of the line"
			if word < len(words) {
				got = strconv.Quote(words[word])
			}
			return &listentest.SyntaxError{File: file, Line: line, Col: 1, Want: want, Got: got}
		}
		weight, err := strconv.Atoi(words[0])
		switch {
		case err != nil || weight < 1 || weight > 1000:
			return nil, fail(0, "a weight from 1 to 1000")
		case len(words) < 2 || words[1] != RunJob && words[1] != CanaryJob && words[1] != GoJob:
			return nil, fail(1, "run, canary or go after the weight")
		case len(words) < 3:
			return nil, fail(2, fmt.Sprintf("what to %s", words[1]))
		}
		jobs = append(jobs, Job{weight, words[1], strings.Join(words[2:], " ")})
	}
	if len(jobs) == 0 {
		return nil, &listentest.SyntaxError{File: file, Line: line + 1, Col: 1, Want: "a job", Got: "the end of the text"}
	}
	return jobs, nil
}
