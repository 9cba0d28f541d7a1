//go:build !linux

package osnet

import (
	"context"
	"errors"

	"github.com/listentest/listentest"
)

// No family is driven here yet.
var families []family

func (t *Target) keys() []string { return nil }

func (t *Target) isolate() error { return nil }

func (t *Target) refine(c listentest.Contract) listentest.Contract { return c }

type wires struct{}

type diag struct{}

func (t *Target) probe() error { return nil }

func (t *Target) inside(f func() error) error { return f() }

func (t *Target) setNumber(Setting, int, int) (int, error) { return 0, errors.ErrUnsupported }

var sysctls map[string]struct{ least, most int }

type family struct {
	name      string
	addressed bool
	contract  func() (listentest.Contract, error)
}

// Open always fails.
func (t *Target) Open(context.Context, listentest.Options) (listentest.Session, error) {
	return nil, errors.ErrUnsupported
}

type foreign struct{}

func (f *foreign) accepts() bool { return false }

// Observe always fails.
func Observe(name, where string) (*Target, error) { return nil, errors.ErrUnsupported }

// Serve always fails.
func Serve(name string, command ...string) (*Target, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (t *Target) Close() error { return nil }

// Sockets returns -1: nobody counts them here.
func (t *Target) Sockets() (int, error) { return -1, nil }

// Isolate does nothing.
func Isolate() string { return "no network namespaces on this system" }
