module github.com/listentest/listentest/targets/third

go 1.26.3

require (
	github.com/hashicorp/yamux v0.1.2
	github.com/listentest/listentest v0.0.0-00010101000000-000000000000
)

replace github.com/listentest/listentest => ../..
