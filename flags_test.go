package listentest

import "flag"

// A night runs more; README.md says how many, and with what result.
var oracleHistories = flag.Int("histories", 20_000, "random histories for each test of the oracle; other laws are tried on a share of so many schedules")

var oracleSeed = flag.Uint64("oracle.seed", 0, "seed of the random histories")
