package listentest

import "flag"

var oracleHistories = flag.Int("histories", 60_000, "random histories for each test of the oracle")

var oracleSeed = flag.Uint64("oracle.seed", 0, "seed of the random histories")
