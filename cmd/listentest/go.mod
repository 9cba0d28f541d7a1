module github.com/listentest/listentest/cmd/listentest

go 1.26.3

require (
	github.com/agnivade/levenshtein v1.2.1
	github.com/listentest/listentest v0.0.0
	github.com/listentest/listentest/targets/third v0.0.0
	golang.org/x/term v0.43.0
)

require (
	github.com/hashicorp/yamux v0.1.2 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/listentest/listentest => ../..

replace github.com/listentest/listentest/targets/third => ../../targets/third
