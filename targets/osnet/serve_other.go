//go:build linux && !amd64 && !arm64

package osnet

import (
	"errors"

	lt "github.com/listentest/listentest"
)

// A process there is none of: its calls are not known here by their numbers.
type process struct{}

// Serve always fails.
func Serve(name string, command ...string) (*Target, error) { return nil, errors.ErrUnsupported }

func (s *session) startServer(int32) error { return errors.ErrUnsupported }

func (s *session) endServer() error { return nil }

func (s *session) absent() bool { return false }

func (p *process) meet(*session) {}

func (p *process) accept(*session, lt.Op) bool { return false }

func (p *process) resume(*session, lt.Actor) {}

func (p *process) full() bool { return false }
