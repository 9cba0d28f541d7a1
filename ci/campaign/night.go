package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/listentest/listentest/corpus"
)

// A Queue hands out a night's work in slices, and keeps what came of them.
type Queue interface {
	// Next returns the next slice; ok is false when the night is over.
	Next() (s Slice, ok bool)
	// Done keeps what came of a slice.
	Done(Slice, Result) error
}

// A Store keeps findings.
type Store interface {
	// Keep keeps what was seen, before it is shrunk.
	Keep(corpus.Entry, string) error
	// Add adds a shrunk finding; fresh is false if it is there already.
	Add(e corpus.Entry, name string) (fresh bool, err error)
}

// A Slice is a bit of a job, of which a night that was killed repeats one at
// most.
type Slice struct {
	Job   int // index into the night's jobs
	Seed  uint64
	For   time.Duration
	Round int
}

// A Result is what came of a slice.
type Result struct {
	Spent   time.Duration
	Cases   int
	Steps   int      // see Row
	Broken  int      // cases with a violation, or failed runs of the go command
	Trouble []string // what kept it from running
}

// A Night is the state of one night: plain values, so that it is a file.
type Night struct {
	Schema int           `json:"schema"`
	Number int           `json:"number"` // counts nights; seeds follow from it
	Length time.Duration `json:"length_ns"`
	Slice  time.Duration `json:"slice_ns"`
	Jobs   []NightJob    `json:"jobs"`
}

// A NightJob is a job with what came of it so far.
type NightJob struct {
	Job
	Rounds  int           `json:"rounds"`
	Spent   time.Duration `json:"spent_ns"`
	Cases   int           `json:"cases"`
	Steps   int           `json:"steps"`
	Broken  int           `json:"broken"`
	Trouble []string      `json:"trouble,omitempty"`
}

// nightSchema is the version of a Night's file.
const nightSchema = 1

// NewNight plans a night. Its slices are a twentieth of it at most, and ten
// seconds.
func NewNight(number int, length time.Duration, jobs []Job) Night {
	n := Night{Schema: nightSchema, Number: number, Length: length, Slice: min(length/20, 10*time.Second)}
	for _, j := range jobs {
		n.Jobs = append(n.Jobs, NightJob{Job: j})
	}
	return n
}

// Next returns a slice of the job that has had the least of its share. A
// canary is done once it was found; it comes first. A job that had trouble,
// or a go command that failed, is done for the night: it would only do so
// again.
func (n *Night) Next() (Slice, bool) {
	best, least, spent := -1, 0.0, time.Duration(0)
	for i, j := range n.Jobs {
		spent += j.Spent
		if len(j.Trouble) > 0 || j.Kind == GoJob && j.Broken > 0 {
			continue
		}
		had := float64(j.Spent) / float64(j.Weight)
		if j.Kind == CanaryJob {
			if j.Broken > 0 {
				continue
			}
			had = -1 / (1 + float64(j.Rounds)) // before all others, until it had its turn
			if j.Rounds > 2 {
				had = float64(j.Spent) / float64(j.Weight)
			}
		}
		if best < 0 || had < least {
			best, least = i, had
		}
	}
	if best < 0 || spent >= n.Length {
		return Slice{}, false
	}
	round := n.Jobs[best].Rounds
	return Slice{Job: best, Round: round, For: min(n.Slice, n.Length-spent),
		Seed: uint64(n.Number)<<40 | uint64(best)<<24 | uint64(round+1)}, true
}

// Done enters a result.
func (n *Night) Done(s Slice, r Result) {
	j := &n.Jobs[s.Job]
	j.Rounds++
	j.Spent += max(r.Spent, time.Millisecond) // so that a night ends
	j.Cases += r.Cases
	j.Steps += r.Steps
	j.Broken += r.Broken
	for _, t := range r.Trouble {
		if !slices.Contains(j.Trouble, t) {
			j.Trouble = append(j.Trouble, t)
		}
	}
}

// A NightFile is a Queue whose night is a file, written whole after every
// slice.
type NightFile struct {
	Night
	file string
}

// OpenNight returns the night of a file: the one that is not over, or else a
// new one.
func OpenNight(file string, length time.Duration, jobs []Job) (q *NightFile, resumed bool, err error) {
	q = &NightFile{file: file}
	b, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, false, fmt.Errorf("open a night: %w", err)
	default:
		if err := json.Unmarshal(b, &q.Night); err != nil {
			return nil, false, fmt.Errorf("open a night: %s: %w", file, err)
		}
		if q.Schema != nightSchema {
			return nil, false, fmt.Errorf("open a night: %s is of schema %d, expected %d", file, q.Schema, nightSchema)
		}
		if _, more := q.Night.Next(); more && slices.EqualFunc(q.Jobs, jobs, func(n NightJob, j Job) bool { return n.Job == j }) {
			return q, true, nil
		}
	}
	q.Night = NewNight(q.Number+1, length, jobs)
	return q, false, q.write()
}

// Done keeps a result.
func (q *NightFile) Done(s Slice, r Result) error {
	q.Night.Done(s, r)
	return q.write()
}

func (q *NightFile) write() error {
	b, err := json.MarshalIndent(q.Night, "", "  ")
	if err == nil {
		err = corpus.WriteFile(q.file, append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write a night: %w", err)
	}
	return nil
}

// A Folder is a Store in a folder: seen/ has what was seen and is not shrunk
// yet, found/PROMISE/ what was.
type Folder string

// Keep writes e to seen/.
func (f Folder) Keep(e corpus.Entry, name string) error {
	return e.Write(filepath.Join(string(f), "seen", name+".sched"))
}

// Sweep removes what a night that was killed has left half-written.
func (f Folder) Sweep() error {
	for _, pattern := range []string{".tmp-*", "*/.tmp-*", "*/*/.tmp-*"} {
		files, err := filepath.Glob(filepath.Join(string(f), pattern))
		for _, file := range files {
			err = errors.Join(err, os.Remove(file))
		}
		if err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

// Seen returns what is in seen/.
func (f Folder) Seen() ([]string, error) {
	return filepath.Glob(filepath.Join(string(f), "seen", "*.sched"))
}

// Add writes e to found/, unless it is there.
func (f Folder) Add(e corpus.Entry, name string) (bool, error) {
	file := filepath.Join(string(f), "found", e.Value("invariant"), name+".sched")
	if _, err := os.Stat(file); err == nil {
		return false, nil
	}
	return true, e.Write(file)
}

// Found returns what is in found/.
func (f Folder) Found() ([]string, error) {
	return filepath.Glob(filepath.Join(string(f), "found", "*", "*.sched"))
}
