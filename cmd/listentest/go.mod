module github.com/listentest/listentest/cmd/listentest

go 1.25.0

require (
	github.com/agnivade/levenshtein v1.2.1
	github.com/listentest/listentest v0.0.0
	golang.org/x/term v0.43.0
)

require (
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.44.0 // indirect
)

replace github.com/listentest/listentest => ../..
