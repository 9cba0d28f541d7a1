package listentest

import "flag"

var oracleHistories = flag.Int("histories", 1_000_000, "random histories to hold the oracle against brute force")
