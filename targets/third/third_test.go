package third

import (
	"os"
	"testing"

	"github.com/listentest/listentest"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func TestYamux(t *testing.T) {
	w, err := Open("yamux")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s, err := listentest.Parse("backlog 1\ndial c0\naccept s0\ndial c0\nhangup c0\naccept s0\ndial c0 2\n")
	if err != nil {
		t.Fatal(err)
	}
	h, err := listentest.Run(t.Context(), w, s)
	t.Log(err, "\n", h)
}
