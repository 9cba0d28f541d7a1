module github.com/listentest/listentest

go 1.25.0

require (
	golang.org/x/sync v0.22.0
	golang.org/x/sys v0.44.0
)

require pgregory.net/rapid v1.3.0

require github.com/leanovate/gopter v0.2.9

require github.com/anishathalye/porcupine v1.3.1
